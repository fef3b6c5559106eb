/** The failure of a catalog test as text for people: `-` expected, `+` found. */
import type { Json } from '../../base/json.ts'
import type { StepFailure } from './catalog-tests.ts'
import type { DocumentDifference } from './verify-step.ts'

export type FailureTextOptions = {
  /** Colours a text, or returns it as it is. */
  paint: (color: 'red' | 'green' | 'dim', text: string) => string
}

/** Lines without a final line break. */
export function failureText(failure: StepFailure, { paint }: FailureTextOptions): string {
  const { step, problem, differences } = failure
  const legend = differences.length === 0 ? '' : `: ${paint('red', '- expected')} ${paint('green', '+ found')}`
  const lines = [`  ${step.kind} ${step.collection} ${paint('dim', `(${step.at})`)}${legend}`]
  if (problem) lines.push(...indent(problem.message, 4))
  if (problem?.hint) lines.push(...indent(problem.hint, 4))
  for (const difference of differences.slice(0, SHOWN_MAX)) lines.push(...differenceLines(difference, paint))
  if (differences.length > SHOWN_MAX) lines.push(`    and ${differences.length - SHOWN_MAX} more documents`)
  return lines.join('\n')
}

/** As many as a person reads. */
const SHOWN_MAX = 20

function differenceLines(difference: DocumentDifference, paint: FailureTextOptions['paint']): string[] {
  const minus = (value: Json | undefined) => signed('-', value).map((line) => paint('red', line))
  const plus = (value: Json | undefined) => signed('+', value).map((line) => paint('green', line))
  const name = `    document ${JSON.stringify(difference.key)}`
  switch (difference.kind) {
    case 'missing':
      return [`${name} is missing`, ...minus(difference.expected)]
    case 'surplus':
      return [`${name} is not expected`, ...plus(difference.actual)]
    case 'different': {
      const values = difference.values.flatMap((value) => [
        `      ${value.pointer || 'as a whole'}`,
        ...minus(value.expected),
        ...plus(value.actual),
      ])
      return [`${name} differs`, ...values]
    }
  }
  return difference satisfies never
}

function signed(sign: '-' | '+', value: Json | undefined): string[] {
  const [first, ...rest] = valueText(value).split('\n')
  return [`      ${sign} ${first}`, ...rest.map((line) => `      ${sign} ${line}`)]
}

/** One line when it is short. */
function valueText(value: Json | undefined): string {
  if (value === undefined) return 'nothing'
  const line = JSON.stringify(value)
  return line.length <= LINE_MAX ? line : JSON.stringify(value, null, 2)
}

/** What a terminal shows beside the indentation. */
const LINE_MAX = 110

function indent(text: string, width: number): string[] {
  return text.split('\n').map((line) => ' '.repeat(width) + line)
}
