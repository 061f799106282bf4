import type { Evidence } from '../evidence/evidence.ts'
import { renderJson } from '../json.ts'
import type { Envelope } from '../model/envelope.ts'
import type { AttemptReport, SessionReport } from '../model/session.ts'
import { count, renderMs } from '../text/quantity.ts'
import { clientName } from '../text/session/verdict.ts'
import { pieceMap, throughputChart, waterfall } from './charts.ts'
import { ladderTable } from './ladder.ts'
import { html, Markup } from './markup.ts'
import { STYLE } from './style.ts'

/** A document of any command, and its text. */
export interface PrintedReport {
  readonly report: Envelope<string>
  /** As the command prints it, without colours. */
  readonly text: string
}

/**
 * One self-contained page: no script, and a policy that forbids any request. Everything from the peer is escaped.
 * @returns a whole HTML document
 */
export function renderHtml({ report, text }: PrintedReport, evidence: Evidence): string {
  const session = sessionOf(report)
  const name = session?.target.input ?? report.schema.replace(/^peerwire\.|\/1$/g, '')
  const { verdict } = report
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
        />
        <meta name="referrer" content="no-referrer" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${report.ok ? '✓' : '✗'} ${name}: ${verdict}</title>
        <style>
          ${new Markup(STYLE)}
        </style>
      </head>
      <body>
        <main>
          <p class="peer">peerwire report on ${name}</p>
          <h1 class="${report.ok ? 'good' : 'bad'}">${report.ok ? '✓' : '✗'} ${verdict}</h1>
          ${causeOf(report)} ${session === undefined ? undefined : sessionParts(session, evidence)}
          <h2>As the command printed it</h2>
          <pre>${text.trimEnd()}</pre>
          <details>
            <summary>The document (JSON)</summary>
            <pre>${renderJson(report).trimEnd()}</pre>
          </details>
          ${footer(evidence, report)}
        </main>
      </body>
    </html> `
  return page.text
}

/** The session that a document is about: `decode` has it in a member, where it has one. */
function sessionOf(document: object): SessionReport | undefined {
  if (isSession(document)) return document
  const { report } = document as { readonly report?: unknown }
  return typeof report === 'object' && report !== null && isSession(report) ? report : undefined
}

function isSession(document: object): document is SessionReport {
  return 'attempts' in document && 'target' in document && 'findings' in document
}

function causeOf({ error, exitCode }: Envelope<string>): Markup | undefined {
  if (error === null) return undefined
  const hint = error.hint === null ? undefined : html`<p class="try">Try: ${error.hint}</p>`
  return html`<p>${error.message} <span class="dim">(${error.code}, exit ${exitCode})</span></p>
    ${hint}`
}

function sessionParts(session: SessionReport, evidence: Evidence): readonly Markup[] {
  const { availability, findings, attempts, timing } = session
  const map = availability === null ? undefined : pieceMap(availability)
  const phases = waterfall(timing)
  const chart = throughputChart(evidence.throughput)
  return [
    html`<h2>The two parties</h2>
      <div class="cards">${peerCard(session)}${ourCard(session, evidence)}</div>`,
    ...section('Findings', findings.length === 0 ? undefined : html`${findings.map(findingBlock)}`),
    ...section(count(attempts.length, 'attempt'), attempts.length === 0 ? undefined : attemptTable(attempts)),
    ...section('Where the time went', phases),
    ...section('Throughput', chart),
    ...section('Pieces', map),
    html`<h2>The conversation</h2>
      ${ladderTable(evidence.ladder, findings)}`,
    ...section('Everything in its extension handshake', rawKeys(session)),
  ]
}

function section(title: string, content: Markup | undefined): readonly Markup[] {
  return content === undefined
    ? []
    : [
        html`<h2>${title}</h2>
          ${content}`,
      ]
}

function peerCard(session: SessionReport): Markup {
  const { target, handshake, extensionHandshake, availability, choking } = session
  const { pieceCount = null, have = null, percent = null } = availability ?? {}
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['address', target.address === null ? target.input : `${target.address} port ${target.port ?? '?'}`],
    ['client', clientOf(session)],
    ['peer id', handshake?.peerId.text],
    ['features', handshake === null ? undefined : handshake.features.join(', ') || 'none'],
    [
      'queues',
      extensionHandshake?.reqq === undefined || extensionHandshake.reqq === null
        ? undefined
        : count(extensionHandshake.reqq, 'request'),
    ],
    [
      'pieces',
      have === null || pieceCount === null
        ? undefined
        : `${have} of ${pieceCount}${percent === null ? '' : ` (${Math.floor(percent * 10) / 10} %)`}`,
    ],
    ['choking', choking === null ? undefined : choking.peerChoking ? 'it chokes us' : 'it lets us request'],
  ]
  return html`<div class="card">
    <h3>Peer</h3>
    <dl>${rows.map(pair)}</dl>
  </div>`
}

/** A session without a handshake is one of a capture that begins later. */
function clientOf(session: SessionReport): string {
  if (session.handshake !== null) return clientName(session) ?? 'unknown'
  return session.session === null
    ? 'unknown: no handshake came'
    : 'unknown: its handshake is not in the capture'
}

const UNKNOWN_ENCRYPTION = 'encryption unknown'

function ourCard({ session, torrent, messages }: SessionReport, { header }: Evidence): Markup {
  const total = (counts: { readonly [type: string]: number }) =>
    Object.values(counts).reduce((sum, n) => sum + n, 0)
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['tool', `peerwire ${header.version}, ${header.runtime}, ${header.platform}`],
    [
      'session',
      session === null ? 'none' : `${session.transport}, ${session.encryption ?? UNKNOWN_ENCRYPTION}`,
    ],
    ['info hash', torrent.infoHashV1 ?? torrent.infoHashV2 ?? 'none'],
    ['messages', `${total(messages.sent)} sent, ${total(messages.received)} received`],
  ]
  return html`<div class="card">
    <h3>This side</h3>
    <dl>${rows.map(pair)}</dl>
  </div>`
}

function pair([name, value]: readonly [string, string | undefined]): Markup | undefined {
  return value === undefined
    ? undefined
    : html`<dt>${name}</dt>
        <dd>${value}</dd>`
}

function findingBlock({ id, severity, title, detail, reference }: SessionReport['findings'][number]): Markup {
  return html`<div class="finding ${severity}">
    <b>${title}</b><br />${detail} <span class="dim">(${severity}, ${reference}, <code>${id}</code>)</span>
  </div>`
}

function attemptTable(attempts: readonly AttemptReport[]): Markup {
  const rows = attempts.map(
    ({
      transport,
      encryption,
      outcome,
      phase,
      bytesSent,
      bytesReceived,
      closedBy,
      closeKind,
      elapsedMs,
      error,
    }) =>
      html`<tr>
          <td>${transport} ${encryption ?? UNKNOWN_ENCRYPTION}</td>
          <td class="${outcome === 'ok' ? 'good' : 'bad'}">${outcome}</td>
          <td>${phase}</td>
          <td>${closedBy ?? '–'}${closeKind === null ? '' : ` (${closeKind})`}</td>
          <td>${bytesSent} / ${bytesReceived}</td>
          <td>${renderMs(elapsedMs)}</td>
        </tr>
        ${
          error === null
            ? undefined
            : html`<tr class="note">
                <td class="why" colspan="6">${error.message}</td>
              </tr>`
        }`,
  )
  return html`<div class="scroll">
    <table class="attempts">
      <thead>
        <tr>
          <th>way</th>
          <th>outcome</th>
          <th>phase</th>
          <th>closed by</th>
          <th>bytes out / in</th>
          <th>time</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`
}

function rawKeys({ extensionHandshake }: SessionReport): Markup | undefined {
  if (extensionHandshake === null) return undefined
  return html`<details>
    <summary>All keys</summary>
    <pre>${JSON.stringify(extensionHandshake, null, 2)}</pre>
  </details>`
}

function footer({ header }: Evidence, { schema }: Envelope<string>): Markup {
  return html`<footer>
    <p>
      Made by peerwire ${header.version} on ${header.startedAt} with ${header.runtime} on ${header.platform}
      (${schema}).
    </p>
    <p class="mono">${header.commandLine}</p>
    <p>
      This page makes no request and runs no script. It may contain addresses, names and hashes: look before
      you post it.
    </p>
  </footer>`
}
