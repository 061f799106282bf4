import type { IdentityReport } from '../../model/session.ts'
import type { Page } from '../page/page.ts'

type Behaviour = NonNullable<IdentityReport['byBehaviour']>

/** Which client the peer behaves like, and how sure that is. */
export function likeWords({ family, confidence }: Behaviour): string {
  const name = family === 'libtorrent' ? 'libtorrent, which qBittorrent and Deluge use' : family
  return `like ${name} (${confidence})`
}

/** Which client the peer behaves like, and its traits, one below the other. */
export function behaviourLines(behaviour: Behaviour, page: Page): readonly string[] {
  const { evidence } = behaviour
  return [
    ...page.fold(`${likeWords(behaviour)}: it`),
    ...evidence.flatMap(({ text }) =>
      page.fold(text, page.valueWidth - 2).map((line, i) => `${i === 0 ? page.glyphs.event : ' '} ${line}`),
    ),
  ]
}
