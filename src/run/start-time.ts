/** When a command starts, for its report: RFC 3339. */
export function startTime({ date = () => new Date() }: { readonly date?: (() => Date) | undefined }): string {
  return date().toISOString()
}
