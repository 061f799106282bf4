import { PeerError } from '../../base/errors.ts'
import { parseIpAddress } from '../../wire/address.ts'
import type { Endpoint } from '../../net/transport.ts'
import type { PeerName } from '../../run/options.ts'

/** A host name has at most 253 characters (RFC 1035). */
const MAX_HOST_LENGTH = 253

/**
 * Parses the usual notations of a peer: `host:port`, `1.2.3.4:6881`, `[2001:db8::1]:6881`. There is no default port.
 * @throws PeerError E_BAD_ADDRESS with a hint about the expected form
 */
export function parsePeerName(text: string): PeerName {
  const input = text.trim()
  refuseLinks(input)
  const bracketed = /^\[([^\]]*)\](.*)$/.exec(input)
  if (bracketed !== null) {
    const [, host = '', rest = ''] = bracketed
    const [address = ''] = host.split('%', 1)
    if (!host.includes(':') || parseIpAddress(address) === undefined) {
      throw bad(input, 'has no IPv6 address in its brackets', '[2001:db8::1]:6881')
    }
    const port = parsePort(input, rest, `[${host}]`)
    if (/^fe[89ab][0-9a-f]:/i.test(host) && !host.includes('%')) {
      throw bad(input, 'is a link-local address without its interface', `[${host}%eth0]:${port}`)
    }
    return { input, host, port }
  }
  refuseBareIpv6(input)
  const [host = ''] = input.split(':', 1)
  checkHost(input, host)
  return { input, host, port: parsePort(input, input.slice(host.length), host) }
}

/**
 * An IP address to dial from.
 * @throws PeerError E_BAD_ADDRESS
 */
export function parseSourceAddress(text: string): string {
  if (parseIpAddress(text) !== undefined) return text
  throw bad(text, 'is not an IP address', 'an address of this machine, such as 192.168.1.5')
}

/** 4 or 6 when the host is a literal address, else undefined. */
export function familyOf({ host }: PeerName): 4 | 6 | undefined {
  const length = parseIpAddress(host.split('%', 1)[0] ?? '')?.length
  return length === undefined ? undefined : length === 4 ? 4 : 6
}

function refuseLinks(input: string): void {
  if (/^magnet:/i.test(input))
    throw bad('the peer', 'is a magnet link', 'HOST:PORT here, and -i with the link')
  const [, scheme = '', place = '', path = ''] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/i.exec(input) ?? []
  if (scheme === '') return
  if (/^(?:udp|wss?)$/i.test(scheme) || /announce|scrape/i.test(path)) {
    throw bad('the peer', 'is the URL of a tracker', 'HOST:PORT of a client, such as 192.0.2.7:6881')
  }
  const peer = place.replace(/^[^@]*@/, '')
  throw bad('the peer', 'is a URL', /:\d+$/.test(peer) ? peer : 'HOST:PORT, such as 192.0.2.7:6881')
}

function refuseBareIpv6(input: string): void {
  if (input.split(':').length <= 2) return
  const at = input.lastIndexOf(':')
  const [host, port] = [input.slice(0, at), input.slice(at + 1)]
  const hasPort = /^[1-9]\d{0,4}$/.test(port) && Number(port) <= 65_535 && parseIpAddress(host) !== undefined
  if (hasPort && parseIpAddress(input) !== undefined) {
    throw bad(input, 'needs brackets around its address', `[${host}]:${port}`)
  }
  if (parseIpAddress(input) !== undefined) throw bad(input, 'has no port', `[${input}]:6881`)
  throw bad(input, 'has an IPv6 address without brackets', `[${host}]:${port}`)
}

function checkHost(input: string, host: string): void {
  if (/^\d{1,5}$/.test(input)) throw bad(input, 'is a port without a host', `127.0.0.1:${input}`)
  const [, name, port] = /^([\w.-]+)[:,;/\s]+(\d{1,5})\/?$/.exec(input) ?? []
  if (name !== undefined && !/^[\w.-]+:\d+$/.test(input)) {
    throw bad(input, 'is not HOST:PORT', `${name}:${port}`)
  }
  if (host === '')
    throw bad(input === '' ? 'the peer' : input, 'has no host', 'HOST:PORT, such as 192.0.2.7:6881')
  if (host.length > MAX_HOST_LENGTH || !isHostText(host)) {
    throw bad(input, 'is not a host and port', 'HOST:PORT, such as 192.0.2.7:6881')
  }
  if (/^[\d.]+$/.test(host) && parseIpAddress(host) === undefined) {
    throw bad(input, 'has no valid IPv4 address', 'four numbers from 0 to 255, as in 192.0.2.7:6881')
  }
}

/** V8 takes a millisecond to compile the sets of characters, and nearly all hosts are in ASCII. */
function isHostText(host: string): boolean {
  return /^[\w.-]*$/.test(host) || /^[\p{L}\p{N}\p{M}._-]*$/u.test(host)
}

function parsePort(input: string, text: string, host: string): number {
  if (text === '' || text === ':') throw bad(input, 'has no port', `${host}:6881 (there is no default)`)
  const port = /^:\d{1,5}$/.test(text) ? Number(text.slice(1)) : 0
  if (port < 1 || port > 65_535)
    throw bad(input, 'has no valid port', `a number from 1 to 65535, as in ${host}:6881`)
  return port
}

function bad(what: string, problem: string, instead: string): PeerError {
  return new PeerError('E_BAD_ADDRESS', `${what.slice(0, 80)} ${problem}`, {
    phase: 'resolve',
    hint: `use ${instead}`,
  })
}

/** A literal address and a port; port 0 selects a free one. */
export function parseListen(text: string): Endpoint {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text.trim()) ?? []
  const address = bracketed ?? plain ?? ''
  const port = Number(digits)
  const length = parseIpAddress(address)?.length
  if (length !== undefined && port <= 65_535) return { address, port, family: length === 4 ? 4 : 6 }
  const [, named] = /^(?:localhost)?:?(\d{1,5})$/i.exec(text.trim()) ?? []
  throw new PeerError('E_USAGE', `"${text.slice(0, 60)}" is not an address to listen on`, {
    hint:
      named === undefined
        ? 'use 127.0.0.1:6881, 0.0.0.0:6881 or [::1]:0'
        : `use 127.0.0.1:${named}, or 0.0.0.0:${named} for all interfaces`,
  })
}
