/** A readable time: `0.4 ms`, `320 ms`, `1.25 s`, `2 min 5 s`. */
export function renderMs(ms: number): string {
  if (ms < 10) return `${Math.round(ms * 10) / 10} ms`
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 59_995) return `${(ms / 1000).toFixed(2)} s`
  const seconds = Math.round(ms / 1000)
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/** A time as people say it: `57 ms`, `0.4 s`, `7 s`, `2 min 5 s`. */
export function renderTime(ms: number): string {
  if (ms < 99.5) return `${Math.round(ms)} ms`
  if (ms < 9950) return `${Math.round(ms / 100) / 10} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
}

/** The time that is left, in whole seconds. */
export function renderTimeLeft(ms: number): string {
  return renderTime(Math.max(1, Math.ceil(ms / 1000)) * 1000)
}

/** A readable size: exact bytes below 10 KiB, then the unit that gives a short number. */
export function renderSize(bytes: number): string {
  if (bytes < 10_240 && bytes % 1024 !== 0) return count(bytes, 'byte')
  const units = ['KiB', 'MiB', 'GiB', 'TiB'] as const
  let value = bytes
  let name: string = 'bytes'
  for (const unit of units) {
    if (value < 1024) break
    value /= 1024
    name = unit
  }
  return name === 'bytes' ? count(bytes, 'byte') : `${Math.round(value * 10) / 10} ${name}`
}

/** `1 piece`, `129 pieces`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

/** A readable percentage, never rounded up to 100 or down to 0. */
export function renderPercent(percent: number): string {
  if (percent > 0 && percent < 0.1) return '< 0.1 %'
  if (percent < 100 && percent > 99.9) return '> 99.9 %'
  return `${Math.round(percent * 10) / 10} %`
}
