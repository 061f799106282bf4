import type { AttemptReport } from '../../../../src/report/model/session.ts'
import type { Evidence } from '../evidence.ts'
import type { Claim } from './claim.ts'

/** Whether an attempt before the last one, at the same place, was like this. */
const earlier = ({ attempts }: Evidence, isLike: (attempt: AttemptReport) => boolean): boolean => {
  const last = attempts.at(-1)
  return attempts
    .slice(0, -1)
    .some((one) => one.address === last?.address && one.port === last.port && isLike(one))
}

const TRANSPORTS: { readonly [word: string]: AttemptReport['transport'] } = { TCP: 'tcp', uTP: 'utp' }

/** Whether an attempt was made in plaintext or with MSE, over the transport if one is named. */
const isWay = (
  { transport, encryption }: AttemptReport,
  means: string | undefined,
  named: string | undefined,
): boolean =>
  (encryption === 'plaintext') === (means === 'plaintext') &&
  (named === undefined || transport === TRANSPORTS[named])

/** What the line `session` says of the way that worked, and of those before it. */
export const WAYS: readonly Claim[] = [
  {
    sentence: 'TRANSPORT, ENCRYPTION',
    claim: /^session: (TCP|uTP), (plaintext|RC4|plaintext after MSE)$/,
    needs: 'a session over this transport, with this encryption',
    requires: ({ report: { session } }, [transport = '', encryption = '']) =>
      session?.transport === TRANSPORTS[transport] &&
      session?.encryption ===
        { plaintext: 'plaintext', RC4: 'rc4', 'plaintext after MSE': 'mse-plaintext' }[encryption],
  },
  {
    sentence: 'it closed on plaintext',
    claim: /^session: it closed on (plaintext|MSE)(?: over (TCP|uTP))?(?: with reason (\S+))?$/,
    needs:
      'an earlier attempt at the same place that the peer ended with a FIN, and its reason if one is named',
    requires: (evidence, [means, transport, reason]) =>
      earlier(
        evidence,
        (one) =>
          isWay(one, means, transport) &&
          one.closedBy === 'peer' &&
          one.closeKind !== 'rst' &&
          one.closeReason?.name === reason,
      ),
  },
  {
    sentence: 'plaintext was reset',
    claim: /^session: (plaintext|MSE)(?: over (TCP|uTP))? was reset(?: with reason (\S+))?$/,
    needs: 'an earlier attempt at the same place that ended with an RST',
    requires: (evidence, [means, transport]) =>
      earlier(
        evidence,
        (one) => isWay(one, means, transport) && one.closedBy === 'peer' && one.closeKind === 'rst',
      ),
  },
  {
    sentence: 'plaintext was lost',
    claim: /^session: (plaintext|MSE)(?: over (TCP|uTP))? was lost$/,
    needs: 'an earlier attempt at the same place that the network ended',
    requires: (evidence, [means, transport]) =>
      earlier(evidence, (one) => isWay(one, means, transport) && one.closedBy === 'network'),
  },
  {
    sentence: 'MSE failed',
    claim: /^session: (plaintext|MSE)(?: over (TCP|uTP))? failed$/,
    needs: 'an earlier attempt at the same place that we ended',
    requires: (evidence, [means, transport]) =>
      earlier(evidence, (one) => isWay(one, means, transport) && one.closedBy === 'us'),
  },
  {
    sentence: 'TCP was refused',
    claim: /^session: (TCP|uTP) (was refused|was not answered|was unreachable|failed)$/,
    needs: 'an earlier attempt at the same place without a connection, with this outcome',
    requires: (evidence, [transport = '', words = '']) =>
      earlier(
        evidence,
        (one) =>
          one.transport === TRANSPORTS[transport] &&
          one.closedBy === null &&
          (words === 'failed' ||
            one.outcome ===
              { 'was refused': 'refused', 'was not answered': 'timeout', 'was unreachable': 'unreachable' }[
                words
              ]),
      ),
  },
]
