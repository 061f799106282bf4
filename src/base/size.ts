/** Bytes of each unit that a size may be written in; without a unit it is in bytes. */
export const SIZE_UNITS = { '': 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const

/** `16384`, `16KiB`, `1MiB` or `2GiB` in bytes; undefined for other texts and for what is not a safe integer. */
export function parseSize(text: string): number | undefined {
  const [, digits, unit = ''] = /^(\d{1,16})(KiB|MiB|GiB)?$/.exec(text) ?? []
  const bytes = Number(digits) * SIZE_UNITS[unit as keyof typeof SIZE_UNITS]
  return Number.isSafeInteger(bytes) ? bytes : undefined
}
