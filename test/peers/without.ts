/** The title of tests that are skipped because something is missing; `missingFrom` reads it again. */
export function titleWithout(missing: string, title: string): string {
  return `${title} [without ${missing}]`
}

/** What is missing for a skipped test, by its full name. */
export function missingFrom(fullName: string): string | undefined {
  return /\[without ([^\]]+)\]/.exec(fullName)?.[1]
}
