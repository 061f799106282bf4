import * as s from '../base/schema/schema.ts'

/**
 * How a probe uses its connection.
 *
 * - `session`: 250 ms of silence, the handshake in one piece, then a polite session up to two blocks
 * - `at-once`: the same without the silence
 * - `steps`: the handshake in parts of 20, 8, 20 and 20 bytes, to see which part is answered; `steps-control` is the same
 *   with a wrong protocol name
 * - `key`: a public key of MSE in two halves, to see whether it is answered, and not before it is whole
 * - `small-requests`: a session that requests 256, 512, 1024 and 2048 bytes, one after the other
 * - `http`, `tls`, `socks`: the start of that protocol
 * - `silence`: nothing is sent
 */
export const PROBE_HOWS = [
  'session',
  'at-once',
  'steps',
  'steps-control',
  'key',
  'small-requests',
  'http',
  'tls',
  'socks',
  'silence',
] as const

export const probeMembers = {
  how: s.words(PROBE_HOWS),
  transport: s.words(['tcp', 'utp']),
  variant: s.described(s.words(['plaintext', 'mse', 'mse-with-handshake']), 'how it is encrypted'),
  hash: s.described(
    s.words(['target', 'other', 'random']),
    'other: of a torrent with two hashes, the second',
  ),
  identity: s.described(s.words(['own', 'other-client']), 'the client that our peer id and `v` name'),
  reserved: s.described(s.words(['usual', 'none']), 'the reserved bits of our handshake'),
  source: s.described(s.nullable(s.text), 'the local address, if it is not the usual one'),
} as const

const probe = s.object(probeMembers)

/** One connection of `why` or `reach`, and what it is for. */
export interface Probe extends s.Infer<typeof probe> {}

/** Whether a probe holds a session; the others follow a script. */
export function holdsSession({ how }: Pick<Probe, 'how'>): boolean {
  return how === 'session' || how === 'at-once' || how === 'small-requests'
}

/** How many bytes of each direction a trace keeps from the start of a probe. */
export const RAW_BYTES_KEPT = 256
