import { ERROR_CODES, type ErrorCode } from '../../../base/errors.ts'
import type { ScanReport } from '../../model/scan.ts'
import { headerLines } from '../header.ts'
import { makePage, type TextOptions } from '../page/page.ts'
import { joinParts, renderSections } from '../page/sections.ts'

/** Names of clients, and versions of each, without `verbose`. */
const SHOWN_CLIENTS = 10
const SHOWN_VERSIONS = 3

const TRANSPORTS: { readonly [transport: string]: string } = { tcp: 'TCP', utp: 'uTP' }

const ENCRYPTIONS: { readonly [encryption: string]: string } = {
  plaintext: 'plaintext',
  rc4: 'RC4',
  'mse-plaintext': 'plaintext after MSE',
}

/** The summary of a scan for people. */
export function renderScanText(report: ScanReport, options: TextOptions): string {
  const page = makePage(options)
  const { peers, reached, errors, transports, encryptions, badLines, verdict, ok, elapsedMs } = report
  const sections = [
    { label: 'reached', lines: peers === 0 ? [] : page.fold(`${reached} of ${peers}`) },
    { label: 'clients', lines: page.foldParts(clientParts(report, options.verbose)) },
    { label: 'transports', lines: page.foldParts(countParts(transports, TRANSPORTS)) },
    { label: 'encryption', lines: page.foldParts(countParts(encryptions, ENCRYPTIONS)) },
    {
      label: 'why not',
      lines: Object.entries(errors).flatMap(([code, number]) =>
        page.fold(`${number}: ${ERROR_CODES[code as ErrorCode].summary} (${code})`),
      ),
    },
    {
      label: 'bad lines',
      lines: badLines.first.flatMap(({ line, message }) => page.fold(`line ${line}: ${message}`)),
    },
  ]
  // the first failure of many is not the answer
  const error = peers === 0 ? report.error : null
  const header = headerLines({ name: 'scan', verdict, ok, error, totalMs: elapsedMs }, page, {})
  const tight = sections.map((section) => renderSections([section], page)).filter((text) => text !== '')
  return joinParts([header.join('\n'), tight.join('\n')])
}

function clientParts({ clients, otherClients }: ScanReport, verbose: boolean): readonly string[] {
  const shown = verbose ? clients : clients.slice(0, SHOWN_CLIENTS)
  const parts = shown.map(({ name, count, versions }) => {
    const all = Object.entries(versions)
    const listed = (verbose ? all : all.slice(0, SHOWN_VERSIONS)).map(([version, number]) =>
      all.length === 1 && number === count ? version : `${version}: ${number}`,
    )
    const more = all.length > listed.length ? ['…'] : []
    return listed.length === 0 ? `${count} ${name}` : `${count} ${name} (${[...listed, ...more].join(', ')})`
  })
  const others = clients.slice(shown.length).reduce((sum, { count }) => sum + count, otherClients)
  return others === 0 ? parts : [...parts, `${others} others`]
}

function countParts(
  counts: { readonly [word: string]: number },
  names: { readonly [word: string]: string },
): readonly string[] {
  return Object.entries(counts).map(([word, number]) => `${number} ${names[word] ?? word}`)
}
