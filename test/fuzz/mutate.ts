import { concat, encodeUtf8, fromHex } from '../../src/base/bytes.ts'
import type { Random } from './random.ts'

/** Numbers and texts at which readers break. */
const INTERESTING: readonly Uint8Array[] = [
  ...[
    '00000000',
    '00000001',
    '7fffffff',
    '80000000',
    'ffffffff',
    '00200000',
    '00200001',
    '00010001',
    'ff',
  ].map(fromHex),
  ...['i-1e', 'i0e', 'i-0e', 'i2147483648e', 'i18446744073709551616e', 'le', 'de', '0:', '-5:', '01:a'].map(
    encodeUtf8,
  ),
  ...['99999999999:', '4294967300:', 'l'.repeat(40), 'd1:a'.repeat(40), 'e', 'ee', '\u0000', '\u202e'].map(
    encodeUtf8,
  ),
]

/** `bytes` with up to six small faults; now and then with none. */
export function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  let mutated = bytes
  for (let faults = random.below(7); faults > 0; faults--) mutated = mutateOnce(mutated, random)
  return mutated
}

function mutateOnce(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.length + 1)
  const end = Math.min(bytes.length, at + random.below(9))
  const before = bytes.subarray(0, at)
  const fault = random.pick(INTERESTING)
  const kinds: readonly (() => Uint8Array)[] = [
    () => before,
    () => concat([before, bytes.subarray(end)]),
    () => concat([before, random.bytes(random.below(9)), bytes.subarray(at)]),
    () => concat([before, fault, bytes.subarray(at)]),
    () => concat([before, fault, bytes.subarray(at + fault.length)]),
    () => concat([bytes.subarray(0, end), bytes.subarray(at)]),
    () => bytes.map((byte, i) => (i === at ? byte ^ (1 << random.below(8)) : byte)),
  ]
  return random.pick(kinds)()
}
