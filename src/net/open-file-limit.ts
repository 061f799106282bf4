/** How many files and sockets this process may have open; undefined where the system does not say. Takes some milliseconds. */
export function openFileLimit(): number | undefined {
  // the types of the oldest Node that is supported lack it, and some versions ignore it
  const report: NodeJS.ProcessReport & { excludeNetwork?: boolean } = process.report
  const before = report.excludeNetwork ?? false
  // the names of addresses would be looked up
  report.excludeNetwork = true
  try {
    const { userLimits } = report.getReport() as {
      readonly userLimits?: { readonly open_files?: { readonly soft?: unknown } }
    }
    const soft = userLimits?.open_files?.soft
    return typeof soft === 'number' ? soft : undefined
  } finally {
    report.excludeNetwork = before
  }
}
