import { copyBytes } from '../base/bytes.ts'
import type { Transport } from './transport.ts'

/**
 * A transport whose chunks may be kept: each is copied once, for those who read later than the bytes come.
 * @param needed asked for each chunk: false for one that nobody will keep
 */
export function withOwnedBytes(transport: Transport, needed: () => boolean): Transport {
  return {
    kind: transport.kind,
    encryption: transport.encryption,
    local: transport.local,
    remote: transport.remote,
    get bytesSent() {
      return transport.bytesSent
    },
    get bytesReceived() {
      return transport.bytesReceived
    },
    get utpStats() {
      return transport.utpStats
    },
    start: (sink) =>
      transport.start({
        bytes: (chunk) => sink.bytes(needed() ? copyBytes(chunk) : chunk),
        drained: () => sink.drained(),
        closed: (end) => sink.closed(end),
      }),
    write: (bytes) => transport.write(bytes),
    pause: () => transport.pause(),
    resume: () => transport.resume(),
    end: () => transport.end(),
    abort: () => transport.abort(),
  }
}
