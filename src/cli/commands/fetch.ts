import { PeerError } from '../../base/errors.ts'
import { fetch } from '../../report/model/fetch.ts'
import { BLOCK_TIMEOUT_MS } from '../../run/defaults.ts'
import { defaultFlag, optionalFlag } from '../command/flag.ts'
import { chosenFormat } from '../command/formats.ts'
import { defineCommand } from '../command/row.ts'
import {
  readExpectations,
  SESSION_FLAGS,
  SESSION_WORDS,
  sessionOptions,
  totalTimeout,
} from '../flags/session.ts'
import { FOLDER, PIECES, SAMPLE, TIMEOUT } from '../flags/types.ts'
import { usage } from '../options.ts'
import { progressPrinter } from '../progress.ts'
import { onSession } from '../wiring.ts'

export const command = defineCommand({
  description:
    'Fetch pieces from one peer, each verified as it comes, into their places below a folder. Run again, it goes on where it stopped: what is there is hashed, not trusted.',
  words: SESSION_WORDS,
  flags: {
    output: optionalFlag(FOLDER, 'fetch', 'the folder for the files of the torrent', {
      short: 'o',
      required: {
        missing: 'the folder is missing',
        hint: 'use -o and a folder, or --sample to keep nothing',
        unless: 'sample',
      },
    }),
    pieces: optionalFlag(PIECES, 'fetch', 'these pieces only, such as 0-9,17'),
    sample: optionalFlag(SAMPLE, 'fetch', 'this many pieces, chosen at random of those it claims', {
      details: 'Shows how many of them it serves. Without `-o` nothing is kept.',
    }),
    blockTimeout: defaultFlag(
      TIMEOUT,
      'limits',
      'for the next block while requests are outstanding',
      BLOCK_TIMEOUT_MS,
      { details: 'At half of it the requests are sent again.' },
    ),
    ...SESSION_FLAGS,
    timeout: totalTimeout(Number.POSITIVE_INFINITY),
  },
  examples: [
    'fetch 192.0.2.7:6881 -t x.torrent -o downloads',
    'fetch 192.0.2.7:6881 -t x.torrent --pieces 0-9,17 -o downloads',
    "fetch 192.0.2.7:6881 -i 'magnet:?xt=urn:btih:...' --sample 20",
  ],
  page: ['Fetching', 'fetching.md#fetch'],
  document: fetch,
  check: readExpectations,
  options: async (words, flags, env) => {
    const { output, pieces, sample, blockTimeout } = flags
    if (output === '-') throw usage('files cannot go to stdout', 'use -o and a folder')
    if (output === '')
      throw usage('the folder is missing', 'use -o and a folder, or --sample to keep nothing')
    const session = await sessionOptions(words, flags, env)
    if (output !== undefined && (await env.fileSize(output)) !== undefined) {
      throw new PeerError('E_FILE_EXISTS', `${output} is a file`, { hint: 'use -o and a folder' })
    }
    return {
      ...session,
      output,
      pieces,
      sample,
      blockTimeoutMs: blockTimeout,
    }
  },
  live: (flags, env) => {
    const isShown = flags.quiet === 0 && chosenFormat(flags) === undefined
    const printer = isShown ? progressPrinter(flags, env) : undefined
    return { options: { progress: printer?.show }, end: () => printer?.end() }
  },
  useCase: onSession(async () => (await import('../../run/fetch/fetch.ts')).fetch),
  text: async () => (await import('../../report/text/fetch.ts')).renderFetchText,
})
