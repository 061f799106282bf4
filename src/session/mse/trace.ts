import { traceError } from '../../trace/error.ts'
import type { TraceEncryption } from '../../trace/event.ts'
import type { MseEvent } from './machine.ts'

/** The trace event of a step of the encryption handshake: lengths only, without keys and pads. */
export function traceMseEvent(event: MseEvent): TraceEncryption & { readonly at: number } {
  const base = { at: event.at, type: 'encryption', step: event.type } as const
  switch (event.type) {
    case 'public-key-received':
    case 'torrent-found':
      return base
    case 'public-key-sent':
      return { ...base, padLength: event.padLength }
    case 'synchronised':
      return { ...base, padLength: event.padLength, offset: event.offset }
    case 'provide-sent':
      return {
        ...base,
        methods: event.methods,
        padLength: event.padLength,
        payloadLength: event.initialPayloadLength,
        ...(event.secretBeginsWithZero ? { secretBeginsWithZero: true } : {}),
      }
    case 'provide-received':
      return { ...base, methods: event.methods, padLength: event.padLength }
    case 'initial-payload-received':
      return { ...base, payloadLength: event.length }
    case 'select-sent':
    case 'select-received':
      return { ...base, methods: [event.method], padLength: event.padLength }
    case 'established':
      return { ...base, encryption: event.encryption, payloadLength: event.bytes.length }
    case 'plaintext':
      return { ...base, payloadLength: event.bytes.length }
    case 'failed':
      return { ...base, offset: event.bytesReceived, error: traceError(event.error) }
  }
}
