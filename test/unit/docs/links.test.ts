import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

const ROOT = new URL('../../../', import.meta.url)
const read = (page: string): string => readFileSync(new URL(page, ROOT), 'utf8')
const PAGES = [
  ...readdirSync(ROOT).filter((file) => file.endsWith('.md')),
  ...readdirSync(new URL('docs/', ROOT))
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
]

/** The anchors of a page as GitHub makes them of its headings. */
function anchorsOf(page: string): readonly string[] {
  return Array.from(read(page).matchAll(/^#+ (.+)$/gm), ([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{Letter}\p{Number}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

/** Why a relative link leads nowhere, or undefined. */
function defectOf(page: string, link: string): string | undefined {
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? new URL(page, ROOT) : new URL(path, new URL(page, ROOT))
  if (!existsSync(target)) return `${link}: no such file`
  if (anchor === undefined) return undefined
  const name = target.pathname.slice(ROOT.pathname.length)
  return anchorsOf(name).includes(anchor) ? undefined : `${link}: no such heading`
}

test.each(PAGES)('every relative link of %s leads somewhere', (page) => {
  const links = Array.from(read(page).matchAll(/\]\(([^)\s]+)\)/g), ([, link = '']) => link)
  const defects = links.filter((link) => !/^[a-z]+:/.test(link)).map((link) => defectOf(page, link))
  expect(defects.filter((defect) => defect !== undefined)).toStrictEqual([])
})

test('a link that leads nowhere is seen', () => {
  expect(defectOf('docs/commands.md', 'nowhere.md')).toBe('nowhere.md: no such file')
  expect(defectOf('docs/commands.md', 'exit-codes.md#99')).toBe('exit-codes.md#99: no such heading')
  expect(defectOf('docs/commands.md', '#fetch-block')).toBeUndefined()
})

describe('what pages say of the tree', () => {
  test('every module that systems.md names is there', () => {
    const modules = Array.from(
      read('docs/systems.md').matchAll(/`(?!peerwire\/)((?:[a-z0-9-]+\/)+[a-z0-9-]+)`/g),
      ([, path = '']) => path,
    )
    const missing = modules.filter((path) => !existsSync(new URL(`src/${path}.ts`, ROOT)))
    expect(missing).toStrictEqual([])
    expect(modules.length).toBeGreaterThan(20)
  })

  test('every file that architecture.md and testing.md name is there', () => {
    const text = read('docs/architecture.md') + read('docs/testing.md')
    // a file with or without a folder, in whatever language, or a folder
    const named = /`((?:[a-z0-9.-]+\/)*(?:[\w.-]+\.(?:ts|mjs|py|json|md)|(?<=\/)))`/g
    const files = Array.from(text.matchAll(named), ([, path = '']) => path)
    const FOLDERS = ['', 'src/', 'docs/', 'test/unit/hostile/']
    const isThere = (path: string) => FOLDERS.some((folder) => existsSync(new URL(folder + path, ROOT)))
    expect(files.filter((path) => !isThere(path))).toStrictEqual([])
    expect(files).toEqual(expect.arrayContaining(['test/peers/', 'codec.test.ts']))
    expect(files.length).toBeGreaterThan(40)
  })

  test('architecture.md has a row for every room', () => {
    const rooms = readdirSync(new URL('src/', ROOT), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `src/${name}`)
    const rows = Array.from(
      read('docs/architecture.md').matchAll(/^\| `(src\/\w+)`/gm),
      ([, room = '']) => room,
    )
    expect(rows.toSorted()).toStrictEqual(rooms.toSorted())
  })

  test('architecture.md has a row for every folder of a room', () => {
    const page = read('docs/architecture.md')
    const folders = readdirSync(new URL('src/', ROOT), { withFileTypes: true })
      .filter((room) => room.isDirectory())
      .flatMap(({ name: room }) =>
        readdirSync(new URL(`src/${room}/`, ROOT), { withFileTypes: true })
          .filter((entry) => entry.isDirectory())
          .map(({ name }) => `${room}/${name}`),
      )
    expect(folders.filter((folder) => !page.includes(`\`${folder}\``))).toStrictEqual([])
    expect(folders.length).toBeGreaterThan(30)
  })
})
