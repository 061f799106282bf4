import { connect } from '../../report/model/connect.ts'
import { switchFlag } from '../command/flag.ts'
import { defineCommand } from '../command/row.ts'
import { LISTEN_FLAGS, listenOptions } from '../flags/listen.ts'
import { readExpectations, SESSION_FLAGS, SESSION_WORDS, sessionOptions } from '../flags/session.ts'
import { onSession } from '../wiring.ts'

export const command = defineCommand({
  description: 'Connect to one peer, listen, and report who it is and what it claims to have.',
  words: SESSION_WORDS,
  flags: {
    ...LISTEN_FLAGS,
    bitfield: switchFlag('output', 'also print which pieces it has, as ranges'),
    ...SESSION_FLAGS,
  },
  examples: [
    'connect 192.0.2.7:6881 -t debian.torrent',
    'connect seed.example:6881 -i 0123456789abcdef0123456789abcdef01234567',
    "connect [2001:db8::1]:6881 -i 'magnet:?xt=urn:btih:...' --interested",
    "connect 192.0.2.7:6881 -t x.torrent -q --expect 'exitCode=4'",
  ],
  page: ['Sessions', 'sessions.md'],
  document: connect,
  check: readExpectations,
  options: async (words, flags, env) => ({
    ...(await sessionOptions(words, flags, env)),
    ...listenOptions(flags),
  }),
  useCase: onSession(async () => (await import('../../run/connect.ts')).connect),
  text: async () => {
    const { renderConnectText } = await import('../../report/text/connect.ts')
    return (report, options, { flags }) => renderConnectText(report, { ...options, ranges: flags.bitfield })
  },
})
