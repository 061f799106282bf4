/** Memory that packets are written to, of zeros at first: the same bytes, for copies and for numbers. */
export class PacketMemory {
  readonly bytes: Uint8Array
  readonly view: DataView

  /** @param length in bytes */
  constructor(length: number) {
    this.bytes = new Uint8Array(length)
    this.view = new DataView(this.bytes.buffer)
  }
}
