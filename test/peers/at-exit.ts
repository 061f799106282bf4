const cleanups = new Set<() => void>()

process.once('exit', () => {
  for (const cleanup of cleanups) cleanup()
})

/** Runs `cleanup` when this process exits, unless the function it returns is called before. */
export function atExit(cleanup: () => void): () => void {
  cleanups.add(cleanup)
  return () => cleanups.delete(cleanup)
}
