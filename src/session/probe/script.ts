/** What a scripted probe sends, and how long it waits for an answer. Times are milliseconds. */
export interface Script {
  /** Each is sent when nothing has come for `waitMs` since the one before it, or since the connection was established. */
  readonly parts: readonly { readonly waitMs: number; readonly bytes: Uint8Array }[]
  /** Longest wait for the first byte of an answer, after the last part. */
  readonly answerMs: number
  /** Quiet time after which an answer counts as complete. */
  readonly settleMs: number
}

/** An input of a scripted probe. `at` is the time in milliseconds on the caller's clock and never decreases. */
export type ScriptInput = { readonly at: number } & (
  | { readonly type: 'connected' }
  /** Only their number counts, so the memory stays the caller's. */
  | { readonly type: 'bytes'; readonly length: number }
  | { readonly type: 'tick' }
)

/** Everything that a scripted probe wants done. */
export interface ScriptOutput {
  readonly send: Uint8Array | undefined
  /** When to send a `tick` if no other input comes first; undefined once the probe is over. */
  readonly wakeAt: number | undefined
  /** Everything was seen: the connection is to be closed. */
  readonly isOver: boolean
}

/** An answer that is longer than this is not read to its end, in bytes: no answer that matters is. */
export const LONGEST_ANSWER = 1024

/** A probe that follows a script, as a pure state machine. It stops sending at the first byte that comes. */
export class ScriptedProbe {
  readonly #script: Script
  #next = 0
  #received = 0
  /** When the current wait ends; undefined before the connection is established. */
  #until: number | undefined
  #isOver = false

  constructor(script: Script) {
    this.#script = script
  }

  step(input: ScriptInput): ScriptOutput {
    const send = this.#isOver ? undefined : this.#take(input)
    return { send, wakeAt: this.#isOver ? undefined : this.#until, isOver: this.#isOver }
  }

  #take(input: ScriptInput): Uint8Array | undefined {
    switch (input.type) {
      case 'connected':
        this.#wait(input.at)
        return undefined
      case 'bytes':
        this.#received += input.length
        this.#until = input.at + this.#script.settleMs
        this.#isOver = this.#received >= LONGEST_ANSWER
        return undefined
      case 'tick':
        return this.#until === undefined || input.at < this.#until ? undefined : this.#goOn(input.at)
    }
  }

  /** The wait is over: the next part, or the end. */
  #goOn(at: number): Uint8Array | undefined {
    const part = this.#script.parts[this.#next]
    this.#isOver = this.#received > 0 || part === undefined
    if (this.#isOver) return undefined
    this.#next++
    this.#wait(at)
    return part?.bytes
  }

  #wait(at: number): void {
    this.#until = at + (this.#script.parts[this.#next]?.waitMs ?? this.#script.answerMs)
  }
}
