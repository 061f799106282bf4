/** One packet as a capture has it. */
export interface CapturedPacket {
  /**
   * When it was captured, in milliseconds since the Unix epoch, exact to about a third of a microsecond. Undefined in a simple
   * packet block, which has no time.
   */
  readonly at: number | undefined
  /** Number of the interface in its section; 0 in a pcap file. */
  readonly interfaceId: number
  /** What the bytes begin with: a LINKTYPE_ value of tcpdump.org. */
  readonly linkType: number
  /** As much of the packet as was captured. Borrowed until the call that delivers it returns. */
  readonly bytes: Uint8Array
  /** Length of the packet on the wire, in bytes; never less than was captured. */
  readonly originalLength: number
  /** What was remarked on the packet; in a pcap file nothing can be. */
  readonly comments?: readonly string[]
  /** Position in the file of the record that holds the packet, in bytes. */
  readonly offset: number
}

/** Takes the packets of a capture in the order of the file. */
export type PacketSink = (packet: CapturedPacket) => void

/** Reads one format of capture files, record by record. */
export interface CaptureFormat {
  /**
   * Reads the next record from the window.
   * @returns false when it is not complete yet
   * @throws PeerError E_BAD_CAPTURE
   */
  readonly next: () => boolean
}
