import { toHex } from '../../base/bytes.ts'
import { parseIpAddress, unmapIpv4 } from '../../wire/address.ts'

/** An address and port in one spelling, IPv4 addresses in IPv6 included; or a name that a proxy resolves. */
export function placeOf(host: string, port: number): string {
  const [literal = '', zone = ''] = host.split('%')
  const bytes = parseIpAddress(literal)
  const address = bytes === undefined ? host.toLowerCase() : `${toHex(unmapIpv4(bytes))}%${zone}`
  return `${address} ${port}`
}
