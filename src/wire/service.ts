/** A protocol other than BitTorrent, by the first bytes of its server. */
export interface Service {
  readonly kind: 'http' | 'tls' | 'socks' | 'other'
  /** As in a sentence: `SSH`, `MySQL`. */
  readonly name: string
}

type Test = (bytes: Uint8Array, text: string) => boolean

/** The first bytes of servers. The more specific come first. */
const SIGNS: readonly (Service & { readonly test: Test })[] = [
  // in words of HTTP, to browsers that take its port for an HTTP proxy
  { kind: 'socks', name: 'SOCKS', test: text(/^HTTP\/1\.0 501 Tor is not an HTTP Proxy/) },
  { kind: 'http', name: 'HTTP', test: text(/^(HTTP\/\d|<!doctype html|<html)/i) },
  {
    kind: 'tls',
    name: 'TLS',
    test: ([type = 0, major, minor = 9]) => type >= 20 && type <= 23 && major === 3 && minor <= 4,
  },
  // a reply to a greeting has two bytes, and 5 0 is also the start of other things
  {
    kind: 'socks',
    name: 'SOCKS5',
    test: (bytes) => bytes.length === 2 && bytes[0] === 5 && [0, 1, 2, 255].includes(bytes[1] ?? -1),
  },
  {
    kind: 'socks',
    name: 'SOCKS4',
    test: (bytes) => bytes.length === 8 && bytes[0] === 0 && between(bytes[1], 90, 93),
  },
  { kind: 'other', name: 'SSH', test: text(/^SSH-/) },
  { kind: 'other', name: 'SMTP', test: text(/^220[ -][^\r\n]*(smtp|mail|postfix|exim)/i) },
  { kind: 'other', name: 'FTP', test: text(/^220[ -]/) },
  { kind: 'other', name: 'POP3', test: text(/^\+OK\b/) },
  { kind: 'other', name: 'IMAP', test: text(/^\* (OK|PREAUTH|BYE)\b/) },
  { kind: 'other', name: 'VNC', test: text(/^RFB \d{3}\.\d{3}/) },
  { kind: 'other', name: 'Redis', test: text(/^-(ERR|NOAUTH|DENIED|WRONGTYPE)\b/) },
  { kind: 'other', name: 'MySQL', test: isMysql },
  { kind: 'other', name: 'telnet', test: ([iac, verb]) => iac === 255 && between(verb, 251, 254) },
  {
    kind: 'other',
    name: 'RDP',
    test: ([version, reserved, high, length]) =>
      version === 3 && reserved === 0 && high === 0 && between(length, 7, 19),
  },
  { kind: 'other', name: 'rsync', test: text(/^@RSYNCD:/) },
  { kind: 'other', name: 'IRC', test: text(/^:\S+ (NOTICE|\d{3}) /) },
]

/** How many bytes of a stream decide. */
const LOOKED_AT = 128

/** The service whose stream begins like this; undefined if none is recognised. */
export function serviceOf(first: Uint8Array): Service | undefined {
  const bytes = first.subarray(0, LOOKED_AT)
  const characters = String.fromCharCode(...bytes)
  const known = SIGNS.find(({ test }) => test(bytes, characters))
  return known === undefined ? undefined : { kind: known.kind, name: known.name }
}

function text(sign: RegExp): Test {
  return (_, characters) => sign.test(characters)
}

/** A packet with sequence number 0: protocol 10 and the version in digits, or an error. */
function isMysql(bytes: Uint8Array): boolean {
  const [length = 0, middle, high, sequence, protocol, digit] = bytes
  if (middle !== 0 || high !== 0 || sequence !== 0 || length < 8) return false
  return protocol === 255 || (protocol === 10 && between(digit, 0x30, 0x39))
}

function between(value: number | undefined, least: number, most: number): boolean {
  return value !== undefined && value >= least && value <= most
}
