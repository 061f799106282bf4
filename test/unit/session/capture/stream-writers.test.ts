import { expect, test } from 'vitest'
import { FrameWriter } from '../../../../src/session/capture/frame-writer.ts'
import { PacketSlab } from '../../../../src/session/capture/packet-slab.ts'
import { TcpWriter } from '../../../../src/session/capture/tcp-writer.ts'
import { UtpWriter } from '../../../../src/session/capture/utp-writer.ts'
import {
  encodeInterfaceDescription,
  encodeSectionHeader,
} from '../../../../src/wire/capture/pcapng-writer.ts'
import { segmentsOf, utpPacketsOf } from '../../../support/captures/captured.ts'

/** Frames, and the blocks of a file that they become. */
function framesAndBlocks() {
  const blocks = [
    encodeSectionHeader({ comment: '', application: '' }),
    encodeInterfaceDescription({ linkType: 1, name: '', description: '' }),
  ]
  const ends = { local: { address: '::1', port: 1 }, remote: { address: '::1', port: 2 } }
  const slab = new PacketSlab((bytes) => blocks.push(bytes))
  return { frames: new FrameWriter(ends, slab), slab, blocks }
}

test('sequence numbers of TCP wrap', () => {
  const { frames, slab, blocks } = framesAndBlocks()
  const stream = new TcpWriter(frames, 'local', { local: 0xffff_ffff, remote: 0xffff_fff0 })
  stream.syn(0)
  stream.accept(0)
  stream.data(0, 'local', [new Uint8Array(1460), new Uint8Array(1)])
  stream.data(0, 'remote', [new Uint8Array(32)])
  stream.fin(0, 'remote')
  slab.flush()
  const numbers = segmentsOf(blocks).map(({ sequence, acknowledged }) => [sequence, acknowledged])
  expect(numbers).toStrictEqual([
    [0xffff_ffff, 0],
    [0xffff_fff0, 0],
    [0, 0xffff_fff1],
    [0, 0xffff_fff1],
    [1460, 0xffff_fff1],
    [0xffff_fff1, 1461],
    [0xffff_fff1, 1461],
    [1461, 0x11],
    [0x11, 1461],
  ])
})

test('packet numbers of uTP wrap', () => {
  const { frames, slab, blocks } = framesAndBlocks()
  const stream = new UtpWriter(frames, 'remote', 0xffff, { local: 0, remote: 0xffff })
  stream.syn(0)
  stream.accept(0)
  stream.data(0, 'remote', [new Uint8Array(1400), new Uint8Array(1)])
  stream.reset(0, 'local')
  slab.flush()
  const packets = utpPacketsOf(blocks).map(({ type, connectionId, sequenceNumber, acknowledged }) => [
    ...[type, connectionId, sequenceNumber, acknowledged],
  ])
  expect(packets).toStrictEqual([
    ['syn', 0xffff, 0xffff, 0],
    ['state', 0xffff, 0, 0xffff],
    ['data', 0, 0, 0xffff],
    ['data', 0, 1, 0xffff],
    ['state', 0xffff, 0, 1],
    ['reset', 0xffff, 0, 1],
  ])
})
