import { connect, renderReport } from 'peerwire'

/** Connects to a peer, listens to what it claims, and returns the report as text. */
export async function reportPeer(host: string, port: number, infoHash: string): Promise<string> {
  const report = await connect({ host, port, infoHash, interested: true })
  if (!report.ok) return `${report.error?.code}: ${report.error?.message}\n`
  return renderReport(report)
}
