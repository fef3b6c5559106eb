/** What a segment would hold as text for people: a funnel of bars, each condition by itself, and some of those who match. */
import type { ConditionReport, PreviewReport } from '../../engine/segments/reading/segment-preview.ts'
import { counted } from '../formatted-text.ts'
import { textTable } from '../text-table.ts'
import { profileRow, warningLines } from './segment-text.ts'

export function previewText({ name, kind, entities, count, sample, funnel, conditions, warnings }: PreviewReport): string {
  const share = entities === 0 ? '' : ` (${percentText(count / entities)})`
  const everybody = { at: '', text: `all ${kind}s`, count: entities }
  return [
    `${name}: ${count.toLocaleString('en-US')} of ${counted(entities, kind)}${share}`,
    '',
    funnelText([everybody, ...funnel]),
    '',
    ...(conditions.length > 1 ? ['Each condition by itself:', conditionTable(conditions), ''] : []),
    sample.length === 0 ? 'Nobody matches.' : textTable(sample.map(profileRow)),
    ...(warnings.length > 0 ? ['', ...warningLines(warnings)] : []),
  ].join('\n')
}

const BAR_WIDTH = 40
const TEXT_WIDTH_MAX = 80

function funnelText(steps: readonly ConditionReport[]): string {
  const most = Math.max(1, ...steps.map(({ count }) => count))
  const width = Math.min(TEXT_WIDTH_MAX, Math.max(...steps.map(({ text }) => text.length)))
  const counts = steps.map(({ count }) => count.toLocaleString('en-US'))
  const countWidth = Math.max(...counts.map((text) => text.length))
  return steps
    .map(({ text, count }, i) => {
      const bar = '█'.repeat(Math.ceil((count / most) * BAR_WIDTH))
      return `${cut(text).padEnd(width)}  ${(counts[i] ?? '').padStart(countWidth)}  ${bar}`.trimEnd()
    })
    .join('\n')
}

function conditionTable(conditions: readonly ConditionReport[]): string {
  return textTable(conditions.map(({ count, text, at }) => ({ count, condition: text, at })))
}

function cut(text: string): string {
  return text.length > TEXT_WIDTH_MAX ? `${text.slice(0, TEXT_WIDTH_MAX - 1)}…` : text
}

function percentText(share: number): string {
  const percent = share * 100
  return `${percent >= 10 || percent === 0 ? percent.toFixed(0) : percent.toPrecision(2)} %`
}
