import type { Trait } from './trait.ts'
import { EXTENSION_HANDSHAKE_TRAITS } from './traits/extension-handshake.ts'
import { SESSION_TRAITS } from './traits/session.ts'
import { TRANSPORT_TRAITS } from './traits/transport.ts'

/**
 * Everything that identifies a client. Weights: 6 for what one family does and no other, 8 where no other can; 2 to 4 for
 * habits that few share; 1 for what many do, or what a network can imitate, such as delays.
 */
export const TRAITS: readonly Trait[] = [
  ...EXTENSION_HANDSHAKE_TRAITS,
  ...SESSION_TRAITS,
  ...TRANSPORT_TRAITS,
]
