import type { ConnectReport } from '../../../src/report/model/connect.ts'
import type { FetchBlockReport } from '../../../src/report/model/fetch-block.ts'
import type { FetchCommandReport } from '../../../src/report/model/fetch.ts'
import type { MetadataCommandReport } from '../../../src/report/model/metadata.ts'
import { connect as runConnect } from '../../../src/run/connect.ts'
import { fetchBlock as runFetchBlock } from '../../../src/run/fetch-block/fetch-block.ts'
import { fetch as runFetch } from '../../../src/run/fetch/fetch.ts'
import { metadata as runMetadata } from '../../../src/run/metadata/metadata.ts'
import { agreed } from './agreed.ts'

/*
 * The commands that hold a session with one peer. Each fails when its report, or the text that shows it, says what is not
 * on record (docs/verdicts.md); so whatever peer a test makes up, its verdict is held against what happened.
 */

type Options<Command extends (...args: never) => unknown> = Parameters<Command>

export function connect(...[options, ports]: Options<typeof runConnect>): Promise<ConnectReport> {
  return agreed(runConnect, options, ports)
}

export function fetchBlock(...[options, ports]: Options<typeof runFetchBlock>): Promise<FetchBlockReport> {
  return agreed(runFetchBlock, options, ports)
}

export function fetch(...[options, ports]: Options<typeof runFetch>): Promise<FetchCommandReport> {
  return agreed(runFetch, options, ports)
}

export function metadata(...[options, ports]: Options<typeof runMetadata>): Promise<MetadataCommandReport> {
  return agreed(runMetadata, options, ports)
}
