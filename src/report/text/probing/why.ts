import type { CauseReport, ProbeReport, WhyReport } from '../../model/why.ts'
import { behaviourLines, likeWords } from '../session/behaviour.ts'
import { briefExpectationLines, expectationLines } from '../session/checks.ts'
import { displayWidth, pad } from '../page/columns.ts'
import { makePage, type Mark, type Page, type TextOptions } from '../page/page.ts'
import { joinParts, renderSections, type Section } from '../page/sections.ts'
import { describeProbeEnd } from './probe-end.ts'
import { count, renderMs } from '../quantity.ts'
import { isStop, RUN_AGAIN, STOPPED_BY_YOU } from '../session/verdict.ts'
import { describeWay, isOpen } from './why-verdict.ts'

type Paint = (text: string) => string

/** The report of `why` for people: the answer, what to do, and what it rests on. A newline at the end. */
export function renderWhyText(report: WhyReport, options: TextOptions): string {
  const page = makePage(options)
  const { causes, error, probes } = report
  const [first] = causes
  const open = isOpen(causes)
  const sections: Section[] = [
    { label: 'works', lines: worksLines(report, page) },
    ...(open ? [] : alsoSections(causes.slice(1), page)),
    { label: 'because', lines: becauseLines(options.verbose ? causes : provenCauses(causes), page) },
    { label: 'probes', lines: probeLines(probes, options.verbose, page) },
    { label: 'who', lines: whoLines(report, options.verbose, page) },
    {
      label: 'expected',
      lines: (options.verbose ? expectationLines : briefExpectationLines)(report.expectations, page),
    },
    {
      label: 'error',
      lines: options.verbose && error !== null ? page.fold(`${error.code}: ${error.message}`) : [],
    },
    { label: 'more', lines: first === undefined ? [] : [page.dim(`peerwire explain ${first.code}`)] },
  ]
  const footer = `  ${count(probes.length, 'connection')}, ${renderMs(report.totalMs)}`
  return joinParts([headerLines(report, page).join('\n'), renderSections(sections, page), footer])
}

/** The peer, the answer and its confidence, and what to do. */
function headerLines(report: WhyReport, page: Page): readonly string[] {
  const { causes, verdict, target, error } = report
  const [first] = causes
  const open = isOpen(causes)
  const mark = markOf(report)
  const confidence = first === undefined || open ? '' : first.confidence
  const name = page.cut(target.input, page.width - page.markWidth)
  const isInterrupted = error !== null && isStop(error.code)
  const isUnfinished = isInterrupted || error?.code === 'E_TIMEOUT'
  const reason = error?.code === 'E_INTERRUPTED' ? STOPPED_BY_YOU : error?.message
  const stopped = isUnfinished && first !== undefined ? [`Not finished: ${reason}.`] : []
  const goOn = isInterrupted ? [RUN_AGAIN] : []
  const ownHint = isInterrupted ? undefined : (error?.hint ?? undefined)
  const advice = first === undefined ? ownHint : first.code === 'works' ? undefined : first.advice
  return [
    ...answerLines(
      `${page.mark(mark)}${page.strong(name)}`,
      displayWidth(name),
      verdict,
      confidence,
      paintOf(mark, page),
      page,
    ),
    ...stopped.flatMap((line) => page.fold(line, page.width - 2).map((part) => `  ${page.warn(part)}`)),
    ...(open ? rankedLines(causes, page) : []),
    ...(advice === undefined ? [] : tryLines(advice, page)),
    ...goOn.flatMap((line) => page.fold(line, page.width - 2).map((part) => `  ${part}`)),
  ]
}

/** On one line where it fits, else the answer below the peer. */
function answerLines(
  head: string,
  nameWidth: number,
  verdict: string,
  confidence: string,
  paint: Paint,
  page: Page,
): readonly string[] {
  const room = page.width - page.markWidth - nameWidth - 2 - (confidence === '' ? 0 : confidence.length + 2)
  if (displayWidth(verdict) <= room) {
    const answer =
      confidence === '' ? paint(verdict) : `${paint(pad(verdict, room))}  ${page.dim(confidence)}`
    return [`${head}  ${answer}`]
  }
  const gap = ' '.repeat(Math.max(2, page.width - page.markWidth - nameWidth - confidence.length))
  return [
    confidence === '' ? head : `${head}${gap}${page.dim(confidence)}`,
    ...page.fold(verdict, page.width - 2).map((line) => `  ${paint(line)}`),
  ]
}

function markOf({ works, causes, error }: WhyReport): Mark {
  if (causes.length === 0 && error !== null && isStop(error.code)) return 'warn'
  if (works !== null) return causes[0]?.code === 'works' ? 'ok' : 'warn'
  return causes.some(({ confidence }) => confidence === 'certain') ? 'bad' : 'open'
}

/** As in the reports of other commands; an answer that is open has no color. */
function paintOf(mark: Mark, page: Page): Paint {
  if (mark === 'ok') return page.good
  if (mark === 'warn') return page.warn
  return mark === 'bad' ? page.bad : (text) => text
}

function tryLines(advice: string, page: Page): readonly string[] {
  return page
    .fold(advice, page.width - 7)
    .map((line, i) => `  ${page.note(`${i === 0 ? 'Try: ' : '     '}${line}`)}`)
}

/** Candidates, the likeliest first. */
function rankedLines(causes: readonly CauseReport[], page: Page): readonly string[] {
  return causes.flatMap(({ confidence, text }) =>
    page
      .fold(text, page.width - RANK_WIDTH)
      .map((line, i) => `${pad(i === 0 ? `  ${confidence}` : '', RANK_WIDTH)}${line}`),
  )
}

const RANK_WIDTH = 14

/** What else holds, and what stays open. */
function alsoSections(causes: readonly CauseReport[], page: Page): readonly Section[] {
  return (['certain', 'likely', 'possible'] as const).map((confidence) => ({
    label: confidence === 'certain' ? 'also' : confidence,
    lines: causes.filter((one) => one.confidence === confidence).flatMap(({ text }) => page.fold(text)),
  }))
}

function worksLines({ works }: WhyReport, page: Page): readonly string[] {
  if (works === null) return []
  const { blocks, verified } = works
  const data = `${count(blocks, 'block')} came${verified ? ', and a whole piece has the hash of the torrent' : ''}`
  return page.fold(`over ${describeWay(works)}: ${data}`)
}

/** The first, and what is certain besides. */
function provenCauses(causes: readonly CauseReport[]): readonly CauseReport[] {
  return causes.filter(({ confidence }, i) => i === 0 || confidence === 'certain')
}

/** Each fact once, with the probes that show it. */
function becauseLines(causes: readonly CauseReport[], page: Page): readonly string[] {
  const shown = new Map<string, number[]>()
  for (const { evidence } of causes)
    for (const { text, probe } of evidence) {
      const numbers = shown.get(text) ?? []
      if (!numbers.includes(probe)) numbers.push(probe)
      shown.set(text, numbers)
    }
  return [...shown].flatMap(([text, numbers]) =>
    page.fold(`${text} (${numbers.length === 1 ? 'probe' : 'probes'} ${numbers.join(', ')})`),
  )
}

/** A line for each probe: what was tried, how it ended, and how long it took. */
function probeLines(probes: readonly ProbeReport[], verbose: boolean, page: Page): readonly string[] {
  const addresses = new Set(probes.map(({ address }) => address))
  const names = probes.map((one) => {
    const where = addresses.size > 1 && one.address !== null ? `${one.address}: ` : ''
    return `${one.number} ${where}${one.text}`
  })
  const nameWidth = Math.min(Math.max(0, ...names.map(displayWidth)), Math.floor(page.valueWidth * 0.45))
  return probes.flatMap((probe, i) => {
    const time = page.isNarrow ? '' : renderMs(probe.elapsedMs)
    const width = page.valueWidth - nameWidth - 2 - (time === '' ? 0 : time.length + 1)
    const name = names[i] ?? ''
    const left = page.fold(name, nameWidth).map((line, at) => (at === 0 ? line : `  ${line}`))
    const right = page.fold(describeProbeEnd(probe), width)
    const rows = Array.from({ length: Math.max(left.length, right.length) }, (_, row) => {
      const ended = pad(right[row] ?? '', width)
      return `${pad(left[row] ?? '', nameWidth)}  ${row === 0 && time !== '' ? `${ended} ${page.dim(time)}` : ended}`
    })
    const details = verbose ? [probe.reason, ...(probe.error === null ? [] : [probe.error.message])] : []
    return [
      ...rows,
      ...details.flatMap((line) => page.fold(line, page.valueWidth - 2).map((part) => page.dim(`  ${part}`))),
    ]
  })
}

/** What it calls itself, and what it behaves like. */
function whoLines({ client, identity }: WhyReport, verbose: boolean, page: Page): readonly string[] {
  const named = client === null ? [] : [page.cut(client)]
  const { byBehaviour } = identity
  if (byBehaviour === null) return named
  return [...named, ...(verbose ? behaviourLines(byBehaviour, page) : [page.cut(likeWords(byBehaviour))])]
}
