import { expect } from 'vitest'
import { readFileSync } from 'node:fs'
import { decodeUtf8 } from '../../../src/base/bytes.ts'
import { readCapture } from '../../support/captures/capture-files.ts'
import { readTrace } from '../../support/captures/trace-file.ts'
import type { Row } from './row.ts'
import type { Places, World } from './world.ts'

/** The commands that talk to one peer, and what each needs besides the peer and the torrent. */
const COMMANDS = [
  { command: 'connect', needs: () => [] },
  {
    command: 'fetch-block',
    needs: ({ folder }: Places) => ['--piece', '0', '-o', `${folder}/block`, '--force'],
  },
  { command: 'fetch', needs: ({ folder }: Places) => ['-o', folder, '--pieces', '0'] },
  { command: 'metadata', needs: () => [] },
] as const

const REFUSED = { exitCode: 2, error: { code: 'E_USAGE' } }

/** The flags of a session, for every command that has one. */
export const SESSION_ROWS: readonly Row[] = COMMANDS.flatMap(({ command, needs }): readonly Row[] => {
  type Arguments = (places: Places) => readonly string[]
  const row = (title: string, own: Arguments, exitCode: number, check: Row['check']): Row => ({
    title: `${command}: ${title}`,
    argv: (places) => [command, ...own(places), ...needs(places)],
    exitCode,
    check,
  })
  /** Fails in time with this code. */
  const late = (flag: string, code: string, exitCode: number, own: Arguments): Row =>
    row(
      `${flag} is kept`,
      (places) => [...own(places), flag, '200ms', '--json'],
      exitCode,
      (ran) => expect(ran.document()).toMatchObject({ exitCode, error: { code } }),
    )
  return [
    row(
      'the source address, the peer id and the DHT bit are as given, and traced',
      ({ seeder, hash, folder }) => [
        ...[seeder, '-i', hash, '-4', '--source', '127.0.0.9'],
        ...['--peer-id', '-XX0000-', '--dht', '--trace', '-q'],
        ...['--trace-file', `${folder}/trace`, '--report', `${folder}/report.html`],
        ...['--capture', `${folder}/capture.pcapng`],
      ],
      // without the .torrent a block cannot be checked, and its file is written all the same
      0,
      ({ stdout, stderr }, world) => {
        expect(stdout).toHaveLength(0)
        expect(stderr).toMatch(/ from 127\.0\.0\.9:\d+ over tcp\n/)
        expect(stderr).toMatch(/→ handshake, extension-protocol dht fast /)
        expect(heard(world)).toMatchObject({ remote: '127.0.0.9', peerId: '-XX0000-', reserved: 5 })
        const trace = readTrace(readFileSync(`${world.places.folder}/trace`, 'utf8'))
        expect(trace.at(-1)).toMatchObject({ type: 'finished' })
        const page = readFileSync(`${world.places.folder}/report.html`, 'utf8')
        expect(page).toMatch(/<title>✓ [^]*we →[^]*← peer[^]*peerwire [^]*--peer-id -XX0000-/)
        // the connection, its messages and its end
        const packets = readCapture([readFileSync(`${world.places.folder}/capture.pcapng`)])
        expect(packets.length).toBeGreaterThan(6)
      },
    ),
    row(
      'a line, where the data is not on stdout',
      ({ seeder, hash }) => [seeder, '-i', hash, '--format', 'line'],
      0,
      ({ stdout }) => expect(stdout.toString()).toMatch(/^✓ 127\.0\.0\.1:\d+ {2}.+ {2}[\d.]+ m?s\n$/),
    ),
    row(
      'redacted: neither the address nor the hash is in the document, and it says so',
      ({ seeder, hash }) => [seeder, '-i', hash, '--redact', '--json'],
      0,
      (ran, { places }) => {
        expect(ran.document()).toMatchObject({ ok: true, target: { host: '192.0.2.1' } })
        expect(ran.document()).toHaveProperty('redacted')
        expect(ran.stdout.toString()).not.toMatch(new RegExp(`127\\.0\\.0\\.1|${places.hash}`))
        expect(ran.stderr).toMatch(/^peerwire: redacted: .*\n$/)
      },
    ),
    row(
      'a template in place of the report',
      ({ seeder, hash }) => [seeder, '-i', hash, '-w', '%{exitCode} %{target.input}\\n'],
      0,
      ({ stdout }, { places }) => expect(stdout.toString()).toBe(`0 ${places.seeder}\n`),
    ),
    row(
      'no fast extension and no extension protocol',
      ({ seeder, torrent }) => [seeder, '-t', torrent, '--no-fast', '--no-extensions', '--json'],
      command === 'metadata' ? 8 : 0,
      (ran, world) => {
        expect(heard(world).reserved).toBe(0)
        expect(ran.document()).toMatchObject({
          extensionHandshake: null,
          ...(command === 'metadata' ? {} : { availability: { source: 'bitfield' } }),
        })
      },
    ),
    row(
      'RC4 over uTP, and the text in colour with all details',
      ({ server, torrent }) => [
        ...[server, '-t', torrent, '--transport', 'utp', '--encryption', 'require'],
        ...['-v', '--color', 'always', '--ascii'],
      ],
      0,
      ({ stdout }) => {
        const page = stdout.toString()
        expect(page).toContain('\u001b[')
        expect(page).toMatch(/^[\0-\x7f]*$/)
        expect(page).toMatch(/uTP|utp/)
      },
    ),
    ...(['auto', undefined] as const).map((transport) =>
      row(
        `a peer that has only uTP is reached, --transport ${transport ?? 'by default'}`,
        ({ utpServer, torrent }) => [
          ...[utpServer, '-t', torrent, '--json'],
          ...(transport === undefined ? [] : ['--transport', transport]),
        ],
        0,
        (ran) =>
          expect(ran.document()).toMatchObject({
            session: { transport: 'utp', encryption: 'plaintext' },
            attempts: [
              { transport: 'tcp', outcome: 'refused' },
              { transport: 'utp', outcome: 'ok' },
            ],
          }),
      ),
    ),
    row(
      'a proxy with a login is given the name to resolve',
      ({ loginProxy, seederPort, torrent }) => [
        ...[
          `peer.invalid:${seederPort}`,
          '-t',
          torrent,
          '--proxy',
          `socks5://user:secret@${loginProxy}`,
          '--json',
        ],
      ],
      0,
      (ran, { proxies, places }) => {
        expect(ran.document()).toMatchObject({ ok: true, handshake: { infoHash: places.hash } })
        expect(proxies[1]?.requests.at(-1)).toBe(`peer.invalid:${places.seederPort}`)
      },
    ),
    row(
      'a hybrid torrent goes on in v2',
      ({ hybridServer, hybrid }) => [hybridServer, '-t', hybrid, '--v2', '--json'],
      0,
      (ran) => {
        const { handshake, torrent } = ran.document() as Hashes
        expect(handshake.infoHash).toBe(torrent.infoHashV2.slice(0, 40))
      },
    ),
    row(
      'IPv6 only, and an address of IPv4',
      ({ seeder, torrent }) => [seeder, '-t', torrent, '-6', '--json'],
      2,
      (ran) => expect(ran.document()).toMatchObject(REFUSED),
    ),
    row(
      'IPv4 only, and an address of IPv6',
      ({ seederV6, torrent }) => [seederV6, '-t', torrent, '-4', '--json'],
      2,
      (ran) => expect(ran.document()).toMatchObject(REFUSED),
    ),
    row(
      'an expectation that does not hold',
      ({ seeder, torrent }) => [
        seeder,
        '-t',
        torrent,
        '--expect',
        'handshake.peerId.client=Vuze',
        '--no-color',
      ],
      1,
      ({ stderr, stdout }) => expect(`${stdout.toString()}${stderr}`).toContain('handshake.peerId.client'),
    ),
    late('--connect-timeout', 'E_CONNECT_TIMEOUT', 3, ({ filtered, torrent }) => [filtered, '-t', torrent]),
    late('--handshake-timeout', 'E_HANDSHAKE_TIMEOUT', 4, ({ silent, torrent }) => [
      ...[silent, '-t', torrent, '--encryption', 'off'],
    ]),
    late('--timeout', 'E_TIMEOUT', 6, ({ silent, torrent }) => [silent, '-t', torrent]),
    command === 'metadata'
      ? row(
          '--unchoke-timeout is taken, and nothing waits for an unchoke',
          ({ choking, hash }) => [choking, '-i', hash, '--unchoke-timeout', '1ms', '--json'],
          0,
          (ran) => expect(ran.document()).toMatchObject({ ok: true }),
        )
      : late('--unchoke-timeout', 'E_UNCHOKE_TIMEOUT', 6, ({ choking, torrent }) => [
          ...[choking, '-t', torrent, ...(command === 'connect' ? ['--interested'] : [])],
        ]),
  ]
})

interface Hashes {
  readonly handshake: { readonly infoHash: string }
  readonly torrent: { readonly infoHashV2: string }
}

/** What the seeder saw of the client of this row. */
function heard({ seen }: World): {
  readonly remote: string | undefined
  readonly peerId: string | undefined
  /** The last byte of the reserved bits: 4 for the fast extension, 1 for DHT. */
  readonly reserved: number | undefined
} {
  const connected = seen.find((event) => event.type === 'connected')
  const received = seen.find((event) => event.type === 'session' && event.event.type === 'handshake-received')
  const handshake =
    received?.type === 'session' && received.event.type === 'handshake-received'
      ? received.event.handshake
      : undefined
  return {
    remote: connected?.transport.remote.address,
    peerId: handshake === undefined ? undefined : decodeUtf8(handshake.peerId.subarray(0, 8)),
    reserved: handshake?.reserved[7],
  }
}
