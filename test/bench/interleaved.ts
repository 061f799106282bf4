/** One way to do the work that is compared. Preparation that is not to be timed happens before `run` is made. */
export interface Contender {
  readonly name: string
  /** Does the work once; whatever it returns is the same for every contender. */
  readonly run: () => number | Promise<number>
}

export interface Timing {
  readonly name: string
  /** Milliseconds, sorted. */
  readonly times: readonly number[]
  /** This contender's time divided by the reference's in the same round, sorted. */
  readonly ratios: readonly number[]
}

/**
 * Times contenders in turn, round after round, the order turned each time, so that noise of the machine meets all
 * of them alike. The first contender is the reference of the ratios.
 * @throws Error when two contenders return different results: then they did not do the same work
 */
export async function compareInterleaved(
  contenders: readonly Contender[],
  rounds: number,
): Promise<readonly Timing[]> {
  const times = contenders.map((): number[] => [])
  for (let round = -1; round < rounds; round++) {
    const results = new Set<number>()
    for (const index of turnsOf(round, contenders.length)) {
      const contender = contenders[index] as Contender
      const start = performance.now()
      results.add(await contender.run())
      // the first round warms up
      if (round >= 0) times[index]?.push(performance.now() - start)
    }
    if (results.size > 1) throw new Error(`contenders disagree: ${[...results].join(', ')}`)
  }
  const reference = times[0] ?? []
  return contenders.map(({ name }, index) => {
    const own = times[index] ?? []
    const ratios = own.map((time, round) => time / (reference[round] ?? Number.NaN))
    return { name, times: sorted(own), ratios: sorted(ratios) }
  })
}

/** Who comes first, second and so on in a round: each round begins with another contender. */
export function turnsOf(round: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, turn) => (((turn + round) % count) + count) % count)
}

/**
 * A table of the timings: min, median and max of the times, and median of the ratios.
 * @param past what to print after the ratio of a contender
 */
export function renderTimings(
  title: string,
  timings: readonly Timing[],
  past: (contender: string, ratio: number) => string,
): string {
  const lines = timings.map(({ name, times, ratios }) => {
    const [min, middle, max] = [times[0], median(times), times.at(-1)].map((time) =>
      (time ?? Number.NaN).toFixed(1).padStart(9),
    )
    const ratio = `x${median(ratios).toFixed(2)} (${ratios[0]?.toFixed(2)} to ${ratios.at(-1)?.toFixed(2)})`
    return `  ${name.padEnd(34)} ${min} ${middle} ${max}   ${ratio}${past(name, median(ratios))}`
  })
  const head = `  ${''.padEnd(34)} ${'min ms'.padStart(9)} ${'median'.padStart(9)} ${'max'.padStart(9)}   time, relative`
  return [title, head, ...lines, ''].join('\n')
}

export function median(values: readonly number[]): number {
  return values[Math.floor(values.length / 2)] ?? Number.NaN
}

function sorted(values: readonly number[]): number[] {
  return [...values].sort((a, b) => a - b)
}
