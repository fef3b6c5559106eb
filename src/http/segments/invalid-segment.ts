/** The answer to documents that are no segments: one problem, with all that is wrong. */
import type { FastifyReply } from 'fastify'
import type { SegmentProblem } from '../../model/segment/parse-segment.ts'
import { problem, PROBLEM_TYPE } from '../problem.ts'

type Listed = SegmentProblem & { /** Where several are defined at once: which one. */ segment?: string }

/** More are listed in `problems` alone. */
const TOLD_MAX = 20

/** `problems`: of one document, or by id of several. Warnings are listed as well, since they may be the cause. */
export async function sendInvalid(
  reply: FastifyReply,
  problems: readonly SegmentProblem[] | Readonly<Record<string, readonly SegmentProblem[]>>,
): Promise<FastifyReply> {
  const listed: Listed[] = Array.isArray(problems)
    ? problems
    : Object.entries(problems).flatMap(([segment, some]) => some.map((one: SegmentProblem) => ({ segment, ...one })))
  const errors = listed.filter(({ isWarning }) => !isWarning)
  const more = errors.length > TOLD_MAX ? [`  and ${errors.length - TOLD_MAX} more`] : []
  const detail = [headline(errors.length), ...errors.slice(0, TOLD_MAX).map(problemText), ...more].join('\n')
  const answer = { ...problem('segment_invalid', detail), problems: listed }
  return await reply.code(answer.status).type(PROBLEM_TYPE).send(JSON.stringify(answer))
}

function headline(count: number): string {
  return `The document is no segment: ${count === 1 ? 'one problem' : `${count} problems`}.`
}

function problemText({ segment, pointer, message, hint }: Listed): string {
  const place = `${segment === undefined ? '' : `${segment} `}${pointer === '' ? '(the whole)' : pointer}`
  return `  ${place}: ${message}${hint === undefined ? '' : ` ${hint}`}`
}
