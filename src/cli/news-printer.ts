import { escapeText } from '../report/escape.ts'
import type { ServedPeerProgress } from '../report/model/serve-event.ts'
import type { ServeNews } from '../report/model/serve-event.ts'
import type { Format } from './command/row.ts'
import type { CliEnv, OutputStream } from './env.ts'
import type { ServeLine } from '../report/text/serve.ts'
import type { OutputFlags } from './flags/output.ts'
import { LivePanel } from './live-panel.ts'
import { useColor } from './output.ts'

export interface NewsPrinter {
  readonly news: ((news: ServeNews) => void) | undefined
  /** Resolves when all has been printed and the panel is gone. */
  readonly end: () => Promise<void>
}

interface Printer extends NewsPrinter {
  readonly news: (news: ServeNews) => void
}

/**
 * Prints news as they come, in order; a terminal has a panel of the peers below them.
 * @param failed hears at once that something cannot be printed, as on a full disk; `end` rejects with the same
 */
export async function newsPrinter(
  output: Format,
  colorMode: OutputFlags['color'],
  env: CliEnv,
  failed: (error: unknown) => void,
): Promise<NewsPrinter> {
  if (output !== 'ndjson' && output !== 'text') return { news: undefined, end: () => Promise.resolve() }
  const [{ renderServeEvent, renderServeLine }, { renderServePanel }] = await Promise.all([
    import('../report/text/serve.ts'),
    import('../report/text/serve-panel.ts'),
  ])
  const queue = new WriteQueue(failed)
  if (output === 'ndjson') return bounded(queue, linePrinter(queue, env.stdout, renderServeEvent))
  const color = useColor(colorMode, env.stdout, env)
  // the end is printed as the summary
  const render = (news: ServeNews) =>
    news.type === 'end' || news.type === 'progress' ? '' : renderServeLine(escapeNews(news), { color })
  if (!env.stderr.isTty) return bounded(queue, linePrinter(queue, env.stdout, render))
  const renderPanel: PanelRenderer = (peers, uploaded) => renderServePanel(peers, uploaded, { color })
  return bounded(queue, panelPrinter(queue, env, render, renderPanel))
}

type PanelRenderer = (peers: readonly ServedPeerProgress[], uploaded: number) => readonly string[]

/** Leaves out news while too many wait, and says how many those were; the end is always told. */
function bounded(queue: WriteQueue, printer: Printer): Printer {
  let lost = 0
  return {
    news: (news) => {
      if (queue.isFull && news.type !== 'end') {
        lost++
        return
      }
      if (lost > 0) printer.news({ type: 'lost', atMs: news.atMs, events: lost })
      lost = 0
      printer.news(news)
    },
    end: () => printer.end(),
  }
}

/** Most news that wait for a slow reader of stdout; more are only counted. */
const MAX_WAITING = 1000

/** Writes one after the other; after one that failed nothing more is written. */
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

  /** @throws what the first write that failed threw */
  end(): Promise<void> {
    return this.#written
  }
}

function linePrinter(queue: WriteQueue, stdout: OutputStream, render: (news: ServeNews) => string): Printer {
  return {
    news: (news) => {
      const line = render(news)
      if (line !== '') queue.add(() => stdout.write(line))
    },
    end: () => queue.end(),
  }
}

function panelPrinter(
  queue: WriteQueue,
  { stdout, stderr }: CliEnv,
  render: (news: ServeNews) => string,
  renderPanel: PanelRenderer,
): Printer {
  const panel = new LivePanel(stderr)
  let peers: readonly ServedPeerProgress[] = []
  let uploaded = 0
  return {
    news: (news) => {
      if (news.type === 'progress') {
        peers = news.peers.map(escapeClient)
        uploaded = news.uploaded
      }
      // nobody tells of the last one that has gone
      if (news.type === 'closed') peers = peers.filter(({ peer }) => peer !== news.report.peer)
      const line = render(news)
      const lines = renderPanel(peers, uploaded)
      queue.add(async () => {
        if (line !== '') {
          await panel.clear()
          await stdout.write(line)
        }
        await panel.draw(lines)
      })
    },
    end: async () => {
      await queue.end()
      await panel.clear()
    },
  }
}

/** The client's name is the only text of a peer's; deviations come escaped. */
function escapeNews(news: ServeLine): ServeLine {
  return news.type === 'handshake' ? escapeClient(news) : news
}

function escapeClient<Named extends { readonly client: string | null }>(named: Named): Named {
  return named.client === null ? named : { ...named, client: escapeText(named.client) }
}
