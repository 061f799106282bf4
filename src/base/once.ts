/**
 * Loads something when it is first asked for. Importing a module again costs little, but not nothing: in the bundled command
 * each import makes its namespace anew, and a scan has thousands of sessions.
 */
export function once<Loaded>(load: () => Promise<Loaded>): () => Promise<Loaded> {
  let loaded: Promise<Loaded> | undefined
  return () => {
    loaded ??= load().catch((error: unknown) => {
      // without a free file descriptor nothing can be loaded now, but perhaps later
      loaded = undefined
      throw error
    })
    return loaded
  }
}
