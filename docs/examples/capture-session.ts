import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import { connect, decode, type ConnectReport, type DecodeReport } from 'peerwire'

/** Writes the connections of a session to a file that Wireshark opens. */
export async function captureSession(
  host: string,
  port: number,
  infoHash: string,
  path: string,
): Promise<ConnectReport> {
  const file = createWriteStream(path)
  const report = await connect({ host, port, infoHash, capture: (bytes) => file.write(bytes) })
  file.end()
  await finished(file)
  return report
}

/** What a capture shows, of a session or from tcpdump. */
export function readCapture(path: string): Promise<DecodeReport> {
  return decode(path)
}
