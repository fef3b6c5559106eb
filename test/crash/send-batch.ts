/** Sends tracked events as a careful client does: a batch again and again until it is answered 200. */
import { setTimeout as sleep } from 'node:timers/promises'

const RETRY_MS = 20

/** `urlOf`: where the server listens at the moment. Throws when the batch is refused. */
export async function sendUntilAccepted(urlOf: () => string, key: string, lines: readonly string[]): Promise<void> {
  const body = `{"batch":[${lines.join(',')}]}`
  for (;;) {
    const answer = await post(`${urlOf()}/v1/batch`, key, body)
    if (answer?.status === 200) {
      if (answer.accepted !== lines.length) throw new Error(`${answer.accepted} of ${lines.length} events were accepted.`)
      return
    }
    if (answer && answer.status < 500 && answer.status !== 429) throw new Error(`Refused with ${answer.status}.`)
    await sleep(RETRY_MS)
  }
}

/** Undefined when the connection broke, also halfway through the answer: then nobody knows whether it was accepted. */
async function post(url: string, key: string, body: string): Promise<{ status: number; accepted: number } | undefined> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` }
  try {
    const response = await fetch(url, { method: 'POST', headers, body })
    const { accepted = 0 } = (await response.json()) as { accepted?: number }
    return { status: response.status, accepted }
  } catch {
    return undefined
  }
}
