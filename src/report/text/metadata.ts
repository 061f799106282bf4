import { escapeByteText, escapeText } from '../escape.ts'
import type { MetadataCommandReport, MetadataReport } from '../model/metadata.ts'
import type { Page, TextOptions } from './page/page.ts'
import { count, renderSize } from './quantity.ts'
import { renderSessionText } from './session/session-report.ts'
import { describePeer } from './session/verdict.ts'

/** How many files are shown; with `verbose`, all that the document has. */
const MAX_SHOWN_FILES = 20

/** The text report of `metadata`: the torrent first, then the session. */
export function renderMetadataText(report: MetadataCommandReport, options: TextOptions): string {
  const { metadata, torrent } = report
  const hashes = [torrent.infoHashV1, torrent.infoHashV2].filter((hash) => hash !== null)
  return renderSessionText(report, options, (page) => ({
    announced: false,
    about: describePeer(report),
    first: [{ label: 'torrent', lines: metadata === null ? [] : torrentLines(metadata, page) }],
    asked: [
      { label: 'info hash', lines: metadata === null ? [] : hashes.flatMap((hash) => page.fold(hash)) },
      { label: 'files', lines: metadata === null ? [] : fileLines(metadata, options.verbose, page) },
    ],
  }))
}

function torrentLines(metadata: MetadataReport, page: Page): readonly string[] {
  const { name, totalLength, pieceCount, pieceLength, version, size, output, pieceLayers } = metadata
  const kind = [version, ...(metadata.private ? ['private'] : [])]
  const written =
    output === null ? [] : page.fold(`written to ${output === '-' ? 'standard output' : escapeText(output)}`)
  return [
    page.cut(escapeByteText(name, page.valueWidth)),
    ...page.foldParts([
      renderSize(totalLength),
      `${count(pieceCount, 'piece')} of ${renderSize(pieceLength)}`,
      ...kind,
    ]),
    ...page.fold(`${count(size, 'byte')} of metadata`),
    ...written,
    ...(pieceLayers?.complete === false
      ? page.fold(
          `without its piece layers, so v2 clients must request them: ${escapeText(pieceLayers.error?.message ?? 'the peer did not send any')}`,
          page.valueWidth,
        )
      : []),
  ]
}

function fileLines({ files, fileCount }: MetadataReport, verbose: boolean, page: Page): readonly string[] {
  const shown = files.slice(0, verbose ? files.length : MAX_SHOWN_FILES)
  const lines = shown.map(({ path, length }) => {
    const size = renderSize(length).padStart(11)
    return `${size}  ${page.cut(escapeText(path), page.valueWidth - 13)}`
  })
  const rest = fileCount - shown.length
  return rest === 0 ? lines : [...lines, `and ${count(rest, 'more file')}`]
}
