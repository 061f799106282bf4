import { escapeText } from '../report/escape.ts'
import type { ServedPeerProgress } from '../report/model/serve-event.ts'
import type { ServeEvent } from '../report/model/serve-event.ts'
import type { Format } from './command/row.ts'
import type { CliEnv, OutputStream } from './env.ts'
import type { ServeLine } from '../report/text/serve/serve.ts'
import type { OutputFlags } from './flags/output.ts'
import { LivePanel } from './live-panel.ts'
import { canRedraw, paperOf } from './output.ts'

export interface EventPrinter {
  readonly emit: ((event: ServeEvent) => void) | undefined
  /** Resolves when everything has been printed and the panel has been removed. */
  readonly end: () => Promise<void>
}

interface Printer extends EventPrinter {
  readonly emit: (event: ServeEvent) => void
}

/**
 * Prints events in order, as they occur. On a terminal, a panel of the peers is shown below them.
 * @param failed called immediately when a write fails, for example because the disk is full; `end` rejects with the same error
 */
export async function eventPrinter(
  output: Format,
  flags: Pick<OutputFlags, 'color' | 'ascii'>,
  env: CliEnv,
  failed: (error: unknown) => void,
): Promise<EventPrinter> {
  if (output !== 'ndjson' && output !== 'text') return { emit: undefined, end: () => Promise.resolve() }
  const [{ renderServeEvent, renderServeLine }, { renderServePanel }] = await Promise.all([
    import('../report/text/serve/serve.ts'),
    import('../report/text/serve/serve-panel.ts'),
  ])
  const queue = new WriteQueue(failed)
  if (output === 'ndjson') return bounded(queue, linePrinter(queue, env.stdout, renderServeEvent))
  // the summary reports the end
  const render = (event: ServeEvent) =>
    event.type === 'end' || event.type === 'progress'
      ? ''
      : renderServeLine(escapeEvent(event), paperOf(flags, env.stdout, env))
  if (!canRedraw(env.stderr, env)) return bounded(queue, linePrinter(queue, env.stdout, render))
  const renderPanel: PanelRenderer = (peers, uploaded) =>
    renderServePanel(peers, uploaded, paperOf(flags, env.stderr, env))
  return bounded(queue, panelPrinter(queue, env, render, renderPanel))
}

type PanelRenderer = (peers: readonly ServedPeerProgress[], uploaded: number) => readonly string[]

/** Drops events while too many are waiting, and reports how many. The last event is always printed. */
function bounded(queue: WriteQueue, printer: Printer): Printer {
  let lost = 0
  return {
    emit: (event) => {
      if (queue.isFull && event.type !== 'end') {
        lost++
        return
      }
      if (lost > 0) printer.emit({ type: 'lost', atMs: event.atMs, events: lost })
      lost = 0
      printer.emit(event)
    },
    end: () => printer.end(),
  }
}

/** Maximum number of events that wait for a slow reader of stdout; further ones are only counted. */
const MAX_WAITING = 1000

/** Runs writes one after the other, and stops after the first that fails. */
class WriteQueue {
  readonly #failed: (error: unknown) => void
  #written: Promise<void> = Promise.resolve()
  #waiting = 0

  constructor(failed: (error: unknown) => void) {
    this.#failed = failed
  }

  get isFull(): boolean {
    return this.#waiting >= MAX_WAITING
  }

  add(write: () => Promise<void>): void {
    this.#waiting++
    this.#written = this.#written.then(write)
    this.#written.then(() => this.#waiting--, this.#failed)
  }

  /** @throws the error of the first write that failed */
  end(): Promise<void> {
    return this.#written
  }
}

function linePrinter(
  queue: WriteQueue,
  stdout: OutputStream,
  render: (event: ServeEvent) => string,
): Printer {
  return {
    emit: (event) => {
      const line = render(event)
      if (line !== '') queue.add(() => stdout.write(line))
    },
    end: () => queue.end(),
  }
}

function panelPrinter(
  queue: WriteQueue,
  { stdout, stderr }: CliEnv,
  render: (event: ServeEvent) => string,
  renderPanel: PanelRenderer,
): Printer {
  const panel = new LivePanel(stderr)
  let peers: readonly ServedPeerProgress[] = []
  let uploaded = 0
  return {
    emit: (event) => {
      if (event.type === 'progress') {
        peers = event.peers.map(escapeClient)
        uploaded = event.uploaded
      }
      // there is no event when the last peer leaves
      if (event.type === 'closed') peers = peers.filter(({ peer }) => peer !== event.report.peer)
      const line = render(event)
      const [shown, sent] = [peers, uploaded]
      queue.add(async () => {
        if (line !== '') {
          await panel.clear()
          await stdout.write(line)
        }
        await panel.draw(() => renderPanel(shown, sent))
      })
    },
    end: async () => {
      await queue.end()
      await panel.clear()
    },
  }
}

/** The client name is the only unescaped text from a peer; violations are already escaped. */
function escapeEvent(event: ServeLine): ServeLine {
  return event.type === 'handshake' ? escapeClient(event) : event
}

function escapeClient<Named extends { readonly client: string | null }>(named: Named): Named {
  return named.client === null ? named : { ...named, client: escapeText(named.client) }
}
