import * as s from '../../base/schema/schema.ts'
import { connect } from './connect.ts'
import { envelope } from './envelope.ts'
import { fetchBlock } from './fetch-block.ts'

export const demo = s.object({
  ...envelope('demo'),
  client: s.nullable(s.text),
  connect: s.named('connect', connect),
  fetchBlock: s.named('fetchBlock', fetchBlock),
  failure: s.described(
    s.nullable(s.named('connect', connect)),
    'the same as connect, after the seeder has stopped; null when the demo failed',
  ),
})

/** The document of `demo`: what `connect` and `fetch-block` report of the embedded seeder. */
export interface DemoReport extends s.Infer<typeof demo> {}
