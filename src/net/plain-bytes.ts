/** The same memory as a plain Uint8Array: `slice` of a Buffer is a view, and whoever means a copy gets bytes that change. */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
