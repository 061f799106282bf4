import type { Conversation } from '../conversation.ts'
import { defineTheme, type Fold, NOTHING } from '../rule.ts'

/** Which client the peer really is. */
export const client = defineTheme({
  findings: {
    'client-conflict': {
      severity: 'warning',
      title: 'The peer behaves like another client than the one that it names',
      reference: 'BEP 20',
      explanation:
        'The peer id or the client text (`v`) names a client that has never been seen to behave as this peer does, while its behaviour fits another one. Both are free text: programs use the name of another client to get past a filter, or to stay anonymous. See docs/identity.md for the traits and their weights.',
    },
  },
  // how clients behave when they dial was not measured
  probe: [conflict],
})

/** The report lists all of them. */
const MAX_TRAITS = 3

function conflict({ client }: Conversation): Fold<'client-conflict'> {
  return {
    end() {
      const found = client?.conflictNow()
      if (found === undefined) return NOTHING
      const { by, client: name, family, evidence } = found
      const traits = evidence.slice(0, MAX_TRAITS).map(({ text }) => text)
      const detail = `its ${by} says ${name}, it behaves like ${family}: it ${traits.join('; it ')}`
      return [{ id: 'client-conflict', detail }]
    },
  }
}
