import { describe, expect, expectTypeOf, test } from 'vitest'
import { decodeUtf8, encodeUtf8, fromByteString, fromHex } from '../../../../src/base/bytes.ts'
import {
  EXTENSION_CODECS,
  defineExtension,
  extensionMeaning,
  extensionReference,
  UT_METADATA_ID,
} from '../../../../src/wire/extension/codecs.ts'
import { decodeExtensionMessage, ExtensionRegistry } from '../../../../src/wire/extension/registry.ts'

test('our ids go into our handshake', () => {
  const { localIds } = new ExtensionRegistry(EXTENSION_CODECS)
  expect(Object.fromEntries(localIds)).toStrictEqual({
    ut_pex: 1,
    ut_metadata: 2,
    upload_only: 3,
    ut_holepunch: 4,
    lt_donthave: 7,
    share_mode: 8,
  })
})

describe('a payload is decoded by the id it came under', () => {
  test.each([
    [0, 'de', { kind: 'handshake', handshake: { issues: [] } }],
    [0, 'le', { kind: 'malformed', name: 'handshake', reason: 'not a dictionary', offset: 0 }],
    [1, 'd5:added0:e', { kind: 'message', name: 'ut_pex', message: { issues: [] } }],
    [2, 'd8:msg_typei0e5:piecei4ee', { kind: 'message', name: 'ut_metadata', message: { piece: 4 } }],
    [2, 'de', { kind: 'malformed', name: 'ut_metadata', reason: 'no integer msg_type', offset: 0 }],
    [3, '\u0001', { kind: 'message', name: 'upload_only', message: { isSet: true } }],
    [4, '\0\0abcd\0\u0001', { kind: 'message', name: 'ut_holepunch', message: { type: 'rendezvous' } }],
    [7, '\0\0\0\u0007', { kind: 'message', name: 'lt_donthave', message: { piece: 7 } }],
    [7, '', { kind: 'malformed', name: 'lt_donthave', offset: 0 }],
    [8, '\0', { kind: 'message', name: 'share_mode', message: { isSet: false } }],
    [9, '', { kind: 'unknown', localId: 9 }],
    [256, '', { kind: 'unknown', localId: 256 }],
  ])('%i %j', (localId, text, expected) => {
    expect(decodeExtensionMessage(localId, fromByteString(text))).toMatchObject(expected)
  })

  test('the name tells the type', () => {
    const told = decodeExtensionMessage(7, fromHex('00000007'))
    if (told.kind !== 'message' || told.name !== 'lt_donthave') throw new Error(told.kind)
    expectTypeOf(told.message).toEqualTypeOf<{ readonly piece: number }>()
    expect(told.message.piece).toBe(7)
  })

  test('or by name, where the ids are not ours', () => {
    const registry = new ExtensionRegistry(EXTENSION_CODECS)
    expect(registry.decodeNamed('lt_donthave', fromHex('00000007'))).toMatchObject({ message: { piece: 7 } })
    expect(registry.decodeNamed('ut_recommend', fromHex('00000007'))).toBeUndefined()
  })
})

describe('an extension of a user', () => {
  const greeting = defineExtension({
    name: 'xx_greeting',
    localId: 20,
    decode: (payload) => {
      const value = decodeUtf8(payload)
      return value === undefined ? { ok: false, reason: 'not UTF-8', offset: 0 } : { ok: true, value }
    },
    encode: (text: string) => encodeUtf8(text),
  })

  test('is decoded beside the others, under its own type', () => {
    const registry = new ExtensionRegistry([...EXTENSION_CODECS, greeting])
    expect(registry.localIds.get('xx_greeting')).toBe(20)
    const told = registry.decode(20, greeting.encode('hello'))
    if (told.kind !== 'message' || told.name !== 'xx_greeting') throw new Error(told.kind)
    expectTypeOf(told.message).toEqualTypeOf<string>()
    expect(told.message).toBe('hello')
    expect(registry.decode(20, Uint8Array.of(0xff))).toMatchObject({ kind: 'malformed', name: 'xx_greeting' })
    expect(registry.decode(7, fromHex('00000007'))).toMatchObject({ name: 'lt_donthave' })
  })

  test.each([0, 256, -1, 1.5])('cannot have the id %d', (localId) => {
    expect(() => new ExtensionRegistry([{ ...greeting, localId }])).toThrow(RangeError)
  })

  test('needs an id and a name of its own', () => {
    expect(() => new ExtensionRegistry([greeting, { ...greeting, name: 'yy' }])).toThrow('id 20')
    expect(() => new ExtensionRegistry([greeting, { ...greeting, localId: 21 }])).toThrow('named xx_greeting')
    expect(new ExtensionRegistry([{ ...greeting, localId: 255 }]).localIds.size).toBe(1)
  })
})

test('the id of ut_metadata is that of its row', () => {
  expect(EXTENSION_CODECS.find(({ name }) => name === 'ut_metadata')?.localId).toBe(UT_METADATA_ID)
})

test('what a report says of an extension fits its table', () => {
  const texts = EXTENSION_CODECS.map(({ meaning = '' }) => meaning)
  expect(texts.filter((text) => text.length === 0 || text.length > 20)).toStrictEqual([])
  expect([extensionMeaning('lt_tex'), extensionMeaning('toString')]).toStrictEqual([
    'BEP 28, trackers',
    undefined,
  ])
  expect([extensionReference('ut_pex'), extensionReference('share_mode')]).toStrictEqual([
    'BEP 11',
    undefined,
  ])
})
