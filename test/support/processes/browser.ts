import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome']

/** The name of an installed browser, or undefined. */
export function findBrowser(): string | undefined {
  return NAMES.find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0)
}

interface Answer {
  readonly id?: number
  readonly method?: string
  readonly sessionId?: string
  readonly params?: { readonly request?: { readonly url: string } }
  readonly result?: Record<string, unknown>
  readonly error?: { readonly message: string }
}

/** A headless browser with one page, driven over the DevTools protocol on a pipe. */
export class Browser {
  readonly #child: ChildProcess
  readonly #folder: string
  readonly #pending = new Map<number, (answer: Answer) => void>()
  readonly #loaded: (() => void)[] = []
  #sessionId: string | undefined
  #lastId = 0
  /** Addresses that the page asked for. */
  readonly requests: string[] = []

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child
    this.#folder = folder
    let rest = ''
    const incoming = child.stdio[4] as Duplex
    incoming.setEncoding('utf8').on('data', (text: string) => {
      const parts = (rest + text).split('\0')
      rest = parts.pop() ?? ''
      for (const part of parts) this.#take(JSON.parse(part) as Answer)
    })
  }

  static async start(program: string): Promise<Browser> {
    const folder = await mkdtemp(join(tmpdir(), 'peerwire-browser-'))
    const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--no-first-run']
    const child = spawn(
      program,
      [...flags, `--user-data-dir=${folder}`, '--remote-debugging-pipe', 'about:blank'],
      {
        stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
      },
    )
    const browser = new Browser(child, folder)
    const { targetId } = await browser.#send('Target.createTarget', { url: 'about:blank' })
    const { sessionId } = await browser.#send('Target.attachToTarget', { targetId, flatten: true })
    browser.#sessionId = sessionId as string
    await browser.#send('Page.enable')
    await browser.#send('Network.enable')
    return browser
  }

  /** Opens a file at a width, in light or dark. */
  async open(path: string, width: number, scheme: 'light' | 'dark'): Promise<void> {
    await this.#send('Emulation.setDeviceMetricsOverride', {
      width,
      height: 900,
      deviceScaleFactor: 1,
      mobile: width < 600,
    })
    await this.#send('Emulation.setEmulatedMedia', {
      features: [{ name: 'prefers-color-scheme', value: scheme }],
    })
    this.requests.length = 0
    const loaded = new Promise<void>((resolve) => this.#loaded.push(resolve))
    await this.#send('Page.navigate', { url: `file://${path}` })
    await loaded
  }

  /** Evaluates an expression in the page, past its policy. */
  async evaluate(expression: string): Promise<unknown> {
    const { result } = await this.#send('Runtime.evaluate', { expression, returnByValue: true })
    return (result as { readonly value: unknown }).value
  }

  /** The whole page as a PNG. */
  async screenshot(): Promise<Buffer> {
    const { data } = await this.#send('Page.captureScreenshot', { captureBeyondViewport: true })
    return Buffer.from(data as string, 'base64')
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('close', resolve))
    this.#child.kill()
    await ended
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 })
  }

  #send(method: string, params: object = {}): Promise<Record<string, unknown>> {
    const id = ++this.#lastId
    const message = {
      id,
      method,
      params,
      ...(this.#sessionId !== undefined && { sessionId: this.#sessionId }),
    }
    const answered = new Promise<Record<string, unknown>>((resolve, reject) => {
      this.#pending.set(id, ({ result, error }) => {
        if (error === undefined) resolve(result ?? {})
        else reject(new Error(`${method}: ${error.message}`))
      })
    })
    const outgoing = this.#child.stdio[3] as Duplex
    outgoing.write(`${JSON.stringify(message)}\0`)
    return answered
  }

  #take(answer: Answer): void {
    if (answer.id !== undefined) {
      this.#pending.get(answer.id)?.(answer)
      this.#pending.delete(answer.id)
    }
    if (answer.method === 'Page.loadEventFired') for (const loaded of this.#loaded.splice(0)) loaded()
    const url = answer.method === 'Network.requestWillBeSent' ? answer.params?.request?.url : undefined
    if (url !== undefined) this.requests.push(url)
  }
}
