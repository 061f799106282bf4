import { holdsSession, type Probe } from '../trace/probe.ts'

const HOW: { readonly [how in Probe['how']]: string | undefined } = {
  session: undefined,
  'at-once': 'without a silence before it',
  steps: 'handshake in steps',
  'steps-control': 'steps with a wrong protocol name',
  key: 'MSE key in two halves',
  'small-requests': 'small requests',
  http: 'HTTP request',
  tls: 'TLS hello',
  socks: 'SOCKS5 greeting',
  silence: 'silence',
}

const VARIANT: { readonly [variant in Probe['variant']]: string } = {
  plaintext: 'plaintext',
  mse: 'encrypted',
  'mse-with-handshake': 'RC4 only',
}

/** A probe in words, such as `utp encrypted, random hash`. */
export function describeProbe({ how, transport, variant, hash, identity, reserved, source }: Probe): string {
  return [
    [transport, holdsSession({ how }) ? VARIANT[variant] : undefined, HOW[how]]
      .filter((word) => word !== undefined)
      .join(' '),
    hash === 'random' && how !== 'key' ? 'random hash' : hash === 'other' ? 'its other hash' : undefined,
    identity === 'other-client' ? 'another client name' : undefined,
    reserved === 'none' ? 'no reserved bits' : undefined,
    source === null ? undefined : `from ${source}`,
  ]
    .filter((part) => part !== undefined)
    .join(', ')
}
