import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { concat } from '../../src/base/bytes.ts'
import { HashRequestManager, hashRequestToRoot } from '../../src/session/download/hash-requests.ts'
import { HashServer } from '../../src/session/upload/hash-server.ts'
import { merkleHeight, merkleRoot } from '../../src/wire/torrent/merkle.ts'

/** Leaves are any 32 bytes: the tree does not know what was hashed. */
const leaves = fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { minLength: 2, maxLength: 40 })

test('whatever a server answers, the manager verifies, and no changed bit passes', () => {
  fc.assert(
    fc.property(leaves, fc.nat({ max: 3 }), fc.nat(), fc.nat(), fc.nat(), (blocks, pieceLayer, a, b, bit) => {
      const height = merkleHeight(blocks.length)
      const perPiece = 2 ** pieceLayer
      const count = Math.ceil(blocks.length / perPiece)
      const pieceHashes = Array.from({ length: count > 1 ? count : 0 }, (_, i) =>
        merkleRoot(blocks.slice(i * perPiece, (i + 1) * perPiece), 0, pieceLayer),
      )
      const file = {
        piecesRoot: merkleRoot(blocks),
        length: blocks.length * 16_384 - 5,
        pieceLength: perPiece * 16_384,
        pieceHashes,
        blockHashes: (first: number, number: number) => {
          // never asked for a block that the file does not have
          expect(first + number).toBeLessThanOrEqual(blocks.length)
          return blocks.slice(first, first + number)
        },
      }
      const baseLayer = a % 2 === 0 || pieceLayer >= height ? 0 : pieceLayer
      const width = 2 ** (height - baseLayer)
      const length = 2 ** (1 + (b % merkleHeight(width)))
      const index = (a % (width / length)) * length
      const tree = { piecesRoot: file.piecesRoot, height }
      const request = hashRequestToRoot(tree, { baseLayer, index, length })
      const answer = new HashServer([file]).answer(request)
      if (answer.type !== 'hashes') throw new Error(answer.reason)
      const manager = new HashRequestManager()
      expect(manager.request(tree, request, 0)).toBe(true)
      const good = manager.received(request, answer.hashes)
      expect(good.type).toBe('verified')
      if (baseLayer === 0 && good.type === 'verified')
        expect(good.hashes.slice(0, Math.max(0, blocks.length - index))).toStrictEqual(
          blocks.slice(index, index + length),
        )
      const changed = concat([answer.hashes])
      const at = bit % changed.length
      changed[at] = (changed[at] ?? 0) ^ (1 << (bit % 8))
      manager.request(tree, request, 0)
      expect(manager.received(request, changed).type).toBe('wrong')
    }),
  )
})
