import { once } from 'node:events'
import { spawn } from 'node:child_process'

/** Starts a program and waits until it has printed something that contains the text. */
export async function startUntilOutput(
  command: readonly string[],
  text = '',
): Promise<{ stop(): Promise<void> }> {
  const [program = '', ...args] = command
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const closed = once(child, 'close')
  let errors = ''
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()))
  const printed = new Promise<true>((resolve) => {
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      if (output.includes(text)) resolve(true)
    })
  })
  const isReady = await Promise.race([printed, closed.then(() => false)])
  if (!isReady) throw new Error(`${program} ended: ${errors}`)
  return {
    stop: async () => {
      child.kill('SIGKILL')
      await closed
    },
  }
}
