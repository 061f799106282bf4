import { escapeByteText, escapeText } from '../escape.ts'
import type { MetadataCommandReport, MetadataReport } from '../model/metadata.ts'
import { joinParts, renderHeader } from './connect.ts'
import { cut, fold, makePaint, renderSections, type TextOptions, VALUE_WIDTH } from './layout.ts'
import { outcomeSections } from './outcome.ts'
import { count, renderSize } from './quantity.ts'
import { sessionSections } from './session.ts'

/** How many files are shown; with `verbose`, all that the document has. */
const MAX_SHOWN_FILES = 20

/** The text report of `metadata`: the torrent first, then the session. */
export function renderMetadataText(report: MetadataCommandReport, options: TextOptions): string {
  const paint = makePaint(options.color)
  const { metadata, torrent } = report
  const hashes = [torrent.infoHashV1, torrent.infoHashV2].filter((hash) => hash !== null)
  const sections = [
    { label: 'torrent', lines: metadata === null ? [] : torrentLines(metadata) },
    { label: 'info hash', lines: metadata === null ? [] : hashes },
    { label: 'files', lines: metadata === null ? [] : fileLines(metadata, options.verbose) },
    ...(options.verbose ? sessionSections(report, paint) : []),
    ...outcomeSections(report, paint, options),
  ]
  return joinParts([renderHeader(report, paint), renderSections(sections, paint)])
}

function torrentLines(metadata: MetadataReport): readonly string[] {
  const { name, totalLength, pieceCount, pieceLength, version, size, output, pieceLayers } = metadata
  const kind = `${version}${metadata.private ? ', private' : ''}`
  const written =
    output === null
      ? []
      : fold(`written to ${output === '-' ? 'standard output' : escapeText(output)}`, VALUE_WIDTH)
  return [
    cut(escapeByteText(name, VALUE_WIDTH), VALUE_WIDTH),
    `${renderSize(totalLength)}, ${count(pieceCount, 'piece')} of ${renderSize(pieceLength)}, ${kind}`,
    `${count(size, 'byte')} of metadata`,
    ...written,
    ...(pieceLayers?.complete === false
      ? fold(
          `without its piece layers, so v2 clients must request them: ${escapeText(pieceLayers.error?.message ?? 'the peer did not send any')}`,
          VALUE_WIDTH,
        )
      : []),
  ]
}

function fileLines({ files, fileCount }: MetadataReport, verbose: boolean): readonly string[] {
  const shown = files.slice(0, verbose ? files.length : MAX_SHOWN_FILES)
  const lines = shown.map(({ path, length }) => {
    const size = renderSize(length).padStart(11)
    return `${size}  ${cut(escapeText(path), VALUE_WIDTH - 13)}`
  })
  const rest = fileCount - shown.length
  return rest === 0 ? lines : [...lines, `and ${count(rest, 'more file')}`]
}
