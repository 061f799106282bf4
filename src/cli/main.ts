import { fstatSync, statSync, writeSync } from 'node:fs'
import { encodeUtf8 } from '../base/bytes.ts'
import { PeerError } from '../base/errors.ts'
import type { CliEnv, OutputStream } from './env.ts'
import { reportCrash, runCli } from './run-cli.ts'
import { MAX_TORRENT_LENGTH } from '../base/limits.ts'
import { systemPorts } from '../library/system-ports.ts'

const LONGEST_TIMER_MS = 2 ** 31 - 1

/** The only place that touches `process`. */
function main(): void {
  const abort = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) stopOn(signal, abort)
  const readerGone = new AbortController()
  const stdout = output(
    1,
    () => process.stdout,
    () => readerGone.abort(),
  )
  const env: CliEnv = {
    stdout,
    stderr: output(
      2,
      () => process.stderr,
      () => undefined,
    ),
    startedAt: new Date(),
    variables: process.env,
    readFile: (path) => readTorrentFile(path, abort.signal),
    readChunks: (path, hint) => readChunks(path, { hint, signal: abort.signal }),
    fileSize,
    signal: abort.signal,
    readerGone: readerGone.signal,
    perform: (_, useCase, options, signal) => useCase(options, () => systemPorts(stdout, signal)),
  }
  const argv = process.argv.slice(2)
  const crash = untilCrash(argv, env)
  // a closing socket does not keep the process running: waiting for it would end with code 0 and no output
  setInterval(() => undefined, LONGEST_TIMER_MS)
  void runCli(argv, crash.env).then((exitCode) => {
    // every write was awaited, so no output is lost; only sockets without listeners are left
    if (!crash.happened()) process.exit(exitCode)
  })
}

const STOP_CODES = { SIGINT: 'E_INTERRUPTED', SIGTERM: 'E_TERMINATED', SIGHUP: 'E_HANGUP' } as const

function stopOn(signal: keyof typeof STOP_CODES, abort: AbortController): void {
  process.on(signal, () => {
    const stop = new PeerError(STOP_CODES[signal], `stopped by ${signal}`)
    // a second signal ends the process immediately
    if (abort.signal.aborted) process.exit(stop.exitCode)
    // a terminal has printed ^C, and the report would go on behind it
    if (signal === 'SIGINT' && process.stderr.isTTY) {
      process.stderr.write(process.env['TERM'] === 'dumb' ? '\n' : '\r\u001b[K')
    }
    abort.abort(stop)
  })
}

/**
 * A bug ends the process and is reported once. Further output would only be a consequence of it, and there must be only one
 * document.
 */
function untilCrash(
  argv: readonly string[],
  env: CliEnv,
): { readonly env: CliEnv; readonly happened: () => boolean } {
  let crashed = false
  const crash = (error: unknown) => {
    if (crashed) return
    crashed = true
    void reportCrash(error, argv, env).then((exitCode) => process.exit(exitCode))
  }
  process.on('uncaughtException', crash)
  process.on('unhandledRejection', crash)
  const quietened = (stream: OutputStream): OutputStream => ({
    get isTty() {
      return stream.isTty
    },
    get columns() {
      return stream.columns
    },
    onResize: stream.onResize,
    write: (data) => (crashed ? Promise.resolve() : stream.write(data)),
  })
  return {
    env: { ...env, stdout: quietened(env.stdout), stderr: quietened(env.stderr) },
    happened: () => crashed,
  }
}

function output(descriptor: number, open: () => NodeJS.WriteStream, onReaderGone: () => void): OutputStream {
  return isFile(descriptor) ? fileOutput(descriptor) : streamOutput(open, onReaderGone)
}

/** Whether it is a file or the null device, and so neither a terminal nor something that keeps us waiting. */
function isFile(descriptor: number): boolean {
  try {
    const stats = fstatSync(descriptor)
    return stats.isFile() || (stats.isCharacterDevice() && stats.rdev === statSync('/dev/null').rdev)
  } catch {
    return false
  }
}

/** Writes as Node writes to a file, at once, but without its streams, which take a tenth of the start to load. */
function fileOutput(descriptor: number): OutputStream {
  return {
    isTty: false,
    write: (data) =>
      new Promise((resolve) => {
        let rest = typeof data === 'string' ? encodeUtf8(data) : data
        try {
          while (rest.length > 0) rest = rest.subarray(writeSync(descriptor, rest))
        } catch (error) {
          throw writeError(error as Error)
        }
        resolve()
      }),
  }
}

/** @param open called on first use: a command that prints only its report loads nothing for that before it connects */
function streamOutput(open: () => NodeJS.WriteStream, onReaderGone: () => void): OutputStream {
  let opened: NodeJS.WriteStream | undefined
  // the callback of the failed write also receives the error
  const stream = () => (opened ??= open().on('error', () => undefined))
  return {
    get isTty() {
      return stream().isTTY
    },
    get columns() {
      return stream().isTTY ? stream().columns : undefined
    },
    onResize: (listener) => {
      stream().on('resize', listener)
      return () => stream().off('resize', listener)
    },
    write: (data) =>
      new Promise((resolve, reject) => {
        stream().write(data, (error) => {
          if (error !== null && error !== undefined && codeOf(error) !== 'EPIPE') {
            reject(writeError(error))
            return
          }
          if (error) onReaderGone()
          resolve()
        })
      }),
  }
}

function writeError(cause: Error): PeerError {
  const code = codeOf(cause) === 'ENOSPC' ? 'E_DISK_FULL' : 'E_FILE_WRITE'
  return new PeerError(code, `cannot write to standard output: ${codeOf(cause) ?? cause.message}`, { cause })
}

async function readTorrentFile(path: string, signal: AbortSignal): Promise<Uint8Array> {
  const { readInputFile, readInputStream } = await import('../net/files/input-file.ts')
  const options = {
    maxLength: MAX_TORRENT_LENGTH + 1,
    signal,
    hint: 'use the path of a .torrent file after -t',
  }
  return path === '-' ? readInputStream(process.stdin, options) : readInputFile(path, options)
}

async function* readChunks(
  path: string,
  options: { readonly hint: string; readonly signal: AbortSignal },
): AsyncGenerator<Uint8Array> {
  const { readFileChunks, readStreamChunks } = await import('../net/files/input-file.ts')
  yield* path === '-' ? readStreamChunks(process.stdin, options) : readFileChunks(path, options)
}

async function fileSize(path: string): Promise<number | undefined> {
  const { stat } = await import('node:fs/promises')
  return stat(path).then(
    (stats) => (stats.isFile() ? stats.size : undefined),
    () => undefined,
  )
}

function codeOf(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}

main()
