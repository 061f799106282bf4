/** What a client's remote control answered; never thrown away unread, for the error text is in it. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** One POST, or a GET when there is no body. */
export async function request(
  url: string,
  body?: string | FormData | URLSearchParams,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const init = body === undefined ? { headers } : { method: 'POST', body, headers }
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(5000) })
  return { status: response.status, headers: response.headers, text: await response.text() }
}
