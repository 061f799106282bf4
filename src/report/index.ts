/**
 * The entry point `peerwire/report`: the documents of the use cases, as text and JSON, and expectations about them. No I/O.
 */
export { checkExpectations, renderReport, type RenderOptions } from './render.ts'
export { renderTraceLine } from './trace-lines.ts'
export type * from './model/connect.ts'
export type * from './model/demo.ts'
export type * from './model/envelope.ts'
export type * from './model/explain.ts'
export type * from './model/fetch-block.ts'
export type * from './model/fetch.ts'
export type * from './model/metadata.ts'
export type * from './model/progress.ts'
export type * from './model/serve.ts'
export type * from './model/serve-event.ts'
export type * from './model/session.ts'
export type * from './model/why.ts'
export type * from '../base/schema/json-value.ts'
export type { Report, SessionDocument } from './judge.ts'
