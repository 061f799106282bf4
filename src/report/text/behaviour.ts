import type { SessionReport } from '../model/session.ts'
import type { Page } from './page/page.ts'

/** Which client the peer behaves like, and its traits, one below the other. */
export function behaviourLines({ identity, handshake }: SessionReport, page: Page): readonly string[] {
  const { byBehaviour } = identity
  if (byBehaviour === null) return handshake === null ? [] : page.fold('it does not identify the client')
  const { family, confidence, evidence } = byBehaviour
  const name = family === 'libtorrent' ? 'libtorrent, which qBittorrent and Deluge use' : family
  return [
    ...page.fold(`like ${name} (${confidence}): it`),
    ...evidence.flatMap(({ text }) =>
      page.fold(text, page.valueWidth - 2).map((line, i) => `${i === 0 ? page.glyphs.event : ' '} ${line}`),
    ),
  ]
}
