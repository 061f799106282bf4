import type { Places } from './world.ts'

/** A command line whose screen is kept. */
export interface Scene {
  readonly name: string
  readonly argv: (places: Places) => readonly string[]
  /** Rows of a terminal of 80 columns that it may take. */
  readonly maxRows?: number
}

const T = ['-t', 'content.torrent']

export const SCENES: readonly Scene[] = [
  { name: 'connect', argv: ({ healthy }) => ['connect', healthy, ...T], maxRows: 23 },
  { name: 'connect-findings', argv: ({ findings }) => ['connect', findings, ...T], maxRows: 12 },
  {
    name: 'connect-choked',
    argv: ({ choking }) => ['connect', choking, ...T, '--interested', '--unchoke-timeout', '900ms'],
    maxRows: 12,
  },
  { name: 'connect-refused', argv: ({ refused }) => ['connect', refused, ...T], maxRows: 12 },
  {
    name: 'connect-silent',
    argv: ({ silent }) => ['connect', silent, ...T, '--handshake-timeout', '100ms'],
    maxRows: 12,
  },
  { name: 'connect-http', argv: ({ http }) => ['connect', http, ...T], maxRows: 12 },
  { name: 'connect-closed', argv: ({ closing }) => ['connect', closing, ...T], maxRows: 12 },
  {
    name: 'connect-expect',
    argv: ({ healthy }) => ['connect', healthy, ...T, '--expect', 'availability.percent<100'],
    maxRows: 12,
  },
  {
    name: 'fetch-block',
    argv: ({ healthy }) => ['fetch-block', healthy, ...T, '--piece', '3', '-o', 'block', '--verify'],
    maxRows: 23,
  },
  {
    name: 'fetch-block-rejected',
    argv: ({ rejecting }) => ['fetch-block', rejecting, ...T, '--piece', '3', '-o', 'block'],
    maxRows: 12,
  },
  { name: 'fetch', argv: ({ healthy }) => ['fetch', healthy, ...T, '-o', 'files'], maxRows: 23 },
  { name: 'fetch-corrupt', argv: ({ corrupt }) => ['fetch', corrupt, ...T, '-o', 'files'], maxRows: 12 },
  { name: 'metadata', argv: ({ healthy }) => ['metadata', healthy, '-i', 'HASH'], maxRows: 23 },
  { name: 'metadata-rejected', argv: ({ rejecting }) => ['metadata', rejecting, '-i', 'HASH'], maxRows: 12 },
  { name: 'why', argv: ({ healthy }) => ['why', healthy, ...T], maxRows: 23 },
  { name: 'why-refused', argv: ({ refused }) => ['why', refused, ...T], maxRows: 23 },
  { name: 'reach', argv: ({ healthy }) => ['reach', healthy], maxRows: 12 },
  { name: 'reach-refused', argv: ({ refused }) => ['reach', refused], maxRows: 12 },
  {
    name: 'scan',
    argv: () => ['scan', '../peers.txt', ...T, '--handshake-timeout', '3s', '--concurrency', '1'],
    maxRows: 23,
  },
  { name: 'serve-unreadable', argv: () => ['serve', ...T, '--data', 'missing', '--listen', '127.0.0.1:0'] },
  { name: 'demo', argv: () => ['demo'], maxRows: 23 },
  { name: 'explain', argv: () => ['explain', 'bitfield-spare-bits'] },
  { name: 'decode', argv: () => ['decode', '../session.pcapng'], maxRows: 23 },
  { name: 'decode-unreadable', argv: () => ['decode', 'missing.pcapng'] },
  { name: 'help', argv: () => ['--help'] },
  { name: 'help-connect', argv: () => ['connect', '--help'] },
  { name: 'usage', argv: () => ['connect', '127.0.0.1', ...T] },
]
