import { renderEndpoint } from '../../wire/address.ts'
import { named, type ValueType, valueType } from '../command/value-type.ts'
import {
  parseConcurrency,
  parseConnection,
  parseDuration,
  parseLength,
  parsePeerId,
  parsePiece,
  parsePieceRanges,
  parseProxy,
  parseRate,
  parseRepeat,
  parseSample,
  parseSeed,
  parseSize,
  parseTimeout,
  parseTotalTimeout,
  usage,
} from '../options.ts'
import { parseListen, parseSourceAddress } from '../parse/peer-name.ts'

/** The types of flag values. */

export const TEXT = valueType('text', (text) => text)
export const FILE = valueType('file', (text) => text, { completion: 'file' })
export const FOLDER = valueType('folder', (text) => text, { completion: 'folder' })
/** A file or a folder. */
export const PATH = named('path', FILE)

const TIMES = ['1s', '5s', '30s', '1m', '5m']

export const DURATION = valueType('time', parseDuration, {
  completion: ['300ms', ...TIMES],
  show: showDuration,
})
/** Not 0. */
export const TIMEOUT = valueType('time', parseTimeout, { completion: TIMES, show: showDuration })
/** Infinity is `none`. */
export const TOTAL_TIMEOUT = valueType('time', parseTotalTimeout, {
  completion: [...TIMES, 'none'],
  show: showDuration,
})

const SIZES = ['16KiB', '1MiB']

export const SIZE = valueType('size', parseSize, { completion: SIZES, show: showSize })
/** Not 0. */
export const LENGTH = valueType('size', parseLength, { completion: SIZES, show: showSize })

export const PIECE = valueType('index', parsePiece)
export const PIECES = valueType('list', parsePieceRanges)
export const SAMPLE = valueType('count', parseSample)
export const CONNECTION = valueType('number', parseConnection)
export const REPEAT = valueType('times', parseRepeat)
export const CONCURRENCY = valueType('count', parseConcurrency)
export const RATE = valueType('count', parseRate)
export const SEED = valueType('number', parseSeed)
export const PEER_ID = valueType('id', parsePeerId)
export const PROXY = valueType('url', parseProxy)
export const SOURCE = valueType('address', parseSourceAddress)
export const LISTEN = valueType('address', parseListen, {
  completion: ['127.0.0.1:6881', '0.0.0.0:6881', '[::1]:6881', '127.0.0.1:0'],
  show: renderEndpoint,
})

export const ENCRYPTION = choice('mode', ['auto', 'off', 'prefer', 'require'])
export const TRANSPORT = choice('kind', ['tcp', 'utp'])
export const TRANSPORT_MODE = choice('kind', ['auto', 'tcp', 'utp'])
export const FORMAT = choice('form', ['text', 'json', 'line'])
/** Its paths are checked when the command is known. */
export const TEMPLATE = valueType('template', (text) => text, { completion: 'document-template' })
export const COLOR = choice('when', ['auto', 'always', 'never'])

/** One of these words. */
function choice<const Word extends string>(name: string, words: readonly Word[]): ValueType<Word> {
  const list = `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
  const parse = (text: string, flag: string): Word => {
    const word = words.find((word) => word === text)
    if (word !== undefined) return word
    throw usage(
      `"${text.length > 60 ? `${text.slice(0, 60)}…` : text}" is not a choice for ${flag}`,
      `use ${list}`,
    )
  }
  return valueType(name, parse, { completion: words })
}

function showDuration(ms: number): string {
  if (!Number.isFinite(ms)) return 'none'
  if (ms < 1000) return `${ms}ms`
  return ms % 60_000 === 0 ? `${ms / 60_000}m` : `${ms / 1000}s`
}

function showSize(bytes: number): string {
  if (bytes === 0 || bytes % 1024 !== 0) return String(bytes)
  return bytes % 1024 ** 2 === 0 ? `${bytes / 1024 ** 2}MiB` : `${bytes / 1024}KiB`
}
