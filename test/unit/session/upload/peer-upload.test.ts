import { expect, test } from 'vitest'
import { MAX_HASHED_BYTES, MAX_PENDING_ANSWERS } from '../../../../src/base/limits.ts'
import { SessionState } from '../../../../src/session/peer/state.ts'
import { PeerUpload } from '../../../../src/session/upload/peer-upload.ts'
import { PieceHashServer } from '../../../../src/session/upload/piece-hash-server.ts'
import { fromHex } from '../../../../src/base/bytes.ts'
import type { HashRequest } from '../../../../src/wire/message/hash-request.ts'
import type { Message } from '../../../../src/wire/message/message.ts'
import type { Metainfo } from '../../../../src/wire/torrent/metainfo.ts'
import { makeV1Torrent } from '../../../support/torrents/made-torrent.ts'

const root = fromHex('11'.repeat(32))
const hashRequest: HashRequest = { piecesRoot: root, baseLayer: 0, index: 0, length: 2, proofLayers: 0 }

test('hash requests beyond what may wait are rejected at once', () => {
  const { metainfo } = makeV1Torrent()
  const upload = new PeerUpload({ metainfo, have: 'all' }, new SessionState(['fast'], metainfo.pieceCount))
  const messages = Array.from({ length: MAX_PENDING_ANSWERS + 44 }, (): Message => ({
    type: 'hash-request',
    request: hashRequest,
  }))
  const { replies, useless } = upload.receive(messages)
  expect(replies.map(({ type }) => type)).toStrictEqual(Array.from({ length: 44 }, () => 'hash-reject'))
  expect(useless).toBe(messages.length)
  let waiting = 0
  while (upload.nextHashRequest() !== undefined) waiting++
  expect(waiting).toBe(MAX_PENDING_ANSWERS)
})

test('no more is read for one hash request than may be hashed', () => {
  const serverOf = (pieceLength: number) => {
    const length = pieceLength
    const { metainfo } = makeV1Torrent()
    const file = { ...metainfo.files[0], offset: 0, length, piecesRoot: root }
    return new PieceHashServer({ ...metainfo, pieceLength, files: [file] } as unknown as Metainfo)
  }
  expect(serverOf(MAX_HASHED_BYTES).leavesOf(hashRequest)).toStrictEqual({
    piece: 0,
    length: MAX_HASHED_BYTES,
  })
  expect(serverOf(2 * MAX_HASHED_BYTES).leavesOf(hashRequest)).toBeUndefined()
})
