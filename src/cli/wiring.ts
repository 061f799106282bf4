import type { Ports } from '../run/ports.ts'
import type { OutputStream, UseCases } from './env.ts'

/** The use cases on the real network and disk; what each needs is loaded when it is called. */
export function systemUseCases(stdout: OutputStream): UseCases {
  return {
    connect: async (options, signal) => {
      const [{ connect }, ports] = await Promise.all([
        import('../run/connect.ts'),
        systemPorts(stdout, signal),
      ])
      return connect(options, ports)
    },
    fetchBlock: async (options, signal) => {
      const [{ fetchBlock }, ports] = await Promise.all([
        import('../run/fetch-block/fetch-block.ts'),
        systemPorts(stdout, signal),
      ])
      return fetchBlock(options, ports)
    },
    fetch: async (options, signal) => {
      const [{ fetch }, ports] = await Promise.all([
        import('../run/fetch/fetch.ts'),
        systemPorts(stdout, signal),
      ])
      return fetch(options, ports)
    },
    metadata: async (options, signal) => {
      const [{ metadata }, ports] = await Promise.all([
        import('../run/metadata/metadata.ts'),
        systemPorts(stdout, signal),
      ])
      return metadata(options, ports)
    },
    demo: async (trace, signal) => {
      const [{ demo }, { listenTcp }, { makeTemporaryFolder }, ports] = await Promise.all([
        import('../run/demo.ts'),
        import('../net/tcp/tcp.ts'),
        import('../net/files/temporary-folder.ts'),
        systemPorts(stdout, signal),
      ])
      return demo(trace, { ...ports, listen: listenTcp, temporaryFolder: makeTemporaryFolder })
    },
    serve: async (options, signal) => {
      const [{ serve }, { listenTcp }, { listenUtp }, { openDiskStore }, ports] = await Promise.all([
        import('../run/serve/serve.ts'),
        import('../net/tcp/tcp.ts'),
        import('../net/utp/utp.ts'),
        import('../net/files/disk-store.ts'),
        systemPorts(stdout, signal),
      ])
      const writeTorrent = async (path: string, force: boolean, bytes: Uint8Array) => {
        const file = await ports.files.create(path, force)
        try {
          await file.write(bytes, signal)
          await file.commit()
        } finally {
          await file.discard()
        }
      }
      const { clock, random, dial, resolve } = ports
      return serve(options, {
        listen: { tcp: listenTcp, utp: listenUtp },
        dial,
        resolve,
        clock,
        random,
        openStore: openDiskStore,
        writeTorrent,
        signal,
      })
    },
  }
}

async function systemPorts(stdout: OutputStream, signal: AbortSignal): Promise<Ports> {
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
