/** Where traits are known from: versions that were measured, in all states and over all transports that they have. */
export const LIBTORRENT = 'libtorrent 2.0.8 and qBittorrent 4.5.2'
export const TRANSMISSION = 'Transmission 3.00'
export const ARIA2 = 'aria2 1.36'
export const WEBTORRENT = 'webtorrent 2.8.5'
export const PEERWIRE = 'the seeder of this package'
/** Not measured. */
export const SOURCE_CODE = 'source code'
