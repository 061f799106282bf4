/** How far a session progressed, in order. Every report uses these words. */
export const PHASES = [
  'resolve',
  'connect',
  'proxy',
  'encryption',
  'handshake',
  'extension-handshake',
  'availability',
  'choking',
  'transfer',
  'metadata',
  'done',
] as const

/** One of `PHASES`. */
export type Phase = (typeof PHASES)[number]
