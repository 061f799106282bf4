import { PeerError } from '../../base/errors.ts'
import { closestWord } from '../../report/explain/closest.ts'
import { shownWord } from './shown-word.ts'
import { isTorrentFile, isTorrentName } from './words.ts'

/** What other tools call the commands. */
const OTHER_WORDS: { readonly [word: string]: string } = {
  check: 'connect',
  debug: 'why',
  diagnose: 'why',
  dissect: 'decode',
  download: 'fetch',
  get: 'fetch',
  handshake: 'connect',
  info: 'connect',
  nmap: 'reach',
  pcap: 'decode',
  peer: 'connect',
  ping: 'reach',
  port: 'reach',
  probe: 'why',
  seed: 'serve',
  seeder: 'serve',
  test: 'connect',
  upload: 'serve',
}

/** A longer command line is not repeated in a hint. */
const MAX_REPEATED = 160

/**
 * The error for a command line that does not begin with a command, with the line to use instead.
 * @param names of the commands
 */
export function unknownCommand(args: readonly string[], names: readonly string[]): PeerError {
  const [first = ''] = args
  const flag = first.startsWith('-') ? closestWord(first, ['--version', '--help']) : undefined
  if (flag !== undefined) {
    return new PeerError('E_USAGE', `unknown option ${shortened(first)}`, { hint: `did you mean ${flag}?` })
  }
  const problem = first.startsWith('-')
    ? `no command before ${shortened(first)}`
    : `${shortened(first)} is not a command`
  return new PeerError('E_USAGE', problem, { hint: hintFor(first, args, names) })
}

function hintFor(first: string, args: readonly string[], names: readonly string[]): string {
  if (first.startsWith('-')) {
    const name = args.find((arg) => names.includes(arg))
    const typo = args.find((arg) => !arg.startsWith('-') && closestWord(arg, names) !== undefined)
    const others = args.filter((arg) => arg !== (name ?? typo))
    return useLine(
      [name ?? closestWord(typo ?? '', names) ?? 'connect', ...others],
      'the command comes first: peerwire connect HOST:PORT ...',
    )
  }
  if (isTarget(first)) return hintForTarget(args)
  const meant = OTHER_WORDS[first.toLowerCase()] ?? closestWord(first, names)
  return meant === undefined ? 'peerwire --help lists the commands' : `did you mean ${meant}?`
}

/** Whether a word names a peer or a torrent: the command was forgotten. */
function isTarget(word: string): boolean {
  return isPeer(word) || isHost(word) || isTorrentName(word) || isTorrentFile(word)
}

function isPeer(word: string): boolean {
  return /^(\[[0-9a-f:.%\w]+\]|[\w.-]+):\d+$/i.test(word)
}

function isHost(word: string): boolean {
  return /^(\d{1,3}(\.\d{1,3}){3}|localhost)$/i.test(word)
}

function hintForTarget(args: readonly string[]): string {
  const hasPeer = args.some(isPeer) || (args.some(isHost) && args.some((arg) => /^\d{1,5}$/.test(arg)))
  const hasTorrent = args.some((arg) => isTorrentName(arg) || isTorrentFile(arg) || /^-[it]/.test(arg))
  if (hasPeer && hasTorrent) return useLine(['connect', ...args], 'use peerwire connect and the same words')
  if (hasPeer) return useLine(['reach', ...args], 'use peerwire reach HOST:PORT')
  const [file] = args.filter(isTorrentFile)
  return file === undefined
    ? 'use peerwire connect HOST:PORT -i and the hash or magnet link'
    : 'use peerwire connect HOST:PORT -t and the file'
}

function useLine(args: readonly string[], otherwise: string): string {
  const line = args.map(shownWord).join(' ')
  // a shortened link cannot be used
  return line.length > MAX_REPEATED || line.includes('…') ? otherwise : `use peerwire ${line}`
}

/** A word for use in a message: shortened, and without the query of a link, which may contain a passkey. */
function shortened(word: string): string {
  const [start = ''] = word.split('?', 1)
  return `"${start.length > 40 ? `${start.slice(0, 40)}…` : start}"`
}
