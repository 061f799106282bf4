import type { DemoPorts } from '../run/demo.ts'
import type { Ports } from '../run/ports.ts'
import type { ServePorts } from '../run/serve/options.ts'

/** The network and the disk; `signal` aborts operations on them. */
export type SystemPorts = Ports & { readonly signal: AbortSignal }

/** Receives data that does not go to a file. */
export interface DataSink {
  /** Resolves when there is room for more. */
  write(data: Uint8Array): Promise<void>
}

/** Adds the ports that the demo needs to those of a session. */
export async function demoPorts(ports: Ports): Promise<DemoPorts> {
  const [{ listenTcp }, { makeTemporaryFolder }] = await Promise.all([
    import('../net/tcp/tcp.ts'),
    import('../net/files/temporary-folder.ts'),
  ])
  return { ...ports, listen: listenTcp, temporaryFolder: makeTemporaryFolder }
}

/** The ports that `serve` needs. */
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

/**
 * The network and the disk of this machine. Each part is loaded on first use.
 * @param sink receives what is written to `-`
 */
export async function systemPorts(sink: DataSink, signal: AbortSignal): Promise<SystemPorts> {
  const [{ randomBytes }, { dialPeer, prepareDial }, { systemResolve }, { systemClock }, { systemRandom }] =
    await Promise.all([
      import('node:crypto'),
      import('../net/dial.ts'),
      import('../net/resolve.ts'),
      import('../net/clock.ts'),
      import('../net/random.ts'),
    ])
  return {
    dial: dialPeer,
    prepareDial,
    resolve: systemResolve,
    clock: systemClock,
    random: systemRandom(),
    files: {
      create: async (path, force) => {
        if (path === '-') {
          return {
            write: (bytes) => sink.write(bytes),
            commit: () => Promise.resolve(),
            discard: () => Promise.resolve(),
          }
        }
        const { createOutputFile } = await import('../net/files/output-file.ts')
        return createOutputFile(path, force, randomBytes(6).toString('hex'))
      },
    },
    signal,
  }
}
