import { expect, test } from 'vitest'
import { MAX_CLIENT_NAME_LENGTH } from '../../../../src/base/limits.ts'
import { parseClientName } from '../../../../src/wire/peer-id/client-name.ts'

test.each([
  ['libtorrent/2.0.8.0', 'libtorrent', '2.0.8.0'],
  ['qBittorrent/4.5.2', 'qBittorrent', '4.5.2'],
  ['Transmission 3.00', 'Transmission', '3.00'],
  ['Transmission 4.0.0-beta.1+r1', 'Transmission', '4.0.0-beta.1+r1'],
  ['aria2/1.36.0', 'aria2', '1.36.0'],
  ['WebTorrent 1.2', 'WebTorrent', '1.2'],
  ['Deluge/2.1.1 libtorrent/2.0.9.0', 'Deluge', '2.1.1'],
  ['libTorrent 0.13.8', 'rTorrent', '0.13.8'],
  ['anacrolix/torrent v1.52.5', 'anacrolix/torrent', '1.52.5'],
  ['µTorrent 3.5.5', 'µTorrent', '3.5.5'],
  ['uTorrent/3.5.5', 'µTorrent', '3.5.5'],
  ['\u03bcTorrent 2.2', 'µTorrent', '2.2'],
  ['KTorrent/22.12.3', 'KTorrent', '22.12.3'],
  ['Free Download Manager 6', 'Free Download Manager', '6'],
  ['I2PSnark', 'I2PSnark', null],
  ['aria2/x', 'aria2/x', null],
  ['7', '7', null],
  [' \t Tixati \n', 'Tixati', null],
  ['two\nlines 1.0', 'two\nlines', '1.0'],
])('%j', (text, client, version) => {
  expect(parseClientName(text)).toStrictEqual({ client, version })
})

test.each(['', ' ', '\n\t'])('%j names nobody', (text) => {
  expect(parseClientName(text)).toBeUndefined()
})

test('only the start of a long name is looked at', () => {
  const fits = `${'x'.repeat(MAX_CLIENT_NAME_LENGTH - 2)} 1`
  expect(parseClientName(fits)?.version).toBe('1')
  expect(parseClientName(`x${fits}`)).toStrictEqual({ client: `x${fits.slice(0, -2)}`, version: null })
  expect(parseClientName(' /'.repeat(100_000))?.version).toBeNull()
})
