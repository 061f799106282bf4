/** The same memory as a plain Uint8Array. `slice` of a Buffer returns a view, so callers that expect a copy would see bytes change. */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
