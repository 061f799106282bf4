import { type ScriptedPeer, startPeer } from '../peers/scripted-peer.ts'
import { ASKED_SERVICES } from './asked-services.ts'
import { BANNER_SERVICES } from './banner-services.ts'
import { BLIND_SERVICES } from './blind-services.ts'
import type { After, ImitatedService } from './service.ts'

const TABLE = { ...BANNER_SERVICES, ...ASKED_SERVICES, ...BLIND_SERVICES }

export type ServiceName = keyof typeof TABLE

/** Services that are found on the port of a peer and are not BitTorrent, by name. */
export const SERVICES: { readonly [name in ServiceName]: ImitatedService } = TABLE

export const SERVICE_NAMES = Object.keys(TABLE) as readonly ServiceName[]

/** Starts one on a free port of 127.0.0.1. It answers a FIN with one, as most servers do. */
export function startService(name: ServiceName): Promise<ScriptedPeer> {
  return startPeer((socket) => SERVICES[name].talk(socket, later), { allowHalfOpen: false })
}

const later: After = (ms, callback) => {
  const timer = setTimeout(callback, ms)
  return () => clearTimeout(timer)
}
