import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

/** Without hash functions these use plain JavaScript, which takes seconds for a large torrent. */
const READER = /\bdecode(?:Metainfo|Info)\(([^)]*)\)/g

test('the command reads torrents with the hash functions of Node', () => {
  const src = fileURLToPath(new URL('../../../src/', import.meta.url))
  const calls = ['cli', 'run', 'net'].flatMap((room) =>
    readdirSync(`${src}${room}`, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) => Array.from(readFileSync(`${src}${room}/${file}`, 'utf8').matchAll(READER))),
  )
  expect(calls.map(([call]) => call).filter((call) => !call.includes(', '))).toStrictEqual([])
  expect(calls.length).toBeGreaterThan(1)
})
