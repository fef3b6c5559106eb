/** The stream of `GET /events/live` as messages. */
import { isObject, type JsonObject } from '../../base/json.ts'

/** `kind`: accepted, quarantined, refused, dropped. */
export type LiveMessage = { kind: string; data: JsonObject }

/** Until the stream ends; comments and what is no message are passed over. */
export async function* readMessages(body: ReadableStream<Uint8Array>): AsyncGenerator<LiveMessage> {
  let text = ''
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    const blocks = (text + chunk).split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const message = readBlock(block)
      if (message !== undefined) yield message
    }
  }
}

function readBlock(block: string): LiveMessage | undefined {
  const [, kind, text] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? []
  if (kind === undefined || text === undefined) return undefined
  const data: unknown = JSON.parse(text)
  return isObject(data) ? { kind, data } : undefined
}
