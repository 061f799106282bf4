import { INSPECT, type Inspect, inspectAs } from '../../base/inspect.ts'

/** The four messages that change a flag of `ChokingState`. */
export type ChokingMessage = 'choke' | 'unchoke' | 'interested' | 'not-interested'

/**
 * Who chokes whom and who is interested, on one connection. Both directions follow from the messages that were
 * sent and received, so our flags always match what the peer knows.
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

  [INSPECT](_depth: number, options: object, inspect: Inspect): string {
    const { amChoking, amInterested, peerChoking, peerInterested } = this
    return inspectAs(
      'ChokingState',
      { amChoking, amInterested, peerChoking, peerInterested },
      options,
      inspect,
    )
  }

  /** Whether we may request any piece. Allowed-fast pieces may be requested while choked, see FastExtensionState. */
  get canRequest(): boolean {
    return this.#amInterested && !this.#peerChoking
  }

  /** Whether the peer's requests are to be served. */
  get canServe(): boolean {
    return this.#peerInterested && !this.#amChoking
  }

  /** Records a message that we send. Returns false when it changes nothing. */
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

  /** Records a message from the peer. Returns false when it changes nothing. */
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
