/**
 * Who is forgotten by the open transaction: what the store still holds of their timelines for the lake, and what the transaction itself
 * has published, goes with it. So nothing of them is filed once the command is applied.
 */
import type { Identity } from '../../model/profile/event-claims.ts'
import type { ReplacedOutput, Store } from '../../store/store.ts'
import { redactBatch } from '../erasure/redact-batch.ts'
import { redactOutputs } from '../erasure/redact-outputs.ts'
import { normalizerOf, type Normalize, type Subject } from '../erasure/subject.ts'
import { anyOf, SubjectMatcher } from '../erasure/subject-matcher.ts'
import type { Changes } from '../apply/runner.ts'

export class Forgotten {
  readonly #normalize: Normalize
  #matchers: SubjectMatcher[] = []
  #replaced: ReplacedOutput[] = []
  #isCurrent = true

  constructor({ rules }: Identity) {
    this.#normalize = normalizerOf(rules)
  }

  add(subject: Subject): void {
    this.#matchers.push(new SubjectMatcher(subject, this.#normalize))
    this.#isCurrent = false
  }

  /** Looks through the outputs, when somebody was added; the transaction before must be committed. */
  async redact(store: Pick<Store, 'readOutputs'>, committed: () => Promise<void>): Promise<void> {
    if (this.#isCurrent) return
    await committed()
    const { replaced } = await redactOutputs(store, anyOf(this.#matchers))
    this.#replaced = replaced
    this.#isCurrent = true
  }

  /** Closes the transaction. */
  changes(): Pick<Changes, 'replacedOutputs' | 'redact'> {
    if (this.#matchers.length === 0) return {}
    const matcher = anyOf(this.#matchers)
    const replacedOutputs = this.#replaced
    this.#matchers = []
    this.#replaced = []
    return { replacedOutputs, redact: (payload) => redactBatch(payload, matcher)?.payload }
  }
}
