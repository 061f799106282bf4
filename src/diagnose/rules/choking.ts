import { type Conversation, type Observation, type Rule } from '../rule.ts'

/** BEP 3: how a peer gives and takes its slots. */
export const chokingRules: readonly Rule[] = [flapping]

/** Clients decide anew every ten seconds, and give a freed slot away in between. */
const WINDOW_MS = 10_000
const MAX_UNCHOKES = 4

function* flapping(conversation: Conversation): Generator<Observation> {
  let recent: number[] = []
  let choking = true
  for (const { message, at } of conversation.received) {
    if (message.type === 'choke') choking = true
    if (message.type !== 'unchoke' || !choking) continue
    choking = false
    recent = [...recent.filter((before) => at - before < WINDOW_MS), at]
    if (recent.length <= MAX_UNCHOKES) continue
    yield { id: 'choke-flapping', detail: `more than ${MAX_UNCHOKES} unchokes in ten seconds` }
    return
  }
}
