import type { Probe } from '../../../src/trace/probe.ts'
import * as peer from './imagined-peer.ts'

/** Ways to treat a probe, by name. */
export const TREATMENTS: readonly (readonly [string, peer.Treatment])[] = [
  ...[68, 48, 20].flatMap((sent) =>
    (['fin', 'rst'] as const).map((kind) => [`closes ${sent} ${kind}`, peer.closes(sent, kind)] as const),
  ),
  ...[1, 2, 13, 15, 257].map((reason) => [`reason ${reason}`, peer.closes(68, 'fin', reason)] as const),
  ...Object.entries(peer).filter(
    (entry): entry is [string, peer.Treatment] => entry[1].length === 2 && entry[0] !== 'servesSmall',
  ),
  ['session', peer.session()],
  ['closes on interested', peer.closesOnInterested()],
  ['reset while we wait', peer.closesOnInterested('rst', 3000)],
  ['HTTP', peer.says('HTTP/1.0 400 Bad Request\r\n')],
  ['noise', peer.says('\x01\x02\x03')],
  ['banner', peer.says('SSH-2.0-x\r\n', true)],
]

/** A number for what a probe is, whenever it is made. */
export function kindOf({ how, transport, variant, hash, identity, reserved, source }: Probe): number {
  const text = [how, transport, variant, hash, identity, reserved, source ?? ''].join()
  return Array.from(text).reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) % 65_521, 7)
}
