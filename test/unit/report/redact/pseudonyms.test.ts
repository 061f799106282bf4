import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../../../src/base/bytes.ts'
import { MAX_PSEUDONYMS } from '../../../../src/base/limits.ts'
import { KnownText } from '../../../../src/report/redact/known-text.ts'
import { Pseudonyms } from '../../../../src/report/redact/pseudonyms.ts'
import { decodePeerId } from '../../../../src/wire/peer-id/peer-id.ts'
import { formsOf } from '../../../support/wire/forms-of.ts'

function begin(common: readonly string[] = []) {
  const known = new KnownText(new Set(common))
  return { known, names: new Pseudonyms(new Uint8Array(32).fill(7), known) }
}

describe('places', () => {
  test.each([
    ['81.2.69.142:6881', '192.0.2.1:6881'],
    ['81.2.69.142', '192.0.2.1'],
    ['203.0.113.77:6881', '203.0.113.77:6881'],
    ['[2a00:1:2::3]:6881', '[2001:db8::1]:6881'],
    ['2a00:1:2::3', '2001:db8::1'],
    ['[fe80::1%eth0]:6881', '[2001:db8::1%0]:6881'],
    ['::ffff:81.2.69.142', '::ffff:192.0.2.1'],
    ['seed.example:6881', 'peer-1.invalid:6881'],
    ['0.0.0.0:6881', '0.0.0.0:6881'],
    ['::', '::'],
    ['', ''],
  ])('%s is %s', (place, pseudonym) => {
    const { names } = begin()
    expect(names.place(place)).toBe(pseudonym)
    expect(names.place(place)).toBe(pseudonym)
    // what is a pseudonym stays
    expect(names.place(pseudonym)).toBe(pseudonym)
  })

  test('what is redacted once more stays, and nobody else gets its addresses', () => {
    const { names } = begin()
    expect(['192.0.2.2', '192.0.2.1', '2001:db8::1'].map((place) => names.place(place))).toStrictEqual([
      '192.0.2.2',
      '192.0.2.1',
      '2001:db8::1',
    ])
    expect(names.place('127.0.0.1')).toBe('192.0.2.3')
    expect(names.place('::1')).toBe('2001:db8::2')
    expect(names.name('name-7')).toBe('name-7')
  })

  test('many addresses: the ranges for documentation, then others, and bounded memory', () => {
    const { names, known } = begin()
    const addressOf = (i: number) => Uint8Array.of(9, i >> 16, (i >> 8) & 255, i & 255)
    const seen = new Set<string>()
    for (let i = 0; i < 1000; i++) seen.add(names.address(addressOf(i)).join('.'))
    expect(
      [...seen].every((text) => /^(192\.0\.2|198\.51\.100|203\.0\.113|198\.1[89]\.\d+)\./.test(text)),
    ).toBe(true)
    expect(known.replace('9.0.3.231 came')).not.toContain('9.0.3.231')
    for (let i = 0; i < MAX_PSEUDONYMS; i += 997) names.name(`film ${i}`)
    expect(names.name('film 997')).toBe(names.name('film 997'))
  })
})

describe('hashes', () => {
  const v2 = fromHex('a1'.repeat(32))

  test('are derived with the key, of the same length, and begin alike where the originals do', () => {
    const { names } = begin()
    const whole = names.hash(v2)
    const short = names.hash(v2.subarray(0, 20))
    expect(whole).toHaveLength(32)
    expect(toHex(whole).slice(0, 40)).toBe(toHex(short))
    expect(toHex(whole)).not.toContain('a1a1')
    const other = new Pseudonyms(new Uint8Array(32), new KnownText(new Set())).hash(v2)
    expect(other).not.toStrictEqual(whole)
  })

  test.each(formsOf(fromHex('00112233445566778899aabbccddeeff00112233')))(
    '%j is replaced in texts',
    (form) => {
      const { names, known } = begin()
      names.hash(fromHex('00112233445566778899aabbccddeeff00112233'))
      for (const text of [form, form.toUpperCase()]) expect(known.replace(`no ${text}.`)).not.toContain(text)
    },
  )
})

describe('peer ids keep what names the client', () => {
  test.each([
    '-qB4520-abcdefghijkl',
    '-TR3000-0a9b8c7d6e5f',
    '-LT2080-k!~_.(x)Zz09',
    'M7-10-5--\u0001\u0002xyzabcdef',
    'A2-1-36-0-\u0010\u0011abcdefgh',
    'S58B-----abcdefghijk',
    'exbc\u0001\u0002LORDabcdefghij',
    '-KT51R2-abcdefghijkl',
    'unknown-client-12345',
    'abcdefghijklmnHTTPBT',
  ])('%j', (id) => {
    const { names } = begin()
    const bytes = Uint8Array.from(id, (character) => character.charCodeAt(0))
    const pseudonym = names.peerId(bytes)
    const { hex: _, text: __, ...claim } = decodePeerId(bytes)
    expect(decodePeerId(pseudonym)).toMatchObject(claim)
    expect(toHex(pseudonym)).not.toBe(toHex(bytes))
    expect(names.peerId(bytes)).toStrictEqual(pseudonym)
    expect(names.peerId(pseudonym)).toStrictEqual(pseudonym)
  })
})

describe('texts', () => {
  const NAME = 'Hochzeit "Ünsere" 2019.mkv'

  test.each(formsOf(NAME))('%j is replaced', (form) => {
    const { names, known } = begin()
    names.name(NAME)
    expect(known.replace(`cannot read ${form}: no such file`)).not.toContain(form)
  })

  test('a name that is a word of ours is not looked for', () => {
    const { names, known } = begin(['data'])
    expect(names.name('data')).toBe('name-1')
    expect(known.replace('the data is missing')).toBe('the data is missing')
  })

  test('an address is not found in a longer one, nor a version taken for an address', () => {
    const { names, known } = begin()
    names.place('10.0.0.1:80')
    expect(known.replace('10.0.0.11, 10.0.0.1, libtorrent/2.0.8.0, 1.10.0.0.1')).toBe(
      '10.0.0.11, 192.0.2.1, libtorrent/2.0.8.0, 1.10.0.0.1',
    )
  })

  test('an address of IPv6 is found however it is written', () => {
    const { names, known } = begin()
    names.place('2a00:0:0:1::3')
    expect(known.replace('at [2A00:0:0:1:0:0:0:3]:80')).toBe('at [2001:db8::1]:80')
  })

  test('each name of a path, and the path', () => {
    const { names, known } = begin()
    expect(names.path('/home/alice/film.mkv')).toBe('/name-1/name-2/name-3')
    expect(known.replace('cannot write /home/alice/film.mkv: full')).toBe(
      'cannot write /name-1/name-2/name-3: full',
    )
  })

  test('nothing is known at first', () => {
    const { known } = begin()
    expect(known.replace('192.0.2.7 and all')).toBe('192.0.2.7 and all')
  })
})
