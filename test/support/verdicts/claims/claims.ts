import { BEHAVIOUR } from './behaviour.ts'
import type { Claim } from './claim.ts'
import { CLOSING } from './closing.ts'
import { CODE_CLAIMS } from './codes.ts'
import { FINDING_CLAIMS } from './findings.ts'
import { HINTS } from './hints.ts'
import { MEETING } from './meeting.ts'
import { REASONS } from './reasons.ts'
import { SESSION, TROUBLE } from './session.ts'
import { VERDICTS } from './verdict.ts'
import { WAYS } from './ways.ts'

/** Every sentence that is printed about a peer, and what must be on record before it may be. One heading a theme. */
export const CLAIMS: readonly { readonly theme: string; readonly rows: readonly Claim[] }[] = [
  { theme: 'The verdict', rows: VERDICTS },
  { theme: 'How it ended', rows: CLOSING },
  { theme: 'Connection and handshakes', rows: MEETING },
  { theme: 'The reasons of a peer', rows: REASONS },
  { theme: 'The way of the session', rows: WAYS },
  { theme: 'The session', rows: SESSION },
  { theme: 'Which client it behaves like', rows: BEHAVIOUR },
  { theme: 'What went wrong after the handshake', rows: TROUBLE },
  { theme: 'What to try', rows: HINTS },
  { theme: 'Error codes', rows: CODE_CLAIMS },
  { theme: 'Findings', rows: FINDING_CLAIMS },
]
