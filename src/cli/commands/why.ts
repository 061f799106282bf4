import { why } from '../../report/model/why.ts'
import { defineCommand } from '../command/row.ts'
import { PEER_FLAGS, peerOptions, readExpectations, SESSION_WORDS } from '../flags/session.ts'
import { progressLine } from '../progress-line.ts'
import { onSession } from '../wiring.ts'
import type { WhyOptions, WhyProgress } from '../../run/why/options.ts'
import type { TracedOptions } from '../files/trace-file.ts'

export const command = defineCommand({
  description:
    'Find out why a peer does not serve a torrent. Makes up to 12 connections, one after the other, that differ in one thing each, and says what is certain, what is likely, and what to do.',
  words: SESSION_WORDS,
  flags: PEER_FLAGS,
  examples: [
    'why 192.0.2.7:6881 -t debian.torrent',
    'why 192.0.2.7:6881 -i 0123456789abcdef0123456789abcdef01234567 -v',
    "why 192.0.2.7:6881 -t x.torrent -q --expect 'causes.0.code=torrent-unknown'",
  ],
  page: ['Causes', 'causes.md'],
  document: why,
  check: readExpectations,
  options: peerOptions,
  live: (flags, env) =>
    progressLine(env, flags, async () => {
      const [{ describeProbe }, { renderStep }] = await Promise.all([
        import('../../report/probe-words.ts'),
        import('../../report/text/progress.ts'),
      ])
      return ({ number, of, probe, reason }: WhyProgress, paper) =>
        renderStep(`probing ${number} of at most ${of}: ${describeProbe(probe)}; ${reason}`, paper)
    }),
  useCase: onSession(async () => {
    const [{ why: run }, { otherSources }] = await Promise.all([
      import('../../run/why/why.ts'),
      import('../../net/other-sources.ts'),
    ])
    return (options: WhyOptions & TracedOptions, ports) => run(options, { ...ports, otherSources })
  }),
  text: async () => (await import('../../report/text/probing/why.ts')).renderWhyText,
})
