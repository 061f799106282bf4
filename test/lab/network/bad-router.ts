import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { PYTHON } from '../../peers/clients/libtorrent.ts'
import { startUntilOutput } from '../set/process.ts'
import type { RoutedNetwork } from './routed.ts'

/** What a router does with every packet, in both directions. */
export interface Treatment {
  /** Share of the packets that is lost. */
  readonly loss?: number
  readonly delayMs?: number
  /** At most so much is added to each delay, so that packets overtake each other. */
  readonly jitterMs?: number
  /** How often each packet is delivered. */
  readonly copies?: number
  /** Larger packets are lost, without a word. In bytes, with the IP header. */
  readonly largest?: number
  readonly dropsTcp?: boolean
  /** Loses what contains the beginning of a plaintext handshake, over TCP and uTP. */
  readonly dropsPlaintext?: boolean
  /** Of UDP only SYN and STATE of uTP pass. */
  readonly dropsUtpData?: boolean
  readonly dropsFirstSyn?: boolean
  /** A new TCP connection passes only so long after the last one; the SYN of others are lost. */
  readonly secondsPerConnection?: number
}

const SCRIPT = fileURLToPath(new URL('bad_router.py', import.meta.url))
const DEVICE = 'bad'
const TABLE = '100'

/** Has the router lead everything through such a treatment. Needs /dev/net/tun. */
export async function startBadRouter(
  { on, ip }: RoutedNetwork,
  treatment: Treatment,
): Promise<{ stop(): Promise<void> }> {
  const [program = '', ...within] = on('router')
  const python = [program, ...within, PYTHON, SCRIPT, JSON.stringify({ ...treatment, device: DEVICE })]
  const running = await startUntilOutput(python, 'ready')
  try {
    for (const place of ['all', DEVICE])
      await promisify(execFile)(program, [...within, 'sysctl', '-qw', `net.ipv4.conf.${place}.rp_filter=0`])
    await ip('router', 'link', 'set', DEVICE, 'up')
    await ip('router', 'route', 'add', 'default', 'dev', DEVICE, 'table', TABLE)
    for (const from of ['to-ours', 'to-peer'])
      await ip('router', 'rule', 'add', 'pref', '20', 'iif', from, 'lookup', TABLE)
    return running
  } catch (error) {
    await running.stop()
    throw error
  }
}

/** A queue in front of the link to our machine, which sends so many bytes a second. */
export async function narrowLink({ on }: RoutedNetwork, bytesPerSecond: number): Promise<void> {
  const [program = '', ...within] = on('router')
  const bucket = ['tbf', 'rate', `${bytesPerSecond * 8}bit`, 'burst', '1600', 'limit', '200000']
  await promisify(execFile)(program, [...within, 'tc', 'qdisc', 'add', 'dev', 'to-ours', 'root', ...bucket])
}
