import type { VersionRule } from './version.ts'

/** A client that is identified by literal text in its ids. */
export interface PrefixClient {
  readonly client: string
  /** Its groups are the version, joined by dots, unless `version` says otherwise. */
  readonly pattern: RegExp
  /** A fixed version, or the rule for the text of the groups. */
  readonly version?: { readonly fixed: string } | VersionRule | 'build'
}

type Row = readonly [client: string, pattern: RegExp, version?: PrefixClient['version']]

/** Tried in this order, before any style: some of these would also match as mainline, Azureus or Shadow ids. */
const ROWS: readonly Row[] = [
  ['aria2', /^A2-(\d+)-(\d+)-(\d+)-/],
  ['aria2', /^(?:A2-|-?aria2-)/],
  ['MLDonkey', /^-ML(\d+)\.(\d+)(?:\.(\d+))?-/],
  ['Rain', /^-RN(\d+)\.(\d+)\.(\d+)-/],
  ['Bits on Wheels', /^-BOWA0B/, { fixed: '1.0.5' }],
  ['Bits on Wheels', /^-BOWA0C/, { fixed: '1.0.6' }],
  ['Bits on Wheels', /^-BOW/],
  ['G3 Torrent', /^-G3/],
  ['FlashGet', /^-FG(\d{4})(?!-)/, 'two-by-two'],
  ['LH-ABC', /^-LH([0-9A-Za-z]{4})(?!-)/, 'four-digits'],
  ['BT Next Evolution', /^-NE([0-9A-Za-z]{4})(?!-)/, 'three-digits-only'],
  ['BitSpirit', /^-SP([0-9A-Za-z]{4})(?!-)/, 'three-digits-only'],
  ['BitLet', /^(?:-WT-|BitLet)/],
  ['Qt 4 example', /^-Qt-/],
  ['Tixati', /^TIX(\d{4})/, 'two-by-two'],
  ['Tixati', /^TIX/],
  ['Free Download Manager 6', /^FD6/],
  ['BitTyrant', /^AZ2500BT/, { fixed: '1.1' }],
  ['Azureus', /^Azureus/, { fixed: '1' }],
  ['Azureus', /^.{5}Azureus/s, { fixed: '2.0.3.2' }],
  ['TorrenTopia', /^346-/, { fixed: '1.90' }],
  ['GreedBT', /^271-/, { fixed: '2.7.1' }],
  ['Opera', /^OP(\d{4})/, 'build'],
  ['Opera', /^O(1\d{4})[0-9a-f]{14}$/, 'build'],
  ['XBT Client', /^XBT(\d{3}d?)/, 'xbt'],
  ['XBT Client', /^XBT/],
  ['burst!', /^Mbrst(\d)-(\d)-(\d)/],
  ['burst!', /^Mbrst/],
  ['Amazon S3', /^S3-(\d+)-(\d+)-(\d+)/],
  ['Amazon S3', /^S3-/],
  ['BitTorrent DNA', /^DNA(\d{6})/, 'pairs'],
  ['BitTorrent DNA', /^DNA/],
  ['Plus!', /^Plus(\d)(\d\d)/],
  ['Plus!', /^(?:Plus|P87\.P---|S587Plus)/],
  ['Plus!', /^PRC\.P---/, { fixed: 'II' }],
  ['Qvod', /^-?QVOD(\d{4})/, 'four-digits'],
  ['Qvod', /^-?QVOD/],
  ['btpd', /^btpd\/(\d+)\.(\d+)/],
  ['btpd', /^btpd/],
  ['eXeem', /^eX[ -~]{6}/],
  ['Martini Man', /^martini/],
  ['Pando', /^Pando/],
  ['LimeWire', /^LIME/],
  ['Swarmy', /^a0[02]---0/],
  ['Teeweety', /^T00---0/],
  ['Top-BT', /^TB(\d)(\d)(\d)---/],
  ['turboBT', /^turbobt/],
  ['AllPeers', /^AP(\d+)\.(\d+)[0-9A-Za-z]*-/],
  ['Blizzard Downloader', /^BLZ/],
  ['JVtorrent', /^10-------/],
  ['PeerApp', /^PEERAPP/],
  ['BTuga Revolution', /^BTM(\d)(\d)/],
  ['BTuga Revolution', /^BTM/],
  ['BTugaXP', /^(?:btuga|oernu|.{5}BTuga)/s],
  ['Deadman Walking', /^(?:BTDWV-|Deadman Walking-)/],
  ['External Webseed', /^Ext/],
  ['Hurricane Electric', /^arclight/],
  ['SimpleBT', /^.{4}btfans/s],
  ['XanTorrent', /^DansClient/],
  // two letters in the middle are significant only if no other byte looks random
  ['BTGetit', /^[!-~]{10}BG[!-~]{8}$/],
  ['I2PSnark', /^\0{9}\cC{3}/],
  ['BitTorrent experimental', /^\0{12}aa/, { fixed: '3.2.1b2' }],
  ['BitTorrent experimental', /^\0{14}[^\0]{6}$/, { fixed: '3.1' }],
]

/** Matches what any of the rows matches: one pattern for all takes a fraction of the time, and most ids match none. */
export const ANY_PREFIX_CLIENT = new RegExp(ROWS.map(([, { source }]) => `(?:${source})`).join('|'), 's')

export const PREFIX_CLIENTS: readonly PrefixClient[] = ROWS.map(([client, pattern, version]) =>
  version === undefined ? { client, pattern } : { client, pattern, version },
)
