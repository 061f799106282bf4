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
    readFile,
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

async function readFile(path: string): Promise<Uint8Array> {
  if (path === '-') return readAll(process.stdin)
  const { open } = await import('node:fs/promises')
  const file = await open(path).catch((cause: unknown) => {
    throw readError(path, cause)
  })
  try {
    return await readAll(file.createReadStream({ end: MAX_FILE_LENGTH, autoClose: false }))
  } catch (cause) {
    throw readError(path, cause)
  } finally {
    await file.close()
  }
}

async function readAll(stream: AsyncIterable<unknown>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of stream) {
    const bytes = chunk as Uint8Array
    chunks.push(bytes)
    length += bytes.length
    if (length > MAX_FILE_LENGTH) break
  }
  return Buffer.concat(chunks, length)
}

function readError(path: string, cause: unknown): PeerError {
  const reasons: { readonly [code: string]: string } = {
    ENOENT: 'there is no such file',
    EACCES: 'permission denied',
    EISDIR: 'it is a folder',
  }
  const code = codeOf(cause) ?? 'unknown'
  return new PeerError('E_FILE_READ', `cannot read ${path}: ${reasons[code] ?? code}`, {
    hint: 'type the path of a .torrent file behind -t',
    cause,
  })
}

function codeOf(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}

main()
