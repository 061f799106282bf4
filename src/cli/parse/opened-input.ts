/**
 * The chunks of a file of which the first was read: a file that cannot be read is an error before anything is done.
 * Standard input is not waited for.
 * @throws PeerError E_FILE_READ
 */
export async function openedInput(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
): Promise<AsyncIterable<Uint8Array>> {
  if (path === '-') return chunks
  const reader = chunks[Symbol.asyncIterator]()
  return continued(await reader.next(), reader)
}

async function* continued(
  first: IteratorResult<Uint8Array>,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    for (let next = first; next.done !== true; next = await rest.next()) yield next.value
  } finally {
    // a reader that stops early lets go of the file
    await rest.return?.()
  }
}
