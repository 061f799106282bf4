import * as s from '../../base/schema/schema.ts'
import { envelope } from './envelope.ts'
import { session } from './session.ts'

const merkleProof = s.object({
  piecesRoot: s.hex,
  baseLayer: s.described(s.count, 'layer of the hashes that are proven; 0 is the layer of the blocks'),
  index: s.described(s.count, 'position of the first of them in its layer'),
  length: s.described(s.count, 'how many there are'),
  hashes: s.described(
    s.list(s.hex),
    'these, and after them the other child at each step to the root, lowest first',
  ),
})
/** The merkle proof from blocks of a v2 file to its pieces root (BEP 52). */
export interface MerkleProofReport extends s.Infer<typeof merkleProof> {}

const request = s.object({ offset: s.count, length: s.count, latencyMs: s.milliseconds })
/** One answered request for a block. */
export interface RequestReport extends s.Infer<typeof request> {}

const block = s.named(
  'block',
  s.object({
    piece: s.count,
    offset: s.count,
    length: s.count,
    bytes: s.described(s.count, 'bytes written'),
    sha1: s.nullable(s.hex),
    output: s.described(s.text, 'path, or - for stdout'),
    verified: s.words(['piece-sha1', 'merkle-proof', 'none']),
    verifiedDetail: s.described(s.nullable(s.text), 'why not, or why not by a merkle proof'),
    proof: s.described(
      s.nullable(merkleProof),
      'the merkle proof that the block has its place in the file, enough to check it again without the peer',
    ),
    requests: s.list(request),
  }),
)
/** The bytes that `fetch-block` requested, and whether they are verified. */
export interface BlockReport extends s.Infer<typeof block> {}

export const fetchBlock = s.object({ ...envelope('fetch-block'), ...session, block: s.nullable(block) })

/** The document of `fetch-block`. */
export interface FetchBlockReport extends s.Infer<typeof fetchBlock> {}
