import { expect, test } from 'vitest'
import { LiveConversation } from '../../../src/diagnose/conversation.ts'
import { THEMES } from '../../../src/diagnose/findings.ts'
import { NOTHING, onEvents, onReceived, type Rule } from '../../../src/diagnose/rule.ts'
import { RuleTable } from '../../../src/diagnose/rule-table.ts'
import type { TraceEvent } from '../../../src/trace/event.ts'

const RULES: readonly Rule[] = [
  () => onReceived(['have'], () => NOTHING),
  () => onEvents(['closed', 'handshake'], () => NOTHING),
  () => ({ step: () => NOTHING }),
  () => ({ end: () => NOTHING }),
]

const HAVE = { at: 1, type: 'received', what: 'message', offset: 68, length: 9 } as const

test.each<[string, TraceEvent, readonly number[]]>([
  ['a message of its type', { ...HAVE, message: { type: 'have', piece: 1 } }, [0, 2]],
  ['a message of the other side', { ...HAVE, type: 'sent', message: { type: 'have', piece: 1 } }, [2]],
  ['a message of another type', { ...HAVE, message: { type: 'choke' } }, [2]],
  ['an event', { at: 1, type: 'suspended', durationMs: 1 }, []],
])('which rules read %s', (_, event, indexes) => {
  const table = new RuleTable(RULES)
  expect(table.reading(event)).toStrictEqual(indexes)
  // once more, from memory
  expect(table.reading(event)).toStrictEqual(indexes)
})

test('a rule that reads nothing has only an end', () => {
  const table = new RuleTable(RULES)
  expect(RULES.map((_, index) => table.isOnlyEnd(index))).toStrictEqual([false, false, false, true])
})

test('what a rule reads does not depend on the connection', () => {
  const served = {
    lengthOf: () => 16_384,
    has: () => true,
    pieceCount: 4,
    queueLength: 250,
    treeHeightOf: () => undefined,
  }
  for (const { both = [], probe = [], serve = [] } of THEMES)
    for (const rule of [...both, ...probe, ...serve] as readonly Rule[]) {
      const blank = rule(new LiveConversation())
      const known = rule(new LiveConversation({ served }))
      expect([known.messages, known.events]).toStrictEqual([blank.messages, blank.events])
    }
})
