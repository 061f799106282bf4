/** What a close reason means that came before a handshake, and what to do about it. */
export interface CloseMeaning {
  /** A clause about the peer. */
  readonly text: string
  /** What to try. */
  readonly hint: string
  /** Whether it is the answer: no other way to connect can have another result. */
  readonly isFinal: boolean
}

/** The close reason of libtorrent for a connection whose encryption it does not accept. */
export const PROTOCOL_BLOCKED = 13

/**
 * The close reasons that libtorrent, and clients based on it, give in place of a handshake over uTP. Others are printed
 * with their names only, because we have not seen what leads to them.
 */
const MEANINGS: ReadonlyMap<number, CloseMeaning> = new Map([
  [
    1,
    {
      text: 'it has another connection from this address',
      hint: 'close the other connection, or try again in some seconds or from another address',
      isFinal: true,
    },
  ],
  [
    2,
    {
      text: 'it has this torrent, and the torrent is not active',
      hint: 'look at the torrent in that client: it is paused, queued, being checked or in error',
      isFinal: true,
    },
  ],
  [
    PROTOCOL_BLOCKED,
    {
      text: 'it does not accept such a connection for this torrent',
      hint: 'it may require encryption (--encryption require), or this is an SSL torrent',
      isFinal: false,
    },
  ],
  [
    15,
    {
      text: 'its connection limit is reached',
      hint: 'try again later, or raise the limit in that client',
      isFinal: true,
    },
  ],
  [
    257,
    {
      text: 'it does not have this torrent',
      hint: 'check the info hash, and that the torrent is loaded in that client',
      isFinal: true,
    },
  ],
])

/** The meaning of a close reason in place of a handshake; undefined for codes whose causes are not known. */
export function closeMeaning(code: number | undefined): CloseMeaning | undefined {
  return code === undefined ? undefined : MEANINGS.get(code)
}

/** Whether no other way to connect can have another result after this close reason. */
export function isFinalReason(code: number | undefined): boolean {
  return closeMeaning(code)?.isFinal === true
}
