/**
 * The next rejection that nobody handles, which would end the process; it does not end the test. Bugs of ours have to
 * come out this way, and not as something that a peer did.
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
