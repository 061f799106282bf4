import { expect, test } from 'vitest'
import { PLAIN_PAPER } from '../../src/report/text/page/paper.ts'
import type { ServedPeerProgress } from '../../src/report/model/serve-event.ts'
import { renderServePanel } from '../../src/report/text/serve/serve-panel.ts'

const peer = (number: number, more: Partial<ServedPeerProgress>): ServedPeerProgress => ({
  peer: number,
  remote: '127.0.0.1:40312',
  client: 'libtorrent 2.0.8',
  state: 'served',
  uploaded: 35_651_584,
  bytesPerSecond: 12_897_485,
  violationCount: 0,
  ...more,
})

test('a line for each peer, and their sum', () => {
  const peers = [
    peer(1, {}),
    peer(2, { client: null, state: 'handshake', uploaded: 0, bytesPerSecond: 0 }),
    peer(3, { remote: '[2001:db8:85a3::8a2e:370:7334]:51413', state: 'waiting', bytesPerSecond: 0 }),
    peer(1044, {
      remote: '255.255.255.255:65535',
      client: null,
      state: 'idle',
      uploaded: 1_072_693_248,
      bytesPerSecond: 1_072_693_248,
    }),
  ]
  const lines = renderServePanel(peers, 107_374_182, PLAIN_PAPER)
  expect(lines.filter((line) => line.length > PLAIN_PAPER.width)).toStrictEqual([])
  expect(lines).toMatchInlineSnapshot(`
    [
      "───────────────────────────────────────────────────────────────────────────────",
      "peer 1    127.0.0.1:40312       libtorrent 2.0.8  downloads 12.3 MiB/s  34 MiB",
      "peer 2    127.0.0.1:40312                         handshake             0 bytes",
      "peer 3    [2001:db8:85a3::8a2e… libtorrent 2.0.8  waiting               34 MiB",
      "peer 1044 255.255.255.255:65535 unknown client    idle      1023 MiB/s  1023 MiB",
      "4 peers, 1 GiB/s, 102.4 MiB sent",
    ]
  `)
})

test('the last column is not cut for a gap that nothing follows', () => {
  const [, row] = renderServePanel([peer(1, { uploaded: 150_852 })], 0, PLAIN_PAPER)
  expect(row).toMatch(/ 147\.3 KiB$/)
})

test('many peers are counted, none leave nothing', () => {
  const peers = Array.from({ length: 14 }, (_, i) => peer(i + 1, {}))
  expect(renderServePanel(peers, 0, PLAIN_PAPER).slice(-3)).toMatchInlineSnapshot(`
    [
      "peer 10  127.0.0.1:40312       libtorrent 2.0.8  downloads 12.3 MiB/s  34 MiB",
      "and 4 more",
      "14 peers, 172.2 MiB/s, 0 bytes sent",
    ]
  `)
  expect(renderServePanel([], 5, PLAIN_PAPER)).toStrictEqual([])
})

test('who deviates is red', () => {
  const [, row] = renderServePanel([peer(7, { violationCount: 1 })], 0, { ...PLAIN_PAPER, color: true })
  expect(row).toContain('\u001b[31mpeer 7   \u001b[39m')
})
