import { metadata } from '../../report/model/metadata.ts'
import { optionalFlag, switchFlag } from '../command/flag.ts'
import { defineCommand } from '../command/row.ts'
import { readExpectations, SESSION_FLAGS, SESSION_WORDS, sessionOptions } from '../flags/session.ts'
import { FILE } from '../flags/types.ts'
import { usage } from '../options.ts'
import { onSession } from '../wiring.ts'

export const command = defineCommand({
  description: 'Fetch the info dictionary from one peer, check it against the hash, and show what is in it.',
  words: SESSION_WORDS,
  flags: {
    output: optionalFlag(FILE, 'fetch', 'write a .torrent to a new file, or - for stdout', {
      short: 'o',
      details: 'With `-` the report goes to stderr.',
    }),
    force: switchFlag('fetch', 'replace the file if it exists'),
    ...SESSION_FLAGS,
  },
  examples: [
    'metadata 192.0.2.7:6881 -i 0123456789abcdef0123456789abcdef01234567',
    "metadata 192.0.2.7:6881 -i 'magnet:?xt=urn:btih:...' -o x.torrent",
  ],
  page: ['Fetching', 'fetching.md#metadata'],
  document: metadata,
  check: readExpectations,
  options: async (words, flags, env) => {
    const { output, force } = flags
    if (output === '') throw usage('the output is empty', 'use -o and a file, or leave it out')
    return { ...(await sessionOptions(words, flags, env)), output, force }
  },
  useCase: onSession(async () => (await import('../../run/metadata/metadata.ts')).metadata),
  text: async () => (await import('../../report/text/metadata.ts')).renderMetadataText,
  dataOnStdout: ({ output }) => output === '-',
})
