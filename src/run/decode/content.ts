import { readUint32, toByteString } from '../../base/bytes.ts'
import { PeerError } from '../../base/errors.ts'
import { findBoundary } from '../../session/observe/message-boundary.ts'
import { beginsCapture, CaptureReader } from '../../wire/capture/reader.ts'
import { BLOCK } from '../../wire/capture/pcapng-blocks.ts'
import { beginsHandshake, PROTOCOL_NAME } from '../../wire/handshake/handshake.ts'
import { badInput } from './bad-input.ts'
import { CaptureInputReader } from './capture-reader.ts'
import { HexReader } from './hex-reader.ts'
import type { DecodeOptions } from './options.ts'
import type { InputReader } from './reader.ts'
import { StreamReader } from './stream-reader.ts'
import { TraceInputReader } from './trace-reader.ts'

/** How the first line of a trace begins. */
const TRACE_BEGIN = /^\s*\{\s*"schema"\s*:\s*"peerwire\.trace\//

/**
 * The reader for an input, by its first bytes.
 * @throws PeerError E_BAD_CAPTURE for an input that is none of those that can be read
 */
export function openReader(head: Uint8Array, options: DecodeOptions): InputReader {
  const reader = readerOf(head, options)
  if (options.rewrite !== undefined && (reader.format === 'stream' || reader.format === 'hex'))
    throw new PeerError('E_USAGE', 'one direction of a connection cannot be written as a capture', {
      hint: 'leave out --capture, or decode a capture or a trace',
    })
  return reader
}

function readerOf(head: Uint8Array, options: DecodeOptions): InputReader {
  if (head.length === 0)
    throw badInput('the input is empty', 0, 'give the file, or pipe its bytes into peerwire decode -')
  if (options.hex) return new HexReader()
  if (beginsCapture(head))
    return new CaptureInputReader(readUint32(head, 0) === BLOCK.section ? 'pcapng' : 'pcap', options)
  if (TRACE_BEGIN.test(toByteString(head))) return new TraceInputReader(options)
  const isHandshake = head.length > PROTOCOL_NAME.length && beginsHandshake(head)
  if (isHandshake || findBoundary(head).found === 0) return new StreamReader()
  throw named(head) ?? unknown(head)
}

/** A format that is recognized, but cannot be read. */
function named(head: Uint8Array): PeerError | undefined {
  try {
    new CaptureReader(() => undefined).push(head)
    return undefined
  } catch (error) {
    return error instanceof PeerError && error.hint !== undefined ? error : undefined
  }
}

function unknown(head: Uint8Array): PeerError {
  const isHex = /^[\s0-9a-f:]+$/i.test(toByteString(head))
  const hint = isHex
    ? 'for hex text, use --hex'
    : 'use a pcap or pcapng file, the file of --trace-file, or the bytes of one direction from a handshake on'
  return badInput('this is not a capture, a trace or a stream of BitTorrent messages', 0, hint)
}
