import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe } from 'vitest'
import { missingProgram } from './programs.ts'
import { REQUIRED } from './describe-peer.ts'

/** tshark of Wireshark, as the reader of our captures that we did not write. */

const run = promisify(execFile)

/** As `describe`, skipped where tshark is missing, with the reason in its name, unless all programs must be there. */
export function describeTshark(title: string, body: () => void): void {
  const reason = missingProgram('tshark')
  if (reason === undefined || REQUIRED) describe(title, body)
  else describe.skip(`${title} (${reason})`, body)
}

/** Settings: which port is BitTorrent, and that checksums are checked. */
function settings(port: number): readonly string[] {
  return [
    ...['-d', `tcp.port==${port},bittorrent`, '-d', `udp.port==${port},bt-utp`],
    ...['ip', 'tcp', 'udp'].flatMap((layer) => ['-o', `${layer}.check_checksum:TRUE`]),
  ]
}

/** The lines that tshark prints for a capture. */
async function tshark(file: string, port: number, ...argv: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await run('tshark', ['-n', '-r', file, ...settings(port), ...argv], {
    maxBuffer: 2 ** 28,
  })
  return stdout.split('\n').filter((line) => line !== '')
}

/** What tshark calls malformed, or finds wrong with checksums, sequence numbers or times. */
export function complaints(file: string, port: number): Promise<readonly string[]> {
  const filter = [
    '_ws.malformed',
    'tcp.analysis.flags',
    ...['ip', 'tcp', 'udp'].map((layer) => `${layer}.checksum.status == 0`),
    'frame.time_delta < 0',
    'tcp && data',
  ]
  return tshark(file, port, '-Y', filter.join(' || '))
}

/** The comments of the packets that have any, as tshark prints them. */
export function frameComments(file: string, port: number): Promise<readonly string[]> {
  return tshark(file, port, '-Y', 'frame.comment', '-T', 'fields', '-e', 'frame.comment')
}

/** How many messages of each id are sent to the port, and from it; keep-alives are not counted. */
export async function countMessages(
  file: string,
  port: number,
): Promise<{
  readonly to: Readonly<Record<string, number>>
  readonly from: Readonly<Record<string, number>>
}> {
  const fields = ['tcp.srcport', 'udp.srcport', 'bittorrent.msg.type'].flatMap((field) => ['-e', field])
  const counts: Record<'to' | 'from', Record<string, number>> = { to: {}, from: {} }
  // it guesses what is BitTorrent on other ports
  const filter = `bittorrent.msg.type && (tcp.port == ${port} || udp.port == ${port})`
  for (const line of await tshark(file, port, '-Y', filter, '-T', 'fields', ...fields)) {
    const [tcp = '', udp = '', ids = ''] = line.split('\t')
    const way = counts[Number(tcp || udp) === port ? 'from' : 'to']
    for (const id of ids.split(',')) way[id] = (way[id] ?? 0) + 1
  }
  return counts
}

/** The bytes of both sides of a TCP connection. */
export interface FollowedTcp {
  readonly initiator: Buffer
  readonly responder: Buffer
}

/** What tshark puts together of a TCP connection. @param index from 0, in the order in which they begin */
export async function followTcp(file: string, index: number): Promise<FollowedTcp> {
  const { stdout } = await run('tshark', ['-n', '-r', file, '-q', '-z', `follow,tcp,raw,${index}`], {
    maxBuffer: 2 ** 28,
  })
  const lines = stdout.split('\n').filter((line) => /^\t?[\da-f]+$/.test(line))
  const side = (isResponder: boolean) =>
    Buffer.from(
      lines
        .filter((line) => line.startsWith('\t') === isResponder)
        .map((line) => line.trim())
        .join(''),
      'hex',
    )
  return { initiator: side(false), responder: side(true) }
}
