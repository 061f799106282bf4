import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { Schema } from '../../../src/base/schema/schema.ts'
import { connect } from '../../../src/report/model/connect.ts'
import { fetchBlock } from '../../../src/report/model/fetch-block.ts'
import { explain } from '../../../src/run/explain.ts'
import { FAULTS } from '../../../src/run/serve/options.ts'
import { EXTENSION_CODECS } from '../../../src/wire/extension/codecs.ts'
import { AZUREUS_CLIENTS } from '../../../src/wire/peer-id/clients.ts'

/** The words of the closed sets in a document. */
function wordsOf(schema: Schema): readonly string[] {
  const { enum: words = [], properties = {}, items, anyOf = [] } = schema
  return [
    ...words.filter((word) => typeof word === 'string'),
    ...[...Object.values(properties), ...anyOf, ...(items === undefined ? [] : [items])].flatMap(wordsOf),
  ]
}

const WORDS = [...new Set([...wordsOf(connect), ...wordsOf(fetchBlock)])]
// versions of torrents, and how sure a cause is, say themselves what they mean
const PLAIN = ['v1', 'v2', 'hybrid', 'likely', 'possible', 'certain']

test.each(WORDS.filter((word) => !PLAIN.includes(word)))('knows the word %s', (word) => {
  expect(explain(word).topics.length).toBeGreaterThan(0)
})

const src = fileURLToPath(new URL('../../../src/', import.meta.url))
const BEPS = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .flatMap((file) => readFileSync(`${src}${file}`, 'utf8').match(/BEP \d+/g) ?? [])

test.each([...new Set(BEPS)])('knows %s', (bep) => {
  expect(explain(bep).topics).toMatchObject([{ kind: 'bep' }])
})

describe('the words of a peer', () => {
  test.each(EXTENSION_CODECS.map(({ name }) => name))('knows the extension %s', (name) => {
    expect(explain(name).topics.map(({ kind }) => kind)).toContain('extension')
    expect(explain(`m.${name}`).topics).toStrictEqual(explain(name).topics)
  })

  test.each(['v', 'reqq', 'yourip', 'metadata_size', 'complete_ago'])('knows the key %s', (key) => {
    expect(explain(key).topics.map(({ kind }) => kind)).toContain('extension-key')
  })

  test.each([...new Set(Array.from(AZUREUS_CLIENTS.values(), ({ client }) => client)), 'aria2', 'Tribler'])(
    'knows the client %s',
    (client) => {
      expect(explain(client).topics.map(({ kind }) => kind)).toContain('client')
    },
  )

  test('knows the reasons for closing a uTP connection', () => {
    expect(explain('torrent_removed').topics).toMatchObject([{ kind: 'close-reason' }])
  })
})

test.each(FAULTS.map(({ name }) => name))('knows the fault %s', (name) => {
  expect(explain(name).topics.map(({ kind }) => kind)).toContain('fault')
})

test.each([
  ['ut_metdata', 'did you mean ut_metadata?'],
  ['qBitorrent', 'did you mean qBittorrent?'],
  ['E_HANDSHAKE', 'E_HANDSHAKE_CLOSED, E_HANDSHAKE_RESET'],
  ['invalid_have', 'did you mean invalid_have_message'],
  ['qqqqqqqqqqqqqqqq', 'list everything'],
])('%s: %s', (word, hint) => {
  expect(() => explain(word)).toThrow(
    expect.objectContaining({ hint: expect.stringContaining(hint) as string }),
  )
})
