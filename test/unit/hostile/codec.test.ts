import { describe, expect, test } from 'vitest'
import type { FindingId } from '../../../src/diagnose/findings.ts'
import { decodeExtensionMessage } from '../../../src/wire/extension/registry.ts'
import { MessageDecoder, type WireItem } from '../../../src/wire/message/decoder.ts'
import { cutBytes, decodeChunks } from '../../support/wire/decode-chunks.ts'
import type { HostileRow } from '../../support/hostile/row.ts'
import { HOSTILE_ROWS } from '../../support/hostile/rows.ts'

/** Inputs that broke other clients, in the codec alone. What is wrong in the bytes themselves has to show there. */

type Defect = 'malformed' | 'unknown' | 'extension-malformed'

/** What the codec says of the findings that are about bytes; the others are about the state of a session. */
const SHOWN_AS: { readonly [id in FindingId]?: Defect } = {
  'message-malformed': 'malformed',
  'message-unknown': 'unknown',
  'extension-handshake-malformed': 'extension-malformed',
  'extension-message-malformed': 'extension-malformed',
}

function defectOf(item: WireItem): Defect | undefined {
  if (item.kind !== 'message') return undefined
  const { message } = item
  if (message.type === 'malformed' || message.type === 'unknown') return message.type
  if (message.type !== 'extended') return undefined
  return decodeExtensionMessage(message.id, message.payload).kind === 'malformed'
    ? 'extension-malformed'
    : undefined
}

/** A framing error, without the class that has a stack. */
function plain(item: WireItem): unknown {
  if (item.kind !== 'broken') return item
  const { code, message, offset, reference } = item.error
  return { ...item, error: { code, message, offset, reference } }
}

describe.each(HOSTILE_ROWS)('$name', ({ bytes, seed }: HostileRow) => {
  const { items, decoder } = decodeChunks([bytes])

  test('is told for what it is', () => {
    const broken = items.find(({ kind }) => kind === 'broken')
    const isFraming = seed.code === 'E_FRAME_TOO_LARGE' || seed.code?.startsWith('E_NOT_BITTORRENT') === true
    expect(broken?.kind === 'broken' ? broken.error.code : undefined).toBe(isFraming ? seed.code : undefined)
    const shown = new Set(items.map(defectOf))
    for (const id of seed.finds ?? []) {
      const defect = SHOWN_AS[id]
      if (defect !== undefined) expect(shown).toContain(defect)
    }
  })

  test('comes to the same however it is cut, and holds no more than came', () => {
    const wanted = items.map(plain)
    for (const size of bytes.length > 100_000 ? [4093] : [1, 2, 7, 4093]) {
      const cut = decodeChunks(cutBytes(bytes, [size]))
      expect(cut.items.map(plain)).toStrictEqual(wanted)
      expect(cut.decoder.pending).toBeLessThanOrEqual(bytes.length)
    }
  })

  test('a stream that broke says no more, whatever follows', () => {
    if (items.every(({ kind }) => kind !== 'broken')) return
    const again = new MessageDecoder()
    again.push(bytes)
    expect(again.push(bytes)).toStrictEqual([])
    expect(decoder.push(new Uint8Array(100_000))).toStrictEqual([])
  })
})
