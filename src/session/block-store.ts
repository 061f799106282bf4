/** Where the bytes of a torrent come from. */
export interface BlockStore {
  /**
   * Bytes of one piece, at once or later. They are not changed afterwards, and not by the caller either.
   * @param begin with `length` inside the piece; a read may span several blocks. Zeros stand for what lies
   *   in no file: pad files, and in v2 the rest of a file's last piece
   * @throws PeerError E_FILE_READ, or rejects with it
   */
  read(piece: number, begin: number, length: number): Uint8Array | Promise<Uint8Array>
  /** Lets go of files; nothing is read afterwards. */
  close(): Promise<void>
}
