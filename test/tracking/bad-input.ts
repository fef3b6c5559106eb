/** One kind of bad input: what is sent, the answer, and what becomes of it. The table of docs/bad-input.md is made of these. */
import type { QuarantinedItem } from '../../src/model/event/quarantine.ts'
import type { TimelineEvent } from '../../src/model/event/timeline-event.ts'
import type { Answer, Asked } from './http-client.ts'

export type BadInput = {
  /** Columns of the page; `answer` is what `answerText` makes of all answers. */
  input: string
  answer: string
  becomes: string
  why: string
  /** In their order: batches of events, or requests as they are told. The key is that of a source of the row's own. */
  sent: (readonly unknown[] | Partial<Asked>)[]
  isStrict?: boolean
  /** Whose profile is looked at. */
  user?: string
  /** What must be there in the end; nothing else of the source may be. */
  stored?: { events?: object[]; quarantined?: object[]; profile?: Profile }
  /** For what no literal says. */
  check?: (stored: Stored) => void
}

export type Profile = { identifiers: string[]; traits: Record<string, unknown> }

export type Stored = {
  /** Tracked events on timelines. */
  events: TimelineEvent[]
  quarantined: QuarantinedItem[]
  profile: (Profile & { parts: number }) | undefined
}

/** `200: 1 accepted, 1 rejected (code)`, or `400 code`; answers that are the same are told once. */
export function answerText(answers: readonly Answer[]): string {
  return [...new Set(answers.map(oneAnswer))].join(', then ')
}

function oneAnswer({ status, text }: Answer): string {
  const reply = JSON.parse(text) as { accepted?: number; rejected?: { code: string }[]; code?: string }
  if (reply.code !== undefined) return `${status} \`${reply.code}\``
  const { accepted = 0, rejected = [] } = reply
  const codes = [...new Set(rejected.map(({ code }) => `\`${code}\``))].join(', ')
  const refused = rejected.length === 0 ? [] : [`${rejected.length.toLocaleString('en')} rejected (${codes})`]
  const taken = accepted === 0 && refused.length > 0 ? [] : [`${accepted.toLocaleString('en')} accepted`]
  return `${status}: ${[...taken, ...refused].join(', ')}`
}

export type Chapter = { title: string; rows: readonly Pick<BadInput, 'input' | 'answer' | 'becomes' | 'why'>[] }

export function badInputPage(intro: string, chapters: readonly Chapter[]): string {
  const tables = chapters.map(({ title, rows }) =>
    [
      `## ${title}\n`,
      '| what comes | answer | what becomes of it | why |',
      '|---|---|---|---|',
      ...rows.map(({ input, answer, becomes, why }) => `| ${input} | ${answer} | ${becomes} | ${why} |`),
    ].join('\n'),
  )
  return `${[intro.trim(), ...tables].join('\n\n')}\n`
}
