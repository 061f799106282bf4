/** The four messages that move a flag of `ChokingState`. */
export type ChokingMessage = 'choke' | 'unchoke' | 'interested' | 'not-interested'

/**
 * Who chokes whom and who is interested, on one connection. Both directions are followed from the messages
 * themselves, sent and received, so the flags cannot drift from what the peer was told.
 * @see https://www.bittorrent.org/beps/bep_0003.html "peer protocol"
 */
export class ChokingState {
  #amChoking = true
  #amInterested = false
  #peerChoking = true
  #peerInterested = false

  get amChoking(): boolean {
    return this.#amChoking
  }

  get amInterested(): boolean {
    return this.#amInterested
  }

  get peerChoking(): boolean {
    return this.#peerChoking
  }

  get peerInterested(): boolean {
    return this.#peerInterested
  }

  /** Whether we may request any piece. Allowed-fast pieces may be requested in spite of a choke, see FastExtensionState. */
  get canRequest(): boolean {
    return this.#amInterested && !this.#peerChoking
  }

  /** Whether the peer's requests are to be served. */
  get canServe(): boolean {
    return this.#peerInterested && !this.#amChoking
  }

  /** Notes a message that we send; false when it tells the peer nothing new. */
  sent(message: ChokingMessage): boolean {
    const choking = this.#amChoking
    const interested = this.#amInterested
    switch (message) {
      case 'choke':
        this.#amChoking = true
        break
      case 'unchoke':
        this.#amChoking = false
        break
      case 'interested':
        this.#amInterested = true
        break
      case 'not-interested':
        this.#amInterested = false
        break
    }
    return choking !== this.#amChoking || interested !== this.#amInterested
  }

  /** Notes a message of the peer; false when it repeats what it had said. */
  received(message: ChokingMessage): boolean {
    const choking = this.#peerChoking
    const interested = this.#peerInterested
    switch (message) {
      case 'choke':
        this.#peerChoking = true
        break
      case 'unchoke':
        this.#peerChoking = false
        break
      case 'interested':
        this.#peerInterested = true
        break
      case 'not-interested':
        this.#peerInterested = false
        break
    }
    return choking !== this.#peerChoking || interested !== this.#peerInterested
  }
}
