/** The address in `host:port`, IPv6 without its brackets. */
export function hostOf(endpoint: string): string {
  return endpoint.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')
}
