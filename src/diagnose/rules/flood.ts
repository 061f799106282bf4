import { FLOOD_BURST, FLOOD_RATE } from '../../base/limits.ts'
import type { MessageType } from '../../wire/message/message.ts'
import type { Conversation, Observation, Rule } from '../rule.ts'

/** More messages than a download has any use for. Counted beside the trace, which leaves out most of a flood. */
export const floodRules: readonly Rule[] = [flood]

/** What a download needs in numbers: blocks, answers, and announcements of pieces. */
const NEEDED: ReadonlySet<MessageType> = new Set(['piece', 'reject', 'have', 'hashes', 'hash-reject'])

function* flood({ events, context }: Conversation): Generator<Observation> {
  const counts = Array.from(context.received ?? []).filter(([type]) => !NEEDED.has(type))
  const total = counts.reduce((sum, [, count]) => sum + count, 0)
  const seconds = ((events.at(-1)?.at ?? 0) - (events[0]?.at ?? 0)) / 1000
  if (total <= FLOOD_BURST + FLOOD_RATE * seconds) return
  const [type, count] = counts.reduce((most, next) => (next[1] > most[1] ? next : most))
  const others = total === count ? '' : ` and ${total - count} others`
  yield { id: 'message-flood', detail: `${count} ${type} messages${others} in ${seconds.toFixed(1)} s` }
}
