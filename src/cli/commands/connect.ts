import { connect } from '../../report/model/connect.ts'
import { CONNECT_DEFAULTS } from '../../run/defaults.ts'
import { defaultFlag, switchFlag } from '../command/flag.ts'
import { defineCommand } from '../command/row.ts'
import { readExpectations, SESSION_FLAGS, SESSION_WORDS, sessionOptions } from '../flags/session.ts'
import { DURATION } from '../flags/types.ts'
import { onSession } from '../wiring.ts'

export const command = defineCommand({
  description: 'Connect to one peer, listen, and report who it is and what it claims to have.',
  words: SESSION_WORDS,
  flags: {
    interested: switchFlag('connection', 'also say interested and wait to be unchoked', {
      details: 'When that does not happen, the exit code is 6.',
    }),
    settle: defaultFlag(
      DURATION,
      'limits',
      'how long the line must be quiet before we close',
      CONNECT_DEFAULTS.settleMs,
    ),
    wait: defaultFlag(
      DURATION,
      'limits',
      'how long to wait for what was negotiated',
      CONNECT_DEFAULTS.waitMs,
    ),
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
    interested: flags.interested,
    settleMs: flags.settle,
    waitMs: flags.wait,
  }),
  useCase: onSession(async () => (await import('../../run/connect.ts')).connect),
  text: async () => {
    const { renderConnectText } = await import('../../report/text/connect.ts')
    return (report, options, { flags }) => renderConnectText(report, { ...options, ranges: flags.bitfield })
  },
})
