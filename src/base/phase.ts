/** How far a session had come, in the order in which it goes; the closed set of words of every report. */
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
