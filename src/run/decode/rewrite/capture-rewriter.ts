import { type CaptureOrigin, CaptureWriter } from '../../../session/capture/capture-writer.ts'
import type { ConnectionSink, ObservedConnection } from '../../../session/observe/connection.ts'
import type { ConnectionObserver } from '../../../session/observe/observer.ts'
import type { TraceStep } from '../../../trace/transfers.ts'
import { originOf, type RewriteOptions } from './options.ts'
import { RewrittenConnection } from './connection.ts'

const FROM_CAPTURE: CaptureOrigin = {
  comment:
    'Written by peerwire from another capture: the streams of its TCP and uTP connections, put in order and cut into packets again. Retransmissions and acknowledgements are not those of the original; times, ports and lengths of messages are. What was missing is missing here.',
  source: 'another capture',
}

/** Writes the connections of a capture as a capture of our own. */
export class CaptureRewriter {
  readonly #options: RewriteOptions
  readonly #writer: CaptureWriter
  readonly #connections = new Map<number, RewrittenConnection>()
  #lastAt = 0

  constructor(options: RewriteOptions) {
    this.#options = options
    this.#writer = new CaptureWriter(options.write, originOf(FROM_CAPTURE, options))
  }

  /** @param observer what the connection is passed on to */
  open(connection: ObservedConnection, observer: ConnectionObserver): ConnectionSink {
    const { number, transport, ends, isWhole, startedAt } = connection
    const { redactor } = this.#options
    const time = (at: number) => (this.#lastAt = Math.max(this.#lastAt, startedAt + at))
    const shown = ({ address, port }: { readonly address: string; readonly port: number }) => ({
      address: redactor?.pseudonyms.host(address) ?? address,
      port,
    })
    const written = {
      transport,
      ends: { local: shown(ends.initiator), remote: shown(ends.responder) },
      initiator: 'local',
    } as const
    const writer = isWhole ? this.#writer.begin(time(0), written) : this.#writer.join(written)
    const rewritten = new RewrittenConnection(observer, {
      writer,
      redactors: redactor?.connection(),
      isWhole,
      text: (text) => redactor?.sentence(text) ?? text,
      time,
    })
    this.#connections.set(number, rewritten)
    return rewritten
  }

  /** What was found out about a connection. @param isComplete whether no message of it is missing so far */
  step(connection: number, step: TraceStep, isComplete: boolean): void {
    this.#connections.get(connection)?.step(step, isComplete)
  }

  /** Nothing follows. */
  end(): void {
    this.#writer.end(this.#lastAt)
  }
}
