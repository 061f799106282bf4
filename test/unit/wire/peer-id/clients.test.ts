import { describe, expect, test } from 'vitest'
import { AZUREUS_CLIENTS, SHADOW_CLIENTS } from '../../../../src/wire/peer-id/clients.ts'
import { decodePeerId } from '../../../../src/wire/peer-id/peer-id.ts'
import { PREFIX_CLIENTS } from '../../../../src/wire/peer-id/prefix-clients.ts'

/**
 * What is known about ids in use: their beginning, whose it is, and which version that is. Clients and formats come from
 * BEP 20 and from the decoders of libtorrent, Transmission, KTorrent and bittorrent-peerid; each of those knows some that
 * the others lack. One row per line.
 */
type Fact = readonly [start: string, client: string, version: string | null]

const AZUREUS: readonly Fact[] = [
  ['-7T1234-', 'aTorrent', '1.2.3.4'],
  ['-A~1230-', 'Ares', '1.2.3'],
  ['-AB1000-', 'AnyEvent BitTorrent', '1.0.0.0'],
  ['-ADB560-', 'Advanced Download Manager', '11.5.6'],
  ['-AG2053-', 'Ares', '2.0.5.3'],
  ['-AN2171-', 'Ares', '2.1.7.1'],
  ['-AR1670-', 'Arctic or Ares', '1.6.7.0'],
  ['-AT2520-', 'Artemis', '2.5.2.0'],
  ['-AV1234-', 'Avicora', '1.2.3.4'],
  ['-AX0123-', 'BitPump', '1.23'],
  ['-AZ2060-', 'Azureus / Vuze', '2.0.6.0'],
  ['-BB1234-', 'BitBuddy', '1.234'],
  ['-BC0059-', 'BitComet', '0.59'],
  ['-BE1234-', 'BitTorrent SDK or baretorrent', '1.2.3.4'],
  ['-BF1234-', 'Bitflu', null],
  ['-BG1234-', 'BTG or BTGetit', '1.2.3.4'],
  ['-BH1234-', 'BitZilla', '1.2.3.4'],
  ['-BI2300-', 'BiglyBT', '2.3.0.0'],
  ['-bk1234-', 'BitKitten', '1.2.3.4'],
  ['-BL246326', 'BitLord', '2.4.6-326'],
  ['-BL1234-', 'BitLord or BitBlinder', '1.2.3.4'],
  ['-BM1234-', 'BitMagnet', '1.2.3.4'],
  ['-BN0001-', 'Baidu Netdisk', null],
  ['-BP1234-', 'BitTorrent Pro', '1.2.3.4'],
  ['-BR0332-', 'BitRocket', '0.3 (32)'],
  ['-BS1234-', 'BTSlave', '1.2.3.4'],
  ['-Bt1234-', 'Bt', '1.2.3.4'],
  ['-BT791B-', 'BitTorrent (µTorrent family)', '7.9.1 (beta)'],
  ['-BT791-', 'BitTorrent (µTorrent family)', '7.9.1'],
  ['-BU1234-', 'BigUp', '1.2.3.4'],
  ['-BW1293-', 'BitTorrent Web', '1.2.9'],
  ['-BX1234-', 'BittorrentX', '1.2.3.4'],
  ['-CB1234-', 'Shareaza Plus', '1.2.3.4'],
  ['-CD0303-', 'Enhanced CTorrent', '3.03'],
  ['-CS1234-', 'SpywareTerminator', '1.2.3.4'],
  ['-CT1305-', 'CTorrent', '1.3.05'],
  ['-DE13F0-', 'Deluge', '1.3.15'],
  ['-DP1234-', 'Propagate', '1.2.3.4'],
  ['-EB1234-', 'EBit', '1.2.3.4'],
  ['-ES0200-', 'Electric Sheep', '0.2.0'],
  ['-FC1013-', 'FileCroc', '1.0.1.3'],
  ['-FD51R\xff-', 'Free Download Manager', '5.1.27'],
  ['-FG0180', 'FlashGet', '1.80'],
  ['-FL51FF-', 'Folx', '5.x'],
  ['-FT1234-', 'FoxTorrent', '1.2.3.4'],
  ['-FW6830-', 'FrostWire', '6.8.3'],
  ['-FX1234-', 'Freebox', '1.2.3.4'],
  ['-GR6300-', 'GetRight', '6.3'],
  ['-GS1234-', 'GSTorrent', '1.2.3.4'],
  ['-GT0003-', 'anacrolix/torrent', '0.0.0.3'],
  ['-HK1234-', 'Hekate', '1.2.3.4'],
  ['-HL0290-', 'Halite', '0.2.9'],
  ['-HM1234-', 'hMule', '1.2.3.4'],
  ['-HN1234-', 'Hydranode', '1.2.3.4'],
  ['-IL1234-', 'iLivid', '1.2.3.4'],
  ['-JS1234-', 'Justseed.it', '1.2.3.4'],
  ['-JT1234-', 'JavaTorrent', '1.2.3.4'],
  ['-KC1234-', 'Koinonein', '1.2.3.4'],
  ['-KG2450-', 'KGet', '2.4.5.0'],
  ['-KT11R1-', 'KTorrent', '1.1 rc 1'],
  ['-KT22B1-', 'KTorrent', '2.2 beta 1'],
  ['-KT33D1-', 'KTorrent', '3.3 dev 1'],
  ['-KT2140-', 'KTorrent', '2.1.4'],
  ['-KT300-\0', 'KTorrent', '3.0.0'],
  ['-KT520-', 'KTorrent', '5.2.0'],
  ['-KT22123-', 'KTorrent', '22.12.3'],
  ['-KT24020-', 'KTorrent', '24.02.0'],
  ['-LC1234-', 'LeechCraft', '1.2.3.4'],
  ['-LH1234-', 'LH-ABC', '1.2.3.4'],
  ['-LH1234', 'LH-ABC', '1.2.3.4'],
  ['-LK0140-', 'Linkage', '0.1.4'],
  ['-LP0302-', 'Lphant', '3.02'],
  ['-LR1234-', 'LibreTorrent', '1.2.3.4'],
  ['-Lr10X0-', 'LibreTorrent', '1.0.33'],
  ['-LT0D00-', 'libtorrent', '0.13.0'],
  ['-lt0B20-', 'rTorrent', '0.11.2'],
  ['-LW0001-', 'LimeWire', null],
  ['-MG1Cr0-', 'MediaGet', '1.12'],
  ['-MG21\x110-', 'MediaGet', '2.1'],
  ['-MK1234-', 'Meerkat', '1.2.3.4'],
  ['-ML2.7.2-', 'MLDonkey', '2.7.2'],
  ['-ML1234-', 'MLDonkey', '1.2.3.4'],
  ['-MO1234-', 'MonoTorrent', '1.2.3.4'],
  ['-MP1230-', 'MooPolice', '1.2.3'],
  ['-MR1100-', 'Miro', '1.1.0.0'],
  ['-MT1234-', 'MoonlightTorrent', '1.2.3.4'],
  ['-NB1234-', 'Net::BitTorrent', '1.2.3.4'],
  ['-NE1090002', 'BT Next Evolution', '1.0.9'],
  ['-NE1090-', 'BT Next Evolution', '1.0.9'],
  ['-NX1234-', 'Net Transport', '1.2.3.4'],
  ['-OS1234-', 'OneSwarm', '1.2.3.4'],
  ['-OT1234-', 'OmegaTorrent', '1.2.3.4'],
  ['-PB1234-', 'Protocol::BitTorrent', '1.2.3.4'],
  ['-pb1230-', 'pbTorrent', '1.2.3'],
  ['-PC251Q-', 'CacheLogic', '25.1-Q'],
  ['-PD1234-', 'Pando', '1.2.3.4'],
  ['-PE1234-', 'PeerProject', '1.2.3.4'],
  ['-PI0120-', 'PicoTorrent', '0.12.0'],
  ['-PT1234-', 'Popcorn Time', '1.2.3.4'],
  ['-PW0100-', 'peerwire', '0.1.0'],
  ['-pX1234-', 'pHoeniX', '1.2.3.4'],
  ['-qB4650-', 'qBittorrent', '4.6.5'],
  ['-qB5100-', 'qBittorrent', '5.1.0'],
  ['-QD1234-', 'QQDownload', '1.2.3.4'],
  ['-QT1234-', 'Qt 4 example', '1.2.3.4'],
  ['-RM1234-', 'RUM Torrent', '1.2.3.4'],
  ['-rQ8100-', 'rqbit', '8.1.0'],
  ['-RS1234-', 'Rufus', '1.2.3.4'],
  ['-RT1234-', 'Retriever', '1.2.3.4'],
  ['-RZ1234-', 'RezTorrent', '1.2.3.4'],
  ['-SB1234-', 'Swiftbit', '1.2.3.4'],
  ['-SD0100-', 'Xunlei (Thunder)', '0.1.0.0'],
  ['-SG1234-', 'GSTorrent', '1.2.3.4'],
  ['-SK1234-', 'spark', '1.2.3.4'],
  ['-SM1234-', 'SoMud', '1.2.3.4'],
  ['-SN1234-', 'ShareNet', '1.2.3.4'],
  ['-SP3603-', 'BitSpirit', '3.6.0'],
  ['-SP3603', 'BitSpirit', '3.6.0'],
  ['-SS1234-', 'SwarmScope', '1.2.3.4'],
  ['-ST0117-', 'SymTorrent', '1.17'],
  ['-st1234-', 'SharkTorrent', '1.2.3.4'],
  ['-SZ2132-', 'Shareaza', '2.1.3.2'],
  ['-S~1234-', 'Shareaza', '1.2.3.4'],
  ['-TB2137-', 'Torch', null],
  ['-TE1234-', 'terasaur Seed Bank', '1.2.3.4'],
  ['-TG1234-', 'Torrent GO', '1.2.3.4'],
  ['-TL0001-', 'Tribler (libtorrent)', '0.0.0.1'],
  ['-TN1234-', 'Torrent.NET', '1.2.3.4'],
  ['-TR072Z-', 'Transmission', '0.72+'],
  ['-TR4060-', 'Transmission', '4.0.6'],
  ['-TS1234-', 'TorrentStorm', '1.2.3.4'],
  ['-TT210w-', 'TuoTu', '2.1.0'],
  ['-tT1234-', 'tTorrent', '1.2.3.4'],
  ['-UE1300-', 'µTorrent Embedded', '1.3.0'],
  ['-UL1234-', 'uLeecher!', '1.2.3.4'],
  ['-UM15110\xc9', 'µTorrent Mac', '1.5.11'],
  ['-UT170B-', 'µTorrent', '1.7.0 (beta)'],
  ['-UT170-', 'µTorrent', '1.7.0'],
  ['-UT340-\0', 'µTorrent', '3.4.0'],
  ['-UT7a5-', 'µTorrent', '7.10.5'],
  ['-UW1110Q', 'µTorrent Web', '1.1.10'],
  ['-VG2644-', 'Vagaa', '2.6.4.4'],
  ['-WD0007-', 'WebTorrent Desktop', '0.7'],
  ['-WS1000-', 'HTTP seed', null],
  ['-WT1234-', 'BitLet', '1.2.3.4'],
  ['-WW1011-', 'WebTorrent', '10.11'],
  ['-WY0300-', 'FireTorrent', '0.3.0.0'],
  ['-XC1234-', 'Xtorrent', '1.2 (34)'],
  ['-XF9990-', 'Xfplay', '9.9.9'],
  ['-XL0012-', 'Xunlei', '0.0.1.2'],
  ['-XS1234-', 'XSwifter', '1.2.3.4'],
  ['-XT1234-', 'XanTorrent', '1.2.3.4'],
  ['-XX1234-', 'Xtorrent', '1.2 (34)'],
  ['-ZO1234-', 'Zona', '1.2.3.4'],
  ['-ZT1234-', 'ZipTorrent', '1.2.3.4'],
]

const PREFIXES: readonly Fact[] = [
  ['A2-1-18-8-', 'aria2', '1.18.8'],
  ['A2-', 'aria2', null],
  ['-aria2-', 'aria2', null],
  ['aria2-', 'aria2', null],
  ['-RN2.1.5-', 'Rain', '2.1.5'],
  ['-BOWA0B-', 'Bits on Wheels', '1.0.5'],
  ['-BOWA0C-', 'Bits on Wheels', '1.0.6'],
  ['-BOWP05-', 'Bits on Wheels', null],
  ['-G3Anonymous', 'G3 Torrent', null],
  ['-Qt-', 'Qt 4 example', null],
  ['-WT-', 'BitLet', null],
  ['BitLet01', 'BitLet', null],
  ['TIX0137-', 'Tixati', '1.37'],
  ['TIX-', 'Tixati', null],
  ['FD6k4SYy9', 'Free Download Manager 6', null],
  ['AZ2500BT', 'BitTyrant', '1.1'],
  ['Azureus\0', 'Azureus', '1'],
  ['-----Azureus', 'Azureus', '2.0.3.2'],
  ['346------', 'TorrenTopia', '1.90'],
  ['271-', 'GreedBT', '2.7.1'],
  ['OP7685f2c1495b1680bf', 'Opera', 'build 7685'],
  ['O100634008270e29150a', 'Opera', 'build 10063'],
  ['XBT054d-', 'XBT Client', '0.5.4 (debug)'],
  ['XBT054--', 'XBT Client', '0.5.4'],
  ['XBT--', 'XBT Client', null],
  ['Mbrst1-1-3', 'burst!', '1.1.3'],
  ['Mbrst', 'burst!', null],
  ['S3-1-0-0--', 'Amazon S3', '1.0.0'],
  ['S3-', 'Amazon S3', null],
  ['DNA010000', 'BitTorrent DNA', '1.0.0'],
  ['DNA', 'BitTorrent DNA', null],
  ['Plus---', 'Plus!', null],
  ['Plus213', 'Plus!', '2.13'],
  ['PRC.P---', 'Plus!', 'II'],
  ['P87.P---', 'Plus!', null],
  ['S587Plus', 'Plus!', null],
  ['QVOD0054', 'Qvod', '0.0.5.4'],
  ['-QVOD', 'Qvod', null],
  ['btpd/0.16/', 'btpd', '0.16'],
  ['btpd', 'btpd', null],
  ['eXnickname', 'eXeem', null],
  ['martini', 'Martini Man', null],
  ['Pando-6B511B', 'Pando', null],
  ['LIME', 'LimeWire', null],
  ['a00---0', 'Swarmy', null],
  ['a02---0', 'Swarmy', null],
  ['T00---0', 'Teeweety', null],
  ['TB100---', 'Top-BT', '1.0.0'],
  ['TB100----', 'Top-BT', '1.0.0'],
  ['turbobt', 'turboBT', null],
  ['AP0.70rc30-', 'AllPeers', '0.70'],
  ['BLZ', 'Blizzard Downloader', null],
  ['10-------', 'JVtorrent', null],
  ['PEERAPP', 'PeerApp', null],
  ['BTM21', 'BTuga Revolution', '2.1'],
  ['BTMab', 'BTuga Revolution', null],
  ['btuga', 'BTugaXP', null],
  ['oernu', 'BTugaXP', null],
  ['12345BTuga', 'BTugaXP', null],
  ['BTDWV-', 'Deadman Walking', null],
  ['Deadman Walking-', 'Deadman Walking', null],
  ['Ext \xec', 'External Webseed', null],
  ['arclight.he.', 'Hurricane Electric', null],
  ['1234btfans', 'SimpleBT', null],
  ['DansClient', 'XanTorrent', null],
  ['0123456789BG', 'BTGetit', null],
  ['\0\0\0\0\0\0\0\0\0\x03\x03\x03', 'I2PSnark', null],
  ['\0\0\0\0\0\0\0\0\0\0\0\0aa', 'BitTorrent experimental', '3.2.1b2'],
  ['\0\0\0\0\0\0\0\0\0\0\0\0\0\0', 'BitTorrent experimental', '3.1'],
]

const OTHER_STYLES: readonly Fact[] = [
  ['M3-4-2--', 'BitTorrent mainline', '3.4.2'],
  ['M4-20-8-', 'BitTorrent mainline', '4.20.8'],
  ['\0\0\0\0\0\0\0\0\0\0\0\0LS', 'BitTorrent mainline', null],
  ['Q1-0-0--', 'Queen Bee', '1.0.0'],
  ['Q1-23-4-', 'Queen Bee', '1.23.4'],
  ['A--------', 'ABC', null],
  ['A269----', 'ABC', '2.6.9'],
  ['A310--001', 'ABC', '3.1.0'],
  ['O123-----', 'Osprey', '1.2.3'],
  ['Q123-----', 'BTQueue', '1.2.3'],
  ['R100--003', 'Tribler', '1.0.0'],
  ['R37---003', 'Tribler', '3.7'],
  ['S58B-----', 'Shad0w', '5.8.11'],
  ['S\x05\x08\x0b\0\0\0\0\0', 'Shad0w', '5.8.11'],
  ['T03I--008', 'BitTornado', '0.3.18'],
  ['T0390----', 'BitTornado', '0.3.9.0'],
  ['U123-----', 'UPnP NAT BT', '1.2.3'],
  ['exbc\0\x38', 'BitComet', '0.56'],
  ['exbc\0\x38LORD', 'BitLord', '0.56'],
  ['exbc\x01\x01LORD', 'BitLord', '1.1'],
  ['FUTB\0\x38', 'BitComet (modified)', '0.56'],
  ['xUTB\0\x38', 'BitComet (modified)', '0.56'],
  ['\0\0BS', 'BitSpirit', '1.x'],
  ['\0\x02BS', 'BitSpirit', '2.x'],
  ['\0\x03BS', 'BitSpirit', '3.x'],
  ['M4-0-2--abcdefghUDP0', 'BitSpirit', null],
  ['-AZ2060-abcdefHTTPBT', 'BitSpirit', null],
  ['\0\x06RSnickname', 'Rufus', '0.6'],
  ['\0\x06BMnickname', 'BitMagnet', '0.6'],
]

describe.each([
  ['Azureus style', AZUREUS],
  ['by the beginning', PREFIXES],
  ['other styles', OTHER_STYLES],
])('%s', (_name, facts) => {
  test.each(facts)('%j is %s %s', (start, client, version) => {
    expect(decodePeerId(idOf(start))).toMatchObject({ client, version })
  })
})

test('every client in the tables has a row here', () => {
  const facts = [...AZUREUS, ...PREFIXES, ...OTHER_STYLES]
  const starts = new Set(AZUREUS.map(([start]) => start.slice(1, 3)))
  expect([...AZUREUS_CLIENTS.keys()].filter((code) => !starts.has(code))).toStrictEqual([])
  const clients = new Set(facts.map(([, client]) => client))
  const known = [...SHADOW_CLIENTS.values(), ...PREFIX_CLIENTS.map(({ client }) => client)]
  expect(known.filter((client) => !clients.has(client))).toStrictEqual([])
  for (const { pattern } of PREFIX_CLIENTS)
    expect(facts.some(([start]) => pattern.test(padded(start)))).toBe(true)
})

test.each(['-BD0300-', '-NP0201-', '-wF2200-', '-#@0000-', '-XYabcd-', '-??----0'])(
  '%s has the style of Azureus and a code that nobody is known by',
  (start) => {
    expect(decodePeerId(idOf(start))).toMatchObject({
      style: 'azureus',
      code: start.slice(1, 3),
      client: null,
      version: null,
    })
  },
)

test('random ids name nobody', () => {
  let word = 0x9e3779b9
  const next = () => {
    word ^= word << 13
    word ^= word >>> 17
    word ^= word << 5
    return word & 0xff
  }
  const named = Array.from({ length: 20_000 }, () => decodePeerId(Uint8Array.from({ length: 20 }, next)))
    .filter(({ client }) => client !== null)
    .map(({ text, client }) => `${client}: ${text}`)
  expect(named).toStrictEqual([])
})

/** An id that begins so; the rest is what random bytes often are, and means nothing. */
function idOf(start: string): Uint8Array {
  return Uint8Array.from(padded(start), (character) => character.charCodeAt(0))
}

function padded(start: string): string {
  return start.padEnd(20, 'zkjxwvyqzkjxwvyqzkjx')
}
