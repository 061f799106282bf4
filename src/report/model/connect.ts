import * as s from '../../base/schema/schema.ts'
import { envelope } from './envelope.ts'
import { session } from './session.ts'

export const connect = s.object({ ...envelope('connect'), ...session })

/** The document of `connect`. */
export interface ConnectReport extends s.Infer<typeof connect> {}
