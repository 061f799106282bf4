/**
 * Resolves with the next unhandled rejection, which would otherwise end the process. Bugs in peerwire must surface this
 * way, and must not be reported as something that a peer did.
 */
export function nextCrash(): Promise<unknown> {
  const others = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  return new Promise((resolve) => {
    process.once('unhandledRejection', (reason) => {
      for (const other of others) process.on('unhandledRejection', other)
      resolve(reason)
    })
  })
}
