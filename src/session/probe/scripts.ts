import { encodeUtf8 } from '../../base/bytes.ts'
import type { Probe } from '../../trace/probe.ts'
import { PUBLIC_KEY_LENGTH } from '../../wire/mse/keys.ts'
import { CLIENT_HELLO_RANDOM, clientHello } from './client-hello.ts'
import type { Script } from './script.ts'
import type { ProbeWaits } from './waits.ts'

/** The probes that follow a script; the others hold a session. */
export type ScriptedHow = Exclude<Probe['how'], 'session' | 'at-once' | 'small-requests'>

/** What the scripts are made of. */
export interface ScriptMaterial {
  /** Our handshake, 68 bytes. */
  readonly handshake: Uint8Array
  /** Our public key of MSE, 96 bytes. */
  readonly publicKey: Uint8Array
  readonly random: (length: number) => Uint8Array
}

/** As long as the name of BitTorrent, and in nothing like it. */
const WRONG_NAME = encodeUtf8('another protocol 19')

/** Where the parts of a handshake end: the protocol name, the reserved bits, the info hash and the peer id (BEP 3). */
const HANDSHAKE_PARTS = [20, 28, 48, 68] as const

const SCRIPTS: {
  readonly [how in ScriptedHow]: (material: ScriptMaterial, waits: ProbeWaits) => Script
} = {
  steps: ({ handshake }, waits) => steps(handshake, waits),
  'steps-control': ({ handshake }, waits) => {
    const wrong = handshake.slice()
    wrong.set(WRONG_NAME, 1)
    return steps(wrong, waits)
  },
  key: ({ publicKey }, { silenceMs, halfMs, keyMs, settleMs }) => ({
    parts: [
      { waitMs: silenceMs, bytes: publicKey.subarray(0, PUBLIC_KEY_LENGTH / 2) },
      { waitMs: halfMs, bytes: publicKey.subarray(PUBLIC_KEY_LENGTH / 2) },
    ],
    answerMs: keyMs,
    settleMs,
  }),
  http: (_, waits) => nudge(encodeUtf8('GET / HTTP/1.0\r\n\r\n'), waits),
  tls: ({ random }, waits) => nudge(clientHello(random(CLIENT_HELLO_RANDOM)), waits),
  // version 5, one method: without a password (RFC 1928)
  socks: (_, waits) => nudge(Uint8Array.of(5, 1, 0), waits),
  silence: (_, { bannerMs, settleMs }) => ({ parts: [], answerMs: bannerMs, settleMs }),
}

/** What a scripted probe sends, and how long it waits. */
export function scriptOf(how: ScriptedHow, material: ScriptMaterial, waits: ProbeWaits): Script {
  return SCRIPTS[how](material, waits)
}

function steps(
  handshake: Uint8Array,
  { silenceMs, gapMs, hashMs, handshakeMs, settleMs }: ProbeWaits,
): Script {
  const waitsMs = [silenceMs, gapMs, gapMs, hashMs]
  return {
    parts: HANDSHAKE_PARTS.map((end, i) => ({
      waitMs: waitsMs[i] ?? gapMs,
      bytes: handshake.subarray(HANDSHAKE_PARTS[i - 1] ?? 0, end),
    })),
    answerMs: handshakeMs,
    settleMs,
  }
}

function nudge(bytes: Uint8Array, { silenceMs, nudgeMs, settleMs }: ProbeWaits): Script {
  return { parts: [{ waitMs: silenceMs, bytes }], answerMs: nudgeMs, settleMs }
}
