import { escapeByteText, escapeText } from '../escape.ts'
import type { MetadataCommandReport, MetadataReport } from '../model/metadata.ts'
import { renderHeader } from './connect.ts'
import { makePage, type Page, type TextOptions } from './page/page.ts'
import { joinParts, renderSections } from './page/sections.ts'
import { outcomeSections } from './outcome.ts'
import { count, renderSize } from './quantity.ts'
import { sessionSections } from './session.ts'

/** How many files are shown; with `verbose`, all that the document has. */
const MAX_SHOWN_FILES = 20

/** The text report of `metadata`: the torrent first, then the session. */
export function renderMetadataText(report: MetadataCommandReport, options: TextOptions): string {
  const page = makePage(options)
  const { metadata, torrent } = report
  const hashes = [torrent.infoHashV1, torrent.infoHashV2].filter((hash) => hash !== null)
  const sections = [
    { label: 'torrent', lines: metadata === null ? [] : torrentLines(metadata, page) },
    { label: 'info hash', lines: metadata === null ? [] : hashes },
    { label: 'files', lines: metadata === null ? [] : fileLines(metadata, options.verbose, page) },
    ...(options.verbose ? sessionSections(report, page, options) : []),
    ...outcomeSections(report, page, options),
  ]
  return joinParts([renderHeader(report, page), renderSections(sections, page)])
}

function torrentLines(metadata: MetadataReport, page: Page): readonly string[] {
  const { name, totalLength, pieceCount, pieceLength, version, size, output, pieceLayers } = metadata
  const kind = `${version}${metadata.private ? ', private' : ''}`
  const written =
    output === null ? [] : page.fold(`written to ${output === '-' ? 'standard output' : escapeText(output)}`)
  return [
    page.cut(escapeByteText(name, page.valueWidth)),
    `${renderSize(totalLength)}, ${count(pieceCount, 'piece')} of ${renderSize(pieceLength)}, ${kind}`,
    `${count(size, 'byte')} of metadata`,
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
