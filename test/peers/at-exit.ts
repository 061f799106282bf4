const cleanups = new Set<() => void>()

function cleanUp(): void {
  for (const cleanup of cleanups) cleanup()
  cleanups.clear()
}

process.once('exit', cleanUp)
// a test runner ends its workers with a signal, which by itself brings no 'exit'
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.once(signal, () => {
    cleanUp()
    process.kill(process.pid, signal)
  })
}

/** Runs `cleanup` when this process exits or is told to, unless the function it returns is called before. */
export function atExit(cleanup: () => void): () => void {
  cleanups.add(cleanup)
  return () => cleanups.delete(cleanup)
}
