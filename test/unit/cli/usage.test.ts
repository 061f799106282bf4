import { describe, expect, test } from 'vitest'
import { runPeerwire, unfolded } from '../../support/processes/cli.ts'

const HASH = '0123456789abcdef0123456789abcdef01234567'
const PEER = '127.0.0.1:6881'
const CONNECT = ['connect', PEER, '-i', HASH]
const FETCH = ['fetch-block', PEER, '-i', HASH]
const FILES = { 'page.torrent': new TextEncoder().encode('<html>') }

/** One row a mistake: what was typed, and the one line that says what to type. */
const MISTAKES: readonly (readonly [argv: readonly string[], line: string, exitCode?: number])[] = [
  [
    ['fetch', PEER, '-i', HASH],
    'peerwire fetch: the folder is missing; use -o and a folder, or --sample to keep nothing',
  ],
  [['fetch', PEER, '-i', HASH, '-o', '-'], 'peerwire fetch: files cannot go to stdout; use -o and a folder'],
  ...['', 'x', '3-1', '1-', '-1', '1,,2', '0-4294967296'].map(
    (list) =>
      [
        ['fetch', PEER, '-i', HASH, '-o', 'd', `--pieces=${list}`],
        `peerwire fetch: "${list}" are not pieces; use indexes and ranges, such as 0-9,17`,
      ] as const,
  ),
  [
    ['fetch', PEER, '-i', HASH, '--sample', '0'],
    'peerwire fetch: "0" is not a number of pieces; use the number of pieces to try, such as 20',
  ],
  [
    ['metadata', PEER, '-i', HASH, '-o', ''],
    'peerwire metadata: the output is empty; use -o and a file, or leave it out',
  ],
  [['connct'], 'peerwire: "connct" is not a command; did you mean connect?'],
  [['frobnicate'], 'peerwire: "frobnicate" is not a command; peerwire --help lists the commands'],
  [[PEER], `peerwire: "${PEER}" is not a command; use peerwire reach ${PEER}`],
  [['[::1]:6881'], 'peerwire: "[::1]:6881" is not a command; use peerwire reach [::1]:6881'],
  [
    ['magnet:?xt=urn:btih:x&tr=http://t/passkey'],
    'peerwire: "magnet:" is not a command; use peerwire connect HOST:PORT -i and the hash or magnet link',
  ],
  [
    ['connect', '-i', HASH],
    'peerwire connect: the peer is missing; use HOST:PORT after the command, or a magnet link that has x.pe',
  ],
  [
    ['connect', PEER],
    'peerwire connect: the torrent is missing; use -i with its hash or magnet link, or -t FILE.torrent (reach needs neither)',
  ],
  [
    ['connect', '127.0.0.1', '-i', HASH],
    'peerwire connect: 127.0.0.1 has no port; use 127.0.0.1:6881 (there is no default)',
  ],
  [
    ['connect', 'seed.example:', '-i', HASH],
    'peerwire connect: seed.example: has no port; use seed.example:6881 (there is no default)',
  ],
  [
    ['connect', 'seed.example:0', '-i', HASH],
    'peerwire connect: seed.example:0 has no valid port; use a number from 1 to 65535, as in seed.example:6881',
  ],
  [
    ['connect', 'seed.example:65536', '-i', HASH],
    'peerwire connect: seed.example:65536 has no valid port; use a number from 1 to 65535, as in seed.example:6881',
  ],
  [
    ['connect', 'seed.example:http', '-i', HASH],
    'peerwire connect: seed.example:http has no valid port; use a number from 1 to 65535, as in seed.example:6881',
  ],
  [
    ['connect', '2001:db8::1', '-i', HASH],
    'peerwire connect: 2001:db8::1 has no port; use [2001:db8::1]:6881',
  ],
  [
    ['connect', '1:2:3:4:5:6:7:8:6881', '-i', HASH],
    'peerwire connect: 1:2:3:4:5:6:7:8:6881 has an IPv6 address without brackets; use [1:2:3:4:5:6:7:8]:6881',
  ],
  [
    ['connect', '[2001:db8::1]', '-i', HASH],
    'peerwire connect: [2001:db8::1] has no port; use [2001:db8::1]:6881 (there is no default)',
  ],
  [
    ['connect', '[fe80::1]:6881', '-i', HASH],
    'peerwire connect: [fe80::1]:6881 is a link-local address without its interface; use [fe80::1%eth0]:6881',
  ],
  [
    ['connect', '[seed.example]:1', '-i', HASH],
    'peerwire connect: [seed.example]:1 has no IPv6 address in its brackets; use [2001:db8::1]:6881',
  ],
  [
    ['connect', '999.1.1.1:6881', '-i', HASH],
    'peerwire connect: 999.1.1.1:6881 has no valid IPv4 address; use four numbers from 0 to 255, as in 192.0.2.7:6881',
  ],
  [
    ['connect', ':6881', '-i', HASH],
    'peerwire connect: :6881 has no host; use HOST:PORT, such as 192.0.2.7:6881',
  ],
  [
    ['connect', '\u001b[2Jx:1', '-i', HASH],
    'peerwire connect: \\x1b[2Jx:1 is not a host and port; use HOST:PORT, such as 192.0.2.7:6881',
  ],
  [
    ['connect', 'http://seed.example:80/x?passkey=1', '-i', HASH],
    'peerwire connect: the peer is a URL; use seed.example:80',
  ],
  [['connect', 'magnet:?xt=urn:btih:x'], 'peerwire connect: the info hash has 1 character, not 32 or 40; '],
  [
    ['connect', HASH],
    'peerwire connect: the peer is missing; use HOST:PORT after the command, or a magnet link that has x.pe',
  ],
  [
    ['connect', PEER, 'other:1', '-i', HASH],
    `peerwire connect: two peers, ${PEER} and "other:1"; use one peer, or peerwire scan`,
  ],
  [
    ['demo', PEER],
    'peerwire demo: too many arguments: 0 expected, 1 given; use peerwire demo alone, with flags only',
  ],
  [['explain', '4', '5'], 'peerwire explain: nothing is known of "4 5"; '],
  [['explain', ''], 'peerwire explain: nothing is known of ""; use peerwire explain to list everything'],
  [['explain', 'exit', '4', '5'], 'peerwire explain: more than one word; use one word at a time'],
  [['--verion'], 'peerwire: unknown option "--verion"; did you mean --version?'],
  [
    ['connect', PEER, '-i', 'abc'],
    'peerwire connect: the info hash has 3 hex digits, not 40, 64 or 68; use 40 hex or 32 base32 characters',
  ],
  [
    ['connect', PEER, '-i', HASH, '-t', 'x.torrent'],
    'peerwire connect: the torrent is given twice; use --info-hash or --torrent, not both',
  ],
  [['connect', PEER, '-t', 'page.torrent'], 'peerwire connect: '],
  [
    ['connect', PEER, '-t', 'none.torrent'],
    'peerwire connect: cannot read none.torrent: there is no such file',
    9,
  ],
  [[...CONNECT, '--intrested'], 'peerwire connect: unknown option --intrested; did you mean --interested?'],
  [
    [...CONNECT, '--xyzzy'],
    'peerwire connect: unknown option --xyzzy; --help after the command lists its flags',
  ],
  [
    [...CONNECT, '--encryption', 'on'],
    'peerwire connect: "on" is not a choice for --encryption; use auto, off, prefer or require',
  ],
  [
    [...CONNECT, '--transport', 'quic'],
    'peerwire connect: "quic" is not a choice for --transport; use auto, tcp or utp',
  ],
  [
    [...CONNECT, '--transport', 'utp', '--proxy', 'socks5://127.0.0.1:1080'],
    'peerwire connect: uTP does not go through a SOCKS5 proxy; use --transport tcp with --proxy',
  ],
  [
    ['connect', 'peer.invalid:6881', '-i', HASH, '-6', '--proxy', 'socks5://127.0.0.1:1080'],
    'peerwire connect: -6 cannot be kept: the proxy resolves peer.invalid; leave out -6, or use an address in place of the name',
  ],
  [[...CONNECT, '--v2'], 'peerwire connect: --v2 needs a torrent that is known to have a v2 info hash; '],
  ...[
    'http://user:secret@127.0.0.1:1080',
    'socks5://user:secret@127.0.0.1',
    'socks5://user:secret@127.0.0.1:1080/x',
    'socks5://user:%ff@127.0.0.1:1080',
    `socks5://user:${'x'.repeat(256)}@127.0.0.1:1080`,
    'user:secret@127.0.0.1:1080',
  ].map((proxy): [string[], string] => [
    [...CONNECT, '--proxy', proxy],
    'peerwire connect: the value of --proxy is not a SOCKS5 proxy; use socks5://host:port or socks5://user:pass@host:port',
  ]),
  [
    ['connect', PEER, '-i'],
    'peerwire connect: option -i, --info-hash <hash> lacks its value; use a value after the flag',
  ],
  [
    [...CONNECT, '--wait', 'soon'],
    'peerwire connect: "soon" is not a duration; use 500ms, 5s, 2m, or seconds, at most 24 hours',
  ],
  [
    [...CONNECT, '--wait', '-1s'],
    'peerwire connect: "-1s" is not a duration; use 500ms, 5s, 2m, or seconds, at most 24 hours',
  ],
  [
    [...CONNECT, '--wait', '25h'],
    'peerwire connect: "25h" is not a duration; use 500ms, 5s, 2m, or seconds, at most 24 hours',
  ],
  [
    [...CONNECT, '--wait', '1441m'],
    'peerwire connect: "1441m" is not a duration; use 500ms, 5s, 2m, or seconds, at most 24 hours',
  ],
  [
    [...CONNECT, '--connect-timeout', '0'],
    'peerwire connect: a time-out of 0 leaves no time at all; use a longer one, such as 5s',
  ],
  [
    [...CONNECT, '--color', 'blue'],
    'peerwire connect: "blue" is not a choice for --color; use auto, always or never',
  ],
  [
    [...CONNECT, '--peer-id', 'short'],
    'peerwire connect: "short" is not a peer id: it has 5 bytes; use 20 bytes, 40 hex digits, or a prefix such as -XX0000-',
  ],
  [
    [...CONNECT, '--source', 'eth0'],
    'peerwire connect: eth0 is not an IP address; use an address of this machine, such as 192.168.1.5',
  ],
  [[...CONNECT, '-4', '-6'], 'peerwire connect: -4 and -6 leave no address; use one of them, or neither'],
  [[...CONNECT, '-6'], `peerwire connect: ${PEER} is an IPv4 address; leave out -6`],
  [
    [...CONNECT, '--expect', 'availability.precent=1'],
    'peerwire connect: no document has "availability.precent"; did you mean "availability.percent"? use PATH OPERATOR VALUE',
  ],
  [[...CONNECT, '--expect', 'block.bytes=1'], 'peerwire connect: no document has "block"; '],
  [
    [...FETCH, '-o', 'x'],
    'peerwire fetch-block: the piece is missing; use --piece and its index, such as --piece 0',
  ],
  [
    [...FETCH, '--piece', '0'],
    'peerwire fetch-block: the output is missing; use -o and a file, or -o - for stdout',
  ],
  [
    [...FETCH, '--piece', '-1', '-o', 'x'],
    'peerwire fetch-block: "-1" is not a piece; use its index: 0, 1, 2 and so on',
  ],
  [
    [...FETCH, '--piece', '4294967296', '-o', 'x'],
    'peerwire fetch-block: "4294967296" is not a piece; use its index: 0, 1, 2 and so on',
  ],
  [
    [...FETCH, '--piece', '0', '--length', '16k', '-o', 'x'],
    'peerwire fetch-block: "16k" could be a multiple of 1000 or of 1024; use 16KiB, which is 16384 bytes',
  ],
  [
    [...FETCH, '--piece', '0', '--length', '0', '-o', 'x'],
    'peerwire fetch-block: a length of 0 is nothing to fetch; use 1 or more, such as 16KiB',
  ],
  [
    [...FETCH, '--piece', '0', '--repeat', '0', '-o', 'x'],
    'peerwire fetch-block: "0" is not a number of times; use a number from 1 to 10000',
  ],
  // what people type
  [[HASH, PEER], `peerwire: "${HASH}" is not a command; use peerwire connect ${HASH} ${PEER}`],
  [['x.torrent'], 'peerwire: "x.torrent" is not a command; use peerwire connect HOST:PORT -t and the file'],
  [
    ['connect', '::1:7102', '-i', HASH],
    'peerwire connect: ::1:7102 needs brackets around its address; use [::1]:7102',
  ],
  [['connect', '6881', '-i', HASH], 'peerwire connect: 6881 is a port without a host; use 127.0.0.1:6881'],
  [
    ['connect', '10.0.0.7,6881', '-i', HASH],
    'peerwire connect: 10.0.0.7,6881 is not HOST:PORT; use 10.0.0.7:6881',
  ],
  [
    ['connect', '10.0.0.7:6881/', '-i', HASH],
    'peerwire connect: 10.0.0.7:6881/ is not HOST:PORT; use 10.0.0.7:6881',
  ],
  [['connect', PEER, HASH, '-i', HASH], 'peerwire connect: the torrent is given twice; use '],
  [['connect', PEER, HASH, 'x.torrent'], 'peerwire connect: the torrent is given twice; use one of them'],
  [['connect', PEER, '-t', HASH], `peerwire connect: -t is given an info hash; use -i ${HASH}`],
  [
    ['connect', PEER, '-t', `magnet:?xt=urn:btih:${HASH}`],
    'peerwire connect: -t is given a magnet link; use -i ',
  ],
  [
    ['connect', PEER, '-t', 'https://example.org/x.torrent'],
    'peerwire connect: -t is given a web address; download the file first, and use -t with its path',
  ],
  [
    ['connect', PEER, '-i', 'a/x.torrent'],
    'peerwire connect: a/x.torrent is a file, not an info hash; use -t a/x.torrent',
  ],
  [
    [...FETCH, '0', '-o', 'x', '--piece', '0'],
    'peerwire fetch-block: "0" is one word too many; use --piece for the index',
  ],
  [
    ['metadata', PEER, 'out', '-i', HASH],
    'peerwire metadata: "out" is one word too many; use -o for where to write',
  ],
  [[...CONNECT, '-infohash', HASH], 'peerwire connect: -infohash has one dash; use --info-hash'],
  [[...CONNECT, '-json'], 'peerwire connect: -json has one dash; use --json'],
  [[...CONNECT, '--json=true'], 'peerwire connect: --json takes no value; use --json'],
  [
    [...CONNECT, '--no-trace'],
    'peerwire connect: unknown option --no-trace; leave it out: --trace is off by default',
  ],
  [
    ['reach', PEER, '-i', HASH],
    'peerwire reach: unknown option -i; no torrent is needed here; peerwire connect takes one',
  ],
  [[...CONNECT, '-w', '%{client} %{target'], 'peerwire connect: "%{target" is not closed; write %{PATH}'],
  [['-v', 'conect', 'a:1'], 'peerwire: no command before "-v"; use peerwire connect -v a:1'],
  [[...CONNECT, '--utp'], 'peerwire connect: unknown option --utp; use --transport utp'],
  [[...CONNECT, '--socks5'], 'peerwire connect: unknown option --socks5; use --proxy socks5://host:port'],
  [[...CONNECT, '--no-encryption'], 'peerwire connect: unknown option --no-encryption; use --encryption off'],
  [[...FETCH, '-p', '0'], 'peerwire fetch-block: unknown option -p; use --piece with the index of the piece'],
  [
    [...CONNECT, '--source', '--trace'],
    'peerwire connect: --source lacks its value: the flag --trace follows; use a value after the flag',
  ],
  [
    ['fetch', PEER, '-i', HASH, '-o', 'd', '--pieces', 'all'],
    'peerwire fetch: --pieces takes indexes; leave it out for all pieces',
  ],
  [
    ['explain', 'E_HANDSHAKE'],
    'peerwire explain: nothing is known of "E_HANDSHAKE"; did you mean E_HANDSHAKE_CLOSED, ',
  ],
  [
    ['explain', 'bitfeild-spare-bits'],
    'peerwire explain: nothing is known of "bitfeild-spare-bits"; did you mean bitfield-spare-bits?',
  ],
  [
    ['explain', 'E_HANDSHAKE_CLOSE'],
    'peerwire explain: nothing is known of "E_HANDSHAKE_CLOSE"; did you mean E_HANDSHAKE_CLOSED?',
  ],
  [['explain', '--jsno'], 'peerwire explain: unknown option --jsno; did you mean --json?'],
  [
    ['explain', 'qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq'],
    'peerwire explain: nothing is known of "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq"; use peerwire explain to list everything',
  ],
]

describe.each(MISTAKES.map(([argv, line, exitCode = 2]) => ({ argv, line, exitCode })))(
  '$argv',
  ({ argv, line, exitCode }) => {
    test('is answered in a line of 80 columns, or a folded one, that says what to type', async () => {
      const run = await runPeerwire(argv, { files: FILES })
      expect(run).toMatchObject({ exitCode, stdout: '', connect: undefined, fetchBlock: undefined })
      expect(run.stderr).toMatch(/^[^\n]{1,80}\n( {2}[^\n]{1,78}\n)*$/)
      expect(unfolded(run.stderr)).toContain(line)
    })

    test('is a document with --json', async () => {
      const run = await runPeerwire([...argv, '--json'], { files: FILES })
      expect(run).toMatchObject({ exitCode, stderr: '' })
      const document = JSON.parse(run.stdout) as { schema: string }
      expect(document).toMatchObject({
        ok: false,
        exitCode,
        error: { code: expect.stringMatching(/^E_/) as string },
      })
      const known =
        ['connect', 'fetch-block', 'fetch', 'metadata', 'demo', 'reach', 'explain'].find(
          (name) => name === argv[0],
        ) ?? 'error'
      expect(document.schema).toBe(`peerwire.${known}/1`)
    })

    test('is not silenced by -q', async () => {
      const isUsage = exitCode === 2
      const reason = isUsage ? /^peerwire/ : /^peerwire: .* \(exit \d\)\n$/
      const quiet = await runPeerwire([...argv, '-q'], { files: FILES })
      expect(quiet).toMatchObject({ exitCode, stdout: '' })
      expect(quiet.stderr).toMatch(reason)
      const silent = await runPeerwire([...argv, '-qq'], { files: FILES })
      expect(silent.stderr).toMatch(isUsage ? reason : /^$/)
    })
  },
)

test('metadata cannot send two things to stdout either', async () => {
  const run = await runPeerwire(['metadata', PEER, '-i', HASH, '-o', '-', '--json'])
  expect(run).toMatchObject({ exitCode: 2, metadata: undefined })
  expect(JSON.parse(run.stdout)).toMatchObject({ schema: 'peerwire.metadata/1', metadata: null })
})

test('--json and -o - cannot both have stdout', async () => {
  const run = await runPeerwire([...FETCH, '--piece', '0', '-o', '-', '--json'])
  expect(run).toMatchObject({ exitCode: 2, fetchBlock: undefined })
  expect(JSON.parse(run.stdout)).toMatchObject({
    error: { message: '--json and -o - both want stdout' },
    block: null,
  })
})
