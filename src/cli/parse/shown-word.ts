/** A word of the command line without secrets: trackers of a magnet link, the login of a proxy, the query of an address. */
export function shownWord(word: string): string {
  const shown = /^(.*=)?magnet:/i.test(word)
    ? withoutTrackers(word)
    : word.replace(/:\/\/[^/@\s]*@/, '://…@').replace(/^(\S*https?:[^?]*)\?.*$/i, '$1?…')
  return /^[\w./:@=,+~[\]?&%…-]+$/u.test(shown) ? shown : `'${shown.replaceAll("'", String.raw`'\''`)}'`
}

const SHOWN_PARAMETERS = /^(xt|x\.pe|dn)(\.\d+)?=/i

function withoutTrackers(link: string): string {
  const [start = '', query = ''] = link.split(/\?(.*)/s)
  const parts = query.split('&')
  const kept = parts.filter((part) => SHOWN_PARAMETERS.test(part))
  return `${start}?${[...kept, ...(kept.length < parts.length ? ['…'] : [])].join('&')}`
}
