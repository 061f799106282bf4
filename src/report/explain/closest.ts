/** Words longer than this are not compared: the cost grows with the product of the lengths. */
const MAX_WORD = 64

const MAX_CLOSEST = 4

/** The candidate with the smallest edit distance to a mistyped word; undefined if none is close enough. */
export function closestWord(word: string, candidates: readonly string[]): string | undefined {
  return closestWords(word, candidates)[0]
}

/** The candidates with the smallest edit distance to a mistyped word, at most `MAX_CLOSEST`; none if none is close enough. */
export function closestWords(word: string, candidates: readonly string[]): readonly string[] {
  if (word.length > MAX_WORD) return []
  // up to a third of the letters may be wrong
  const limit = Math.max(1, Math.floor(word.length / 3))
  const near = candidates
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance)
  const [first] = near
  return near
    .filter(({ distance }) => distance === first?.distance)
    .slice(0, MAX_CLOSEST)
    .map(({ candidate }) => candidate)
}

/** The number of letters to insert, delete, replace, or swap with a neighbour to change one word into the other. */
function editDistance(from: string, to: string): number {
  const rows: number[][] = [Array.from({ length: to.length + 1 }, (_, i) => i)]
  const cell = (row: number, column: number): number => rows[row]?.[column] ?? Number.POSITIVE_INFINITY
  for (let i = 1; i <= from.length; i++) {
    rows[i] = [i]
    for (let j = 1; j <= to.length; j++) {
      const replace = cell(i - 1, j - 1) + Number(from[i - 1] !== to[j - 1])
      const swapped = from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]
      const swap = swapped ? cell(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY
      ;(rows[i] as number[])[j] = Math.min(cell(i - 1, j) + 1, cell(i, j - 1) + 1, replace, swap)
    }
  }
  return cell(from.length, to.length)
}
