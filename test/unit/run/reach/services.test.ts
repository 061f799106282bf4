import { expect, test } from 'vitest'
import type { PathState } from '../../../../src/diagnose/reach/judge.ts'
import { reachMachine, REFUSED } from '../../../support/peers/reach-lab.ts'
import { type ServiceName, SERVICES } from '../../../support/services/services.ts'

/** The state of the TCP path for each service, and its name as it is reported. */
const EXPECTED: { readonly [name in ServiceName]: PathState | readonly ['other-service', string] } = {
  ssh: ['other-service', 'SSH'],
  smtp: ['other-service', 'SMTP'],
  ftp: ['other-service', 'FTP'],
  'ftp-multiline': ['other-service', 'FTP'],
  pop3: ['other-service', 'POP3'],
  imap: ['other-service', 'IMAP'],
  vnc: ['other-service', 'VNC'],
  mysql: ['other-service', 'MySQL'],
  telnet: ['other-service', 'telnet'],
  irc: ['other-service', 'IRC'],
  http: ['other-service', 'HTTP'],
  'http-patient': ['other-service', 'HTTP'],
  'http-strict': ['other-service', 'HTTP'],
  tls: ['other-service', 'TLS'],
  'tls-strict': ['other-service', 'TLS'],
  'tls-refusing': ['other-service', 'TLS'],
  socks5: ['other-service', 'SOCKS5'],
  redis: ['other-service', 'Redis'],
  memcached: 'unknown-service',
  postgres: 'closes',
  echo: ['other-service', 'echo'],
  chargen: 'unknown-service',
  'random-flood': 'unknown-service',
  'random-answers': 'unknown-service',
  discard: 'silent',
  'closes-at-once': 'closes-at-once',
  'resets-at-once': 'closes-at-once',
  'closes-on-bytes': 'closes',
  'resets-on-bytes': 'closes',
  'closes-by-timer': 'closes',
  'late-banner': ['other-service', 'SMTP'],
}

const ROWS = (Object.keys(EXPECTED) as readonly ServiceName[]).map((name) => [name, EXPECTED[name]] as const)

test.each(ROWS)('%s is no BitTorrent client: %j', async (name, expected) => {
  const report = await reachMachine({ tcp: SERVICES[name].talk, utp: REFUSED })
  const [state, service] = typeof expected === 'string' ? [expected, null] : expected
  expect(report.paths).toMatchObject([
    { transport: 'tcp', state, service, proof: null },
    { transport: 'utp', state: 'closed', proof: null },
  ])
  expect(report.exitCode).toBe(4)
  // what is not recognised is not denied
  if (service === null) expect(report.error?.code).toBe('E_NOT_PROVEN')
})
