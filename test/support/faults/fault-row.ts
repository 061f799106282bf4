import type { ErrorCode } from '../../../src/base/errors.ts'
import type { FindingId } from '../../../src/diagnose/findings.ts'
import type { ConnectOptions, FetchBlockOptions } from '../../../src/run/options.ts'
import type { RawMse } from '../raw/raw-mse.ts'
import { rawRequest, type Visit } from '../raw/raw-peer.ts'
import type { RawStream } from '../raw/raw-stream.ts'
import type { RawUtp } from '../raw/raw-utp.ts'

/** What peerwire says of a peer with a fault. */
export interface Told {
  /** `interested` is `connect --interested`; `metadata` is `fetch-block --metadata` from a hash. Default `connect`. */
  readonly by?: 'connect' | 'interested' | 'fetch-block' | 'metadata'
  readonly options?: Partial<ConnectOptions & FetchBlockOptions>
  readonly exitCode: number
  readonly code?: ErrorCode
  /** Part of the error's message, where one code has many causes. */
  readonly says?: string
  /** All findings, but for those that come without a fault too: about the allowed-fast set, and a busy machine's uTP. */
  readonly finds?: readonly FindingId[]
  /** What else the report shows, where no error and no finding is due. */
  readonly shows?: object
}

/** A fault, what a raw client sees on the wire, and what peerwire makes of it. */
export type FaultRow = {
  readonly fault: string
  readonly told: Told
  /** It takes seconds of computing, which would count as time in other rows. */
  readonly isBusy?: true
  /** It shows in time, or by lot, so that an honest seeder could look the same. */
  readonly honestMayLookAlike?: true
} & (
  | {
      readonly over?: 'tcp'
      /** What differs from the whole visit: greeting, three requests, metadata. */
      readonly visit?: Partial<Visit>
      readonly see: (seen: RawStream) => void | Promise<void>
    }
  | {
      readonly over: 'mse'
      /** As that of `Visit`. */
      readonly quietMs?: number
      /** crypto_provide; default both. */
      readonly provide?: number
      readonly until: (seen: RawMse) => boolean
      readonly see: (seen: RawMse) => void
    }
  | {
      readonly over: 'utp'
      readonly visit?: Partial<Visit>
      /** In place of that of the visit, where packets are waited for and no stream comes of them. */
      readonly until?: (seen: RawUtp) => boolean
      readonly see: (seen: RawUtp) => void
    }
)

/** A block of each of two pieces, and the short block at the end of the torrent. */
export const REQUESTS = [rawRequest(0, 0, 16_384), rawRequest(1, 0, 16_384), rawRequest(36, 0, 5)]

/** All that an honest seeder answers. */
export const isWhole = (seen: RawStream): boolean =>
  seen.count(7) + seen.count(16) >= REQUESTS.length && seen.extended(9).length > 0

/** The end of the connection, however it comes. */
export const isOver = (): boolean => false

/** Long enough to be sure that nothing more comes from a peer in the same process, in milliseconds. */
export const QUIET_MS = 150
