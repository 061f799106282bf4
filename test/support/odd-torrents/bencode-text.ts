/** Bencode as byte strings, and everything that a bencoder of good manners would not write. */

/** What is written; text is a byte string, `Raw` is written as it is. */
export type Node = number | bigint | string | Raw | Node[] | Members

export class Raw {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** A dictionary whose members are written in their order, which `set` keeps sorted. */
export class Members {
  entries: [key: string, value: Node][]

  constructor(members: Readonly<Record<string, Node>> = {}) {
    this.entries = Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1))
  }

  get(key: string): Node | undefined {
    return this.entries.find(([name]) => name === key)?.[1]
  }

  set(key: string, value: Node): void {
    this.delete(key)
    const after = this.entries.findIndex(([name]) => name > key)
    this.entries.splice(after === -1 ? this.entries.length : after, 0, [key, value])
  }

  delete(key: string): void {
    this.entries = this.entries.filter(([name]) => name !== key)
  }
}

export function write(node: Node): string {
  if (node instanceof Raw) return node.text
  if (typeof node === 'string') return `${node.length}:${node}`
  if (typeof node !== 'object') return `i${node}e`
  if (Array.isArray(node)) return `l${node.map(write).join('')}e`
  return `d${node.entries.map(([key, value]) => write(key) + write(value)).join('')}e`
}
