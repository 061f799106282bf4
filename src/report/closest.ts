/** Words longer than this are not compared: the cost grows with the product of the lengths. */
const MAX_WORD = 64

/** The candidate with the smallest edit distance to a mistyped word; undefined if none is close enough. */
export function closestWord(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > MAX_WORD) return undefined
  let best: string | undefined
  // up to a third of the letters may be wrong
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
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
