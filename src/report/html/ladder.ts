import type { Ladder, Rung } from '../evidence/ladder.ts'
import type { FindingReport } from '../model/session.ts'
import { count, renderSize } from '../text/quantity.ts'
import { describeMessage, renderTraceLine } from '../trace-lines.ts'
import { html, type Markup } from './markup.ts'

/** The conversation: who sent what and when, with findings beside the messages that they point at. */
export function ladderTable(ladder: Ladder, findings: readonly FindingReport[]): Markup {
  const rows = [...ladder.first.map((rung) => row(rung, findings))]
  if (ladder.leftOut > 0)
    rows.push(
      html`<tr class="note">
        <td class="time"></td>
        <td class="dir">…</td>
        <td>${count(ladder.leftOut, 'row')} left out here</td>
        <td class="at"></td>
      </tr>`,
    )
  rows.push(...ladder.last.map((rung) => row(rung, findings)))
  return html`<div class="scroll">
    <table class="ladder">
      <thead>
        <tr>
          <th class="time">ms</th>
          <th></th>
          <th>what</th>
          <th class="at">byte</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`
}

function row({ event, count: times, bytes }: Rung, findings: readonly FindingReport[]): Markup {
  const time = event.at.toFixed(1)
  if (event.type !== 'sent' && event.type !== 'received')
    return html`<tr class="note">
      <td class="time">${time}</td>
      <td class="dir">·</td>
      <td>${describe(event)}</td>
      <td class="at"></td>
    </tr>`
  const arrow = event.type === 'sent' ? 'we →' : '← peer'
  const what = event.what === 'handshake' ? 'handshake' : describeMessage(event.message)
  const more = times === 1 ? '' : ` and ${times - 1} more like it, ${renderSize(bytes)} in all`
  const notes =
    event.type === 'received' ? findings.filter(({ detail }) => pointsAt(detail, event.offset)) : []
  const marks = notes.map(
    ({ severity, title }) =>
      html`<br /><span class="${severity === 'error' ? 'bad' : 'warn'}">${title}</span>`,
  )
  return html`<tr class="${event.type}">
    <td class="time">${time}</td>
    <td class="dir">${arrow}</td>
    <td>${what}${more}${marks}</td>
    <td class="at">${event.offset}</td>
  </tr>`
}

/** Details name the position as `byte 68`. */
function pointsAt(detail: string, offset: number): boolean {
  return new RegExp(`\\bbyte ${offset}\\b`).test(detail)
}

/** The line of `--trace`, without its time and mark. */
function describe(event: Rung['event']): string {
  const line = renderTraceLine(event, 0, { color: false, ascii: false, width: 400 })
  return line.replace(/^\s*\S+ ms [·!→←] /u, '').trim()
}
