import * as s from '../../base/schema/schema.ts'
import { envelope } from './envelope.ts'

const topic = s.object({
  kind: s.words([
    'exit-code',
    'error',
    'cause',
    'finding',
    'torrent-note',
    'message',
    'reserved-bit',
    'peer-id',
    'phase',
    'outcome',
    'word',
    'extension',
    'extension-key',
    'fault',
    'close-reason',
    'bep',
    'client',
  ]),
  id: s.described(s.text, 'what to type to get it'),
  title: s.text,
  text: s.text,
  reference: s.nullable(s.text),
})
/** One entry of `explain`. */
export interface TopicReport extends s.Infer<typeof topic> {}

export const explain = s.object({ ...envelope('explain'), topics: s.list(topic) })

/** The document of `explain`. */
export interface ExplainReport extends s.Infer<typeof explain> {}
