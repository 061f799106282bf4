import { PeerError } from '../base/errors.ts'
import type { CliEnv, OutputStream } from './env.ts'
import { runCli } from './run-cli.ts'
import { systemUseCases } from './wiring.ts'

/** The only place that touches `process`. */
function main(): void {
  const abort = new AbortController()
  stopOn('SIGINT', 130, abort)
  stopOn('SIGTERM', 143, abort)
  process.on('uncaughtException', crash)
  process.on('unhandledRejection', crash)
  const stdout = outputStream(process.stdout)
  const env: CliEnv = {
    stdout,
    stderr: outputStream(process.stderr),
    variables: process.env,
    readFile: (path) => readTorrentFile(path, abort.signal),
    signal: abort.signal,
    useCases: systemUseCases(stdout),
  }
  void runCli(process.argv.slice(2), env).then((exitCode) => {
    // every write has been waited for, so nothing is lost; what is left are sockets that nobody listens to
    process.exit(exitCode)
  })
}

function stopOn(signal: 'SIGINT' | 'SIGTERM', exitCode: number, abort: AbortController): void {
  process.on(signal, () => {
    // the second time the user means it
    if (abort.signal.aborted) process.exit(exitCode)
    const code = signal === 'SIGINT' ? 'E_INTERRUPTED' : 'E_TERMINATED'
    abort.abort(new PeerError(code, `stopped by ${signal}`))
  })
}

function crash(error: unknown): void {
  const verbose = process.argv.some((arg) => arg === '-v' || arg === '--verbose')
  const message = error instanceof Error ? error.message : String(error)
  const stack = verbose && error instanceof Error ? `${error.stack}\n` : ''
  process.stderr.write(
    `peerwire: this is a bug in peerwire: ${message};\n  run again with -v for the place, and report it\n${stack}`,
    () => process.exit(70),
  )
}

function outputStream(stream: NodeJS.WriteStream): OutputStream {
  // errors also come by the callback of the write that met them
  stream.on('error', () => undefined)
  return {
    isTty: stream.isTTY,
    write: (data) =>
      new Promise((resolve, reject) => {
        stream.write(data, (error) => {
          if (error === null || error === undefined || codeOf(error) === 'EPIPE') resolve()
          else reject(writeError(error))
        })
      }),
  }
}

function writeError(cause: Error): PeerError {
  const code = codeOf(cause) === 'ENOSPC' ? 'E_DISK_FULL' : 'E_FILE_WRITE'
  return new PeerError(code, `cannot write to standard output: ${codeOf(cause) ?? cause.message}`, { cause })
}

/** Larger than any torrent that is read: what exceeds it is refused by the reader, whole or not. */
const MAX_FILE_LENGTH = 65 * 1024 * 1024

async function readTorrentFile(path: string, signal: AbortSignal): Promise<Uint8Array> {
  const { readInputFile, readInputStream } = await import('../net/files/input-file.ts')
  const options = { maxLength: MAX_FILE_LENGTH, signal, hint: 'use the path of a .torrent file after -t' }
  return path === '-' ? readInputStream(process.stdin, options) : readInputFile(path, options)
}

function codeOf(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}

main()
