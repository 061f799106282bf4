import { expect, test } from 'vitest'
import { shownWord } from '../../../src/cli/parse/shown-word.ts'

test.each([
  ['127.0.0.1:6881', '127.0.0.1:6881'],
  ['a file', "'a file'"],
  ["it's", String.raw`'it'\''s'`],
  ['socks5://user:secret@127.0.0.1:1080', 'socks5://…@127.0.0.1:1080'],
  ['--proxy=socks5://user:secret@[::1]:1080', '--proxy=socks5://…@[::1]:1080'],
  ['https://tracker.example/announce?passkey=secret', 'https://tracker.example/announce?…'],
  [
    'magnet:?xt=urn:btih:0123&tr=https%3A%2F%2Ft.example%2Fsecret&x.pe=127.0.0.1:1&dn=x',
    'magnet:?xt=urn:btih:0123&x.pe=127.0.0.1:1&dn=x&…',
  ],
  ['--info-hash=magnet:?tr=udp://secret&xt=urn:btih:0123', '--info-hash=magnet:?xt=urn:btih:0123&…'],
])('%s is shown as %s', (word, shown) => {
  expect(shownWord(word)).toBe(shown)
  expect(shownWord(word)).not.toContain('secret')
})
