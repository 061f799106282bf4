import type { SessionOptions, TorrentTarget } from '../../run/options.ts'
import { learnTorrent } from './torrent.ts'
import type { RedactedOptions } from './options.ts'

/** The options of a seeder with a trace that is redacted if they say so. */
export function withRedactedEvents<Options extends Pick<SessionOptions, 'trace'> & RedactedOptions>(
  options: Options,
): Options {
  const { redactor, trace } = options
  if (redactor === undefined || trace === undefined) return options
  const redacted: SessionOptions['trace'] = (event) => {
    for (const replaced of redactor.events(event)) trace(replaced)
  }
  return { ...options, trace: redacted }
}

type Observed = Pick<SessionOptions, 'trace' | 'onTorrent'> & { readonly torrent?: TorrentTarget | undefined }

/** The options with a trace that is redacted if they say so. Without a trace, the redactor still learns from the events. */
export function withRedactedTrace<Options extends Observed & RedactedOptions>(options: Options): Options {
  const { redactor, trace, torrent } = options
  if (redactor === undefined) return options
  const redacted: SessionOptions['trace'] = (event) => {
    for (const replaced of redactor.events(event)) trace?.(replaced)
  }
  const onTorrent = ({ metainfo }: TorrentTarget) => {
    if (metainfo !== undefined) learnTorrent(metainfo, redactor.pseudonyms)
  }
  // errors can name its files before the session begins
  if (torrent !== undefined) onTorrent(torrent)
  return { ...options, trace: redacted, onTorrent }
}
