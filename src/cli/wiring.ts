import type { SessionDocument } from '../report/judge.ts'
import type { SessionOptions } from '../run/options.ts'
import type { Ports } from '../run/ports.ts'
import type { CapturedOptions } from './files/capture-file.ts'
import type { UseCase } from './env.ts'
import type { TracedOptions } from './files/trace-file.ts'

/** A use case that runs on the ports that every session needs. */
export function onPorts<Options, Report>(
  load: () => Promise<(options: Options, ports: Ports) => Promise<Report>>,
): UseCase<Options, Report> {
  return async (options, ports) => {
    const [run, loaded] = await Promise.all([load(), ports()])
    return run(options, loaded)
  }
}

/** Like `onPorts`, for a command with one torrent at one peer, which `--trace-file` and `--capture` can record. */
export function onSession<
  Options extends Pick<SessionOptions, 'trace' | 'capture'> & TracedOptions & CapturedOptions,
  Report extends SessionDocument,
>(load: () => Promise<(options: Options, ports: Ports) => Promise<Report>>): UseCase<Options, Report> {
  return onPorts(async () => {
    const run = await load()
    return async (options, ports) => {
      // loaded for their flags alone: nothing else should make a connection later
      const redacted =
        options.redactor === undefined
          ? (given: Options) => run(given, ports)
          : async (given: Options) =>
              run((await import('./redaction/trace.ts')).withRedactedTrace(given), ports)
      const traced =
        options.traceFile === undefined
          ? redacted
          : async (given: Options) =>
              (await import('./files/trace-file.ts')).withTraceFile(redacted, given, ports)
      if (options.captureFile === undefined) return traced(options)
      const { withCaptureFile } = await import('./files/capture-file.ts')
      return withCaptureFile((capture) => traced({ ...options, capture }), options, ports)
    }
  })
}
