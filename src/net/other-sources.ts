import { networkInterfaces } from 'node:os'
import type { ResolvedAddress } from './resolve.ts'

/** On Linux, all of 127.0.0.0/8 are addresses of the machine itself. */
const OTHER_LOOPBACK = '127.0.0.2'

/**
 * Other local addresses from which the same peer may be reached, best first.
 * @param used the local address of a connection to the peer; undefined if there was none
 */
export function otherSources(to: ResolvedAddress, used: string | undefined): readonly string[] {
  const isLoopback = to.address.startsWith('127.')
  const found = isLoopback ? [OTHER_LOOPBACK] : addressesOf(to.family)
  return found.filter((address) => address !== used && address !== to.address)
}

function addressesOf(family: 4 | 6): readonly string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((one) => !one.internal && one.family === `IPv${family}` && !isLinkLocal(one.address))
    .map(({ address }) => address)
}

/** Such an address reaches only its own link. */
function isLinkLocal(address: string): boolean {
  return address.startsWith('169.254.') || address.toLowerCase().startsWith('fe80:')
}
