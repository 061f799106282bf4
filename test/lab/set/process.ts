import { once } from 'node:events'
import { spawn } from 'node:child_process'

/** Starts a program and waits until it has printed something. */
export async function startUntilOutput(command: readonly string[]): Promise<{ stop(): Promise<void> }> {
  const [program = '', ...args] = command
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const closed = once(child, 'close')
  let errors = ''
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()))
  const first = await Promise.race([once(child.stdout, 'data'), closed.then(() => undefined)])
  if (first === undefined) throw new Error(`${program} ended: ${errors}`)
  return {
    stop: async () => {
      child.kill('SIGKILL')
      await closed
    },
  }
}
