import { fetchBlock } from '../../report/model/fetch-block.ts'
import { FETCH_BLOCK_DEFAULTS } from '../../run/defaults.ts'
import { defaultFlag, requiredFlag, switchFlag } from '../command/flag.ts'
import { defineCommand } from '../command/row.ts'
import { readExpectations, SESSION_FLAGS, SESSION_WORDS, sessionOptions } from '../flags/session.ts'
import { FILE, LENGTH, PIECE, REPEAT, SIZE } from '../flags/types.ts'
import { onSession } from '../wiring.ts'

export const command = defineCommand({
  description: 'Fetch bytes of one piece from one peer, time the answers, and write the bytes to a file.',
  words: SESSION_WORDS,
  flags: {
    piece: requiredFlag(PIECE, 'fetch', 'the piece, counted from 0', {
      required: {
        missing: 'the piece is missing',
        hint: 'use --piece and its index, such as --piece 0',
      },
    }),
    offset: defaultFlag(SIZE, 'fetch', 'first byte within the piece', FETCH_BLOCK_DEFAULTS.offset),
    length: defaultFlag(LENGTH, 'fetch', 'how many bytes', FETCH_BLOCK_DEFAULTS.length),
    output: requiredFlag(FILE, 'fetch', 'a new file, or - for stdout', {
      short: 'o',
      details: 'With `-` the report goes to stderr. The file appears under its name when it is whole.',
      required: {
        missing: 'the output is missing',
        hint: 'use -o and a file, or -o - for stdout',
      },
    }),
    force: switchFlag('fetch', 'replace the file if it exists'),
    verify: switchFlag('fetch', 'fetch what is needed to prove the bytes against the torrent'),
    metadata: switchFlag('fetch', 'fetch the metadata from the peer first if there is no .torrent'),
    repeat: defaultFlag(
      REPEAT,
      'fetch',
      'fetch the bytes this many times, to measure latency',
      FETCH_BLOCK_DEFAULTS.repeat,
    ),
    ...SESSION_FLAGS,
  },
  examples: [
    'fetch-block 192.0.2.7:6881 -t x.torrent --piece 0 -o b.bin --verify',
    'fetch-block 192.0.2.7:6881 -t x.torrent --piece 3 -o - | sha1sum',
    'fetch-block 192.0.2.7:6881 -i HASH --metadata --piece 3 -o b --verify',
    'fetch-block [2001:db8::1]:6881 -t x.torrent --piece 0 --offset 16KiB --length 1MiB -o b.bin --repeat 20',
  ],
  page: ['Fetching', 'fetching.md#fetch-block'],
  document: fetchBlock,
  check: readExpectations,
  options: async (words, flags, env) => {
    const { piece, output, offset, length, repeat, force, verify, metadata } = flags
    const session = await sessionOptions(words, flags, env)
    return { ...session, piece, offset, length, output, repeat, force, verify, metadata }
  },
  useCase: onSession(async () => (await import('../../run/fetch-block/fetch-block.ts')).fetchBlock),
  text: async () => (await import('../../report/text/fetch-block.ts')).renderFetchBlockText,
  dataOnStdout: ({ output }) => output === '-',
})
