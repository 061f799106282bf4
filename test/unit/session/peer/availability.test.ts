import { describe, expect, test } from 'vitest'
import { fromHex } from '../../../../src/base/bytes.ts'
import { MAX_PIECES } from '../../../../src/base/limits.ts'
import { PeerAvailability } from '../../../../src/session/peer/availability.ts'

function pieces(availability: PeerAvailability): string | undefined {
  return availability.bitfield?.renderRanges()
}

describe('with a known piece count', () => {
  test('nothing was said: no piece, from no source', () => {
    const availability = new PeerAvailability(20)
    expect([availability.source, pieces(availability), availability.has(0)]).toStrictEqual([
      'none',
      '',
      false,
    ])
  })

  test('bitfield, then haves; one past the end changes nothing', () => {
    const availability = new PeerAvailability(20)
    availability.bitfieldReceived(fromHex('c00000'))
    for (const piece of [5, 20, 0xffff_ffff]) availability.haveReceived(piece)
    expect([availability.source, pieces(availability)]).toStrictEqual(['bitfield', '0-1,5'])
    expect([0, 2, 5, 20].map((piece) => availability.has(piece))).toStrictEqual([true, false, true, false])
  })

  test('haves only', () => {
    const availability = new PeerAvailability(20)
    availability.haveReceived(19)
    expect([availability.source, pieces(availability)]).toStrictEqual(['haves', '19'])
  })

  test('have-all is all, whatever haves follow; have-none is none until they do', () => {
    const all = new PeerAvailability(20)
    all.haveAllReceived()
    all.haveReceived(3)
    expect([all.source, pieces(all), all.has(20)]).toStrictEqual(['have-all', '0-19', false])
    const none = new PeerAvailability(20)
    none.haveNoneReceived()
    expect(pieces(none)).toBe('')
    none.haveReceived(3)
    expect([none.source, pieces(none)]).toStrictEqual(['have-none', '3'])
  })

  test('a piece that is lost again (lt_donthave) is had no more, whatever said that it was', () => {
    const all = new PeerAvailability(20)
    all.haveAllReceived()
    all.lost(3)
    expect([all.source, pieces(all), all.has(3), all.has(4)]).toStrictEqual([
      'bitfield',
      '0-2,4-19',
      false,
      true,
    ])
    all.lost(20)
    all.haveReceived(3)
    expect(pieces(all)).toBe('0-19')
    const some = new PeerAvailability(20)
    some.bitfieldReceived(fromHex('c00000'))
    some.lost(1)
    some.lost(7)
    expect([some.source, pieces(some)]).toStrictEqual(['bitfield', '0'])
    const unknown = new PeerAvailability()
    unknown.lost(1)
    expect(unknown.source).toBe('none')
  })

  test.each(['ffff', 'fffff000', ''])(
    'a bitfield of the wrong length (%s) is kept as it came and counts for nothing',
    (bits) => {
      const availability = new PeerAvailability(20)
      availability.bitfieldReceived(fromHex(bits))
      expect(availability.bitfield).toBeUndefined()
      expect(availability.unvalidated?.bytes).toStrictEqual(fromHex(bits))
      expect(availability.has(0)).toBe(false)
      availability.haveReceived(2)
      expect([availability.has(2), pieces(availability)]).toStrictEqual([true, '2'])
    },
  )

  test('spare bits are no pieces', () => {
    const availability = new PeerAvailability(20)
    availability.bitfieldReceived(fromHex('ffffff'))
    expect([pieces(availability), availability.has(20)]).toStrictEqual(['0-19', false])
  })
})

describe('with a piece count that comes later', () => {
  test('a bitfield is checked against it', () => {
    const availability = new PeerAvailability()
    availability.bitfieldReceived(fromHex('c00000'))
    availability.haveReceived(7)
    expect([availability.bitfield, availability.has(7), availability.has(8)]).toStrictEqual([
      undefined,
      true,
      false,
    ])
    availability.setPieceCount(20)
    expect([pieces(availability), availability.unvalidated]).toStrictEqual(['0-1,7', undefined])
  })

  test('haves beyond it are dropped', () => {
    const availability = new PeerAvailability()
    for (const piece of [1, 21, 70_000, MAX_PIECES, 0xffff_ffff]) availability.haveReceived(piece)
    availability.setPieceCount(20)
    expect([availability.source, pieces(availability)]).toStrictEqual(['haves', '1'])
  })

  test('have-all becomes all of them', () => {
    const availability = new PeerAvailability()
    availability.haveAllReceived()
    expect([availability.bitfield, availability.has(9)]).toStrictEqual([undefined, true])
    availability.setPieceCount(3)
    expect(pieces(availability)).toBe('0-2')
  })

  test('a bitfield that does not fit counts for nothing', () => {
    const availability = new PeerAvailability()
    availability.bitfieldReceived(fromHex('ffff'))
    availability.setPieceCount(20)
    expect([availability.bitfield, availability.has(0)]).toStrictEqual([undefined, false])
  })
})
