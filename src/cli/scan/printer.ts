import { errorReport } from '../../report/error-report.ts'
import type { ScannedPeer } from '../../report/model/scan.ts'
import { scanOutcome } from '../../report/outcome.ts'
import { renderErrorLine } from '../../report/text/error-line.ts'
import { renderScanStatus } from '../../report/text/scan/scan-table.ts'
import type { BadLine } from '../../run/scan/options.ts'
import type { CliEnv } from '../env.ts'
import type { OutputFlags } from '../flags/output.ts'
import { LivePanel } from '../live-panel.ts'
import { canRedraw, paperOf } from '../output.ts'

/** How peers are printed as they finish. */
export interface PeerForm {
  /** Printed before the first peer. */
  readonly head?: string
  readonly render: (scanned: ScannedPeer) => string
}

/** Lines without a valid peer that are printed; the summary counts the others. */
const MAX_BAD_LINES = 20

/** Prints peers on stdout as they finish and, on a terminal, a status line below them. */
export class ScanPrinter {
  readonly #form: PeerForm | undefined
  readonly #flags: OutputFlags
  readonly #env: CliEnv
  readonly #total: number | undefined
  readonly #panel: LivePanel | undefined
  readonly #startedAt = performance.now()
  readonly #outcomes: { [outcome: string]: number } = {}
  #done = 0
  #badLines = 0
  #isHeadPrinted = false
  #written: Promise<void> = Promise.resolve()

  /**
   * @param form undefined to print no peers
   * @param total peers of the list, if that is known
   */
  constructor(form: PeerForm | undefined, total: number | undefined, flags: OutputFlags, env: CliEnv) {
    this.#form = form
    this.#total = total
    this.#flags = flags
    this.#env = env
    this.#panel = isStatusShown(flags, env) ? new LivePanel(env.stderr) : undefined
  }

  /** Resolves when the peer is printed, so that a slow reader slows down the scan. @throws the error of the output */
  readonly onPeer = (scanned: ScannedPeer): Promise<void> => {
    const outcome = scanOutcome(scanned)
    this.#outcomes[outcome] = (this.#outcomes[outcome] ?? 0) + 1
    this.#done++
    if (this.#form === undefined && this.#panel === undefined) return this.#written
    return this.#write(async () => {
      const text = this.#form?.render(scanned) ?? ''
      if (text !== '') await this.#env.stdout.write(`${this.#head()}${text}`)
    })
  }

  readonly onBadLine = ({ line, error }: BadLine): Promise<void> => {
    const report = errorReport(error)
    this.#badLines++
    this.#done++
    if (this.#flags.quiet > 0 || this.#badLines > MAX_BAD_LINES) return Promise.resolve()
    const { stderr } = this.#env
    return this.#write(() => {
      const message = `line ${line}: ${report.message}`
      return stderr.write(
        renderErrorLine('scan', { ...report, message }, paperOf(this.#flags, stderr, this.#env)),
      )
    })
  }

  /** Removes the status line, and prints the head if no peer did. @throws as `onPeer` */
  async end(): Promise<void> {
    await this.#written
    await this.#panel?.clear()
    if (this.#form?.head !== undefined && !this.#env.stdout.isTty) await this.#env.stdout.write(this.#head())
  }

  /** Runs writes one after the other, above the status line. */
  #write(write: () => Promise<void>): Promise<void> {
    this.#written = this.#written.then(async () => {
      await this.#panel?.clear()
      await write()
      await this.#panel?.draw(() => [this.#status()])
    })
    return this.#written
  }

  #head(): string {
    if (this.#isHeadPrinted) return ''
    this.#isHeadPrinted = true
    return this.#form?.head ?? ''
  }

  #status(): string {
    const progress = {
      done: this.#done,
      total: this.#total,
      outcomes: this.#outcomes,
      elapsedMs: performance.now() - this.#startedAt,
    }
    return renderScanStatus(progress, paperOf(this.#flags, this.#env.stderr, this.#env))
  }
}

/** Whether the status line is shown. */
export function isStatusShown({ quiet }: OutputFlags, env: CliEnv): boolean {
  return quiet === 0 && canRedraw(env.stderr, env)
}
