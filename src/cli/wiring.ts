import type { DemoPorts } from '../run/demo.ts'
import type { Conclusion } from '../report/exit-code.ts'
import type { SessionOptions } from '../run/options.ts'
import type { Ports } from '../run/ports.ts'
import type { ServePorts } from '../run/serve/options.ts'
import type { OutputStream, SystemPorts, UseCase } from './env.ts'
import type { TracedOptions } from './trace-file.ts'

/** Use cases on the real network and disk; what each needs is loaded when it is called. */

/** A use case that needs what every session needs. */
export function onPorts<Options, Report>(
  load: () => Promise<(options: Options, ports: Ports) => Promise<Report>>,
): UseCase<Options, Report> {
  return async (options, ports) => {
    const [run, loaded] = await Promise.all([load(), ports()])
    return run(options, loaded)
  }
}

/** As `onPorts`, for a command with one session, which `--trace-file` writes down. */
export function onSession<Options extends SessionOptions & TracedOptions, Report extends Conclusion>(
  load: () => Promise<(options: Options, ports: Ports) => Promise<Report>>,
): UseCase<Options, Report> {
  return onPorts(async () => {
    const [run, { withTraceFile }] = await Promise.all([load(), import('./trace-file.ts')])
    return (options, ports) => withTraceFile(run, options, ports)
  })
}

/** What the demo needs beyond that. */
export async function demoPorts(ports: Ports): Promise<DemoPorts> {
  const [{ listenTcp }, { makeTemporaryFolder }] = await Promise.all([
    import('../net/tcp/tcp.ts'),
    import('../net/files/temporary-folder.ts'),
  ])
  return { ...ports, listen: listenTcp, temporaryFolder: makeTemporaryFolder }
}

/** What serving needs. */
export async function servePorts({
  files,
  clock,
  random,
  dial,
  resolve,
  signal,
}: SystemPorts): Promise<ServePorts> {
  const [{ listenTcp }, { listenUtp }, { openDiskStore }] = await Promise.all([
    import('../net/tcp/tcp.ts'),
    import('../net/utp/utp.ts'),
    import('../net/files/disk-store.ts'),
  ])
  const writeTorrent = async (path: string, force: boolean, bytes: Uint8Array) => {
    const file = await files.create(path, force)
    try {
      await file.write(bytes, signal)
      await file.commit()
    } finally {
      await file.discard()
    }
  }
  return {
    listen: { tcp: listenTcp, utp: listenUtp },
    dial,
    resolve,
    clock,
    random,
    openStore: openDiskStore,
    writeTorrent,
    signal,
  }
}

/** The network and the disk of this machine. */
export async function systemPorts(stdout: OutputStream, signal: AbortSignal): Promise<SystemPorts> {
  const [
    { randomBytes },
    { dialPeer, prepareDial },
    { systemResolve },
    { systemClock },
    { createOutputFile },
  ] = await Promise.all([
    import('node:crypto'),
    import('../net/dial.ts'),
    import('../net/resolve.ts'),
    import('../net/clock.ts'),
    import('../net/files/output-file.ts'),
  ])
  return {
    dial: dialPeer,
    prepareDial,
    resolve: systemResolve,
    clock: systemClock,
    random: (length) => randomBytes(length),
    files: {
      create: async (path, force) => {
        if (path !== '-') return createOutputFile(path, force, randomBytes(6).toString('hex'))
        return {
          write: (bytes) => stdout.write(bytes),
          commit: () => Promise.resolve(),
          discard: () => Promise.resolve(),
        }
      },
    },
    signal,
  }
}
