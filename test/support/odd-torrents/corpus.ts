import { fromByteString, toByteString } from '../../../src/base/bytes.ts'
import { Random } from '../../fuzz/random.ts'
import { BASE_KINDS, type BaseKind, baseTorrent, type Draft } from './base.ts'
import { write } from './bencode-text.ts'
import { type Mutation, MUTATIONS } from './mutations.ts'

/** A torrent of the corpus. */
export interface OddTorrent {
  /** The sound torrent that it comes from, and what was done to it. */
  readonly name: string
  readonly kind: BaseKind
  readonly bytes: Uint8Array
}

/**
 * Different torrents, the same ones for the same arguments: each sound one, each with one mutation where that applies, and each of `mixed` with two
 * or three of them.
 */
export function oddTorrents({
  seed,
  mixed,
}: {
  readonly seed: number
  readonly mixed: number
}): readonly OddTorrent[] {
  const random = new Random(seed)
  const torrents: OddTorrent[] = []
  const seen = new Set<string>()
  const add = (kind: BaseKind, mutations: readonly Mutation[]): boolean => {
    const made = makeOdd(kind, mutations, random)
    if (made === undefined) return false
    // what changes nothing makes a torrent that is there already
    const text = toByteString(made.bytes)
    if (seen.has(text)) return false
    seen.add(text)
    torrents.push(made)
    return true
  }
  for (const kind of BASE_KINDS) {
    add(kind, [])
    for (const mutation of MUTATIONS) add(kind, [mutation])
  }
  for (let left = mixed; left > 0;) {
    const mutations = Array.from({ length: 2 + random.below(2) }, () => random.pick(MUTATIONS))
    if (add(random.pick(BASE_KINDS), mutations)) left--
  }
  return torrents
}

/** Undefined when a mutation does not apply. */
function makeOdd(kind: BaseKind, mutations: readonly Mutation[], random: Random): OddTorrent | undefined {
  const draft = baseTorrent(kind)
  // mutations of the info dictionary see it in its place
  draft.outer.set('info', draft.info)
  try {
    for (const { apply } of mutations) apply(draft, random)
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
  const name = [kind, ...mutations.map((mutation) => mutation.name)].join(' / ')
  return { name, kind, bytes: fromByteString(draft.finish(writeDraft(draft))) }
}

function writeDraft({ outer, info }: Draft): string {
  const at = outer.entries.findIndex(([key]) => key === 'info')
  outer.entries[at] = ['info', info]
  return write(outer)
}
