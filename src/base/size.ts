/** Bytes per unit of a size. A size without a unit is in bytes. */
export const SIZE_UNITS = { '': 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const

/** Parses `16384`, `16KiB`, `1MiB` or `2GiB` into bytes. Returns undefined for other text, and for sizes above the safe integers. */
export function parseSize(text: string): number | undefined {
  const [, digits, unit = ''] = /^(\d{1,16})(KiB|MiB|GiB)?$/.exec(text) ?? []
  const bytes = Number(digits) * SIZE_UNITS[unit as keyof typeof SIZE_UNITS]
  return Number.isSafeInteger(bytes) ? bytes : undefined
}
