import type { FindingId } from '../../../src/diagnose/findings.ts'
import type { TraceExtensionDefects, TraceMessage } from '../../../src/trace/event.ts'
import type { PexIssue } from '../../../src/wire/extension/pex.ts'
import { extensionHandshake, type Sides, type Step } from '../captures/trace.ts'

const EXTENSION_IDS = { ut_pex: 1, ut_metadata: 2, lt_donthave: 7 } as const

function message(extension: keyof typeof EXTENSION_IDS, defects: TraceExtensionDefects): TraceMessage {
  return { type: 'extended', id: EXTENSION_IDS[extension], extension, length: 10, defects }
}

function pex(...kinds: readonly PexIssue['kind'][]): Step {
  const issues = kinds.map((kind) => ({ kind, key: 'added', detail: `it is ${kind}` }) as const)
  return { in: message('ut_pex', { type: 'pex', issues }) }
}

const size = (bytes: number): Step => ({ in: extensionHandshake({ m: {}, metadata_size: bytes }) })
const malformed = { type: 'malformed', reason: 'no integer msg_type', offset: 3 } as const

interface Row {
  readonly name: string
  readonly sides?: Sides
  readonly steps: readonly Step[]
  readonly finds: readonly FindingId[]
  readonly detail?: string
}

/** Contents of extension messages, and the expected findings. */
export const EXTENSION_CONTENT_ROWS: readonly Row[] = [
  {
    name: 'a ut_metadata message that cannot be read',
    steps: [{ in: message('ut_metadata', malformed) }],
    finds: ['extension-message-malformed'],
    detail: 'ut_metadata: no integer msg_type (byte 77)',
  },
  {
    name: 'a lt_donthave that cannot be read',
    steps: [{ in: message('lt_donthave', malformed) }],
    finds: ['extension-message-malformed'],
    detail: 'lt_donthave: no integer msg_type (byte 77)',
  },
  {
    name: 'a size of the metadata that changes',
    steps: [size(100), size(101)],
    finds: ['metadata-total-size'],
  },
  {
    name: 'a list of peers with defects',
    steps: [pex('wrong-length', 'port-zero')],
    finds: ['pex-defect'],
    detail: 'added: it is wrong-length (byte 68); and 1 more',
  },
  { name: 'a first list of peers that is long', steps: [pex('over-50')], finds: [] },
  { name: 'a second one that is long', steps: [pex('over-50'), pex('over-50')], finds: ['pex-defect'] },
  {
    name: 'an address that nobody else can reach, from one that can be reached',
    sides: { remote: '192.0.2.1:6881' },
    steps: [pex('special-address')],
    finds: ['pex-defect'],
  },
  ...['10.0.0.1:6881', '[fe80::1]:6881'].map((remote) => ({
    name: `such an address from ${remote}`,
    sides: { remote },
    steps: [pex('special-address')],
    finds: [],
  })),
  { name: 'two lists of peers in a minute', steps: [pex(), pex()], finds: [] },
  { name: 'three lists of peers in a minute', steps: [pex(), pex(), pex()], finds: ['pex-flood'] },
  {
    name: 'three lists of peers, one a minute',
    steps: [pex(), { waitMs: 60_000 }, pex(), { waitMs: 60_000 }, pex()],
    finds: [],
  },
]
