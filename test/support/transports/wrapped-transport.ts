import type { Transport, TransportSink } from '../../../src/net/transport.ts'

/** A transport whose sink is what `wrap` makes of the sink of its user. */
export function wrapSink(transport: Transport, wrap: (sink: TransportSink) => TransportSink): Transport {
  const start = (sink: TransportSink): void => transport.start(wrap(sink))
  return new Proxy(transport, {
    get: (target, key) => {
      if (key === 'start') return start
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}
