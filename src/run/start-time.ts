/** When a command starts, for its report. Not as text yet: V8 loads its calendar for that, and a peer would wait. */
export function startTime({ date = () => new Date() }: { readonly date?: (() => Date) | undefined }): Date {
  return date()
}
