import type { Transport } from '../transport.ts'

/** Most connections of a seeder at a time. */
export interface ConnectionLimits {
  /** Maximum number of connections. */
  readonly total: number
  /** Maximum number of connections from one address. */
  readonly perAddress: number
}

/** What is managed: anything that can be closed. */
export interface ManagedConnection {
  /** Sends what is queued, then FIN. */
  end(): void
  abort(): void
}

/** Why a connection was refused. */
export type RefusedConnection = 'too-many-connections' | 'too-many-from-address' | 'closing'

/** The open connections: limited in total and per address, and closed together. */
export class ConnectionManager<Connection extends ManagedConnection> {
  readonly #limits: ConnectionLimits
  readonly #open = new Map<Connection, string>()
  readonly #perAddress = new Map<string, number>()
  readonly #idle: (() => void)[] = []
  #closing = false

  constructor(limits: ConnectionLimits) {
    this.#limits = limits
  }

  get connections(): Iterable<Connection> {
    return this.#open.keys()
  }

  get size(): number {
    return this.#open.size
  }

  /** Why a connection from this address must be refused now; undefined if it can be accepted. */
  refusal({ remote }: Pick<Transport, 'remote'>): RefusedConnection | undefined {
    if (this.#closing) return 'closing'
    if (this.#open.size >= this.#limits.total) return 'too-many-connections'
    const fromThere = this.#perAddress.get(remote.address) ?? 0
    return fromThere >= this.#limits.perAddress ? 'too-many-from-address' : undefined
  }

  add(connection: Connection, { remote: { address } }: Pick<Transport, 'remote'>): void {
    this.#open.set(connection, address)
    this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1)
  }

  /** Call it when the connection is over. */
  remove(connection: Connection): void {
    const address = this.#open.get(connection)
    if (address === undefined) return
    this.#open.delete(connection)
    const left = (this.#perAddress.get(address) ?? 1) - 1
    if (left === 0) this.#perAddress.delete(address)
    else this.#perAddress.set(address, left)
    if (this.#open.size === 0) for (const resolve of this.#idle.splice(0)) resolve()
  }

  /** Stops accepting, closes all connections, and resolves when they are closed; `abort` does not wait for their queues. */
  closeAll(how: 'end' | 'abort'): Promise<void> {
    this.#closing = true
    for (const connection of [...this.#open.keys()]) connection[how]()
    return this.#open.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve))
  }
}
