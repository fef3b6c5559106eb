import { MillraceError } from '../../base/errors.ts'
import type { Rejection } from './tracking.ts'

/** Of a strict source: the request holds bad events, and nothing of it was taken. `rejected` names each. */
export class RefusedDelivery extends MillraceError {
  readonly rejected: readonly Rejection[]

  constructor(rejected: readonly Rejection[], count: number) {
    const [first] = rejected
    const example = first === undefined ? '' : ` Event ${first.index}: ${first.message}`
    super('event_invalid', `${rejected.length} of ${count} events were refused, so none was taken.${example}`, {
      hint: 'Mend the events that are listed and send the request again, or make the source one that is not strict.',
    })
    this.rejected = rejected
  }
}
