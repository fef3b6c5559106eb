/** Reads `GET /notifications` as server-sent events, as a connector would. */

export type SeenNotification = {
  channel: string
  /** Of the user. */
  externalId: string | undefined
  /** Ids. */
  entered: string[]
  left: string[]
  /** Milliseconds since the epoch at which its message had arrived. */
  seenAt: number
}

type Notification = {
  channel: string
  user?: { external_id?: string | null }
  changes?: { segments?: { entered: { id: string }[]; left: { id: string }[] } }
}

export type NotificationStream = { end: () => Promise<void> }

/** Of users who are in these segments, or enter or leave them, from now on. Rejects when the server has no such endpoint, and what `onNotification` throws ends the stream. */
export async function followNotifications(
  url: string,
  segments: readonly string[],
  onNotification: (seen: SeenNotification) => void,
): Promise<NotificationStream> {
  const ending = new AbortController()
  const filter = segments.map((id) => `&segment=${id}`).join('')
  const response = await fetch(`${url}/notifications?channel=user:update&limit=500${filter}`, {
    headers: { accept: 'text/event-stream' },
    signal: ending.signal,
  })
  if (!response.ok || response.body === null) throw new Error(`Notifications were answered with ${response.status}.`)
  const reading = read(response.body, onNotification).catch((error: unknown) => {
    if (!ending.signal.aborted) throw error
  })
  return {
    end: async () => {
      ending.abort()
      await reading
    },
  }
}

async function read(body: ReadableStream<Uint8Array>, onNotification: (seen: SeenNotification) => void): Promise<void> {
  let received = ''
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const seenAt = performance.timeOrigin + performance.now()
    received += text
    const end = received.lastIndexOf('\n\n')
    if (end < 0) continue
    const messages = received.slice(0, end).split('\n\n')
    received = received.slice(end + 2)
    for (const message of messages)
      for (const notification of notificationsIn(message)) onNotification(seen(notification, seenAt))
  }
}

function notificationsIn(message: string): Notification[] {
  const lines = message.split('\n')
  if (lines.includes('event: error')) throw new Error(`The stream of notifications ended: ${message}`)
  const line = lines.find((one) => one.startsWith('data: '))
  // Millrace's own endpoint; its contract test holds it to this.
  return line === undefined ? [] : (JSON.parse(line.slice('data: '.length)) as { notifications: Notification[] }).notifications
}

function seen({ channel, user, changes }: Notification, seenAt: number): SeenNotification {
  const { entered = [], left = [] } = changes?.segments ?? {}
  return {
    channel,
    externalId: user?.external_id ?? undefined,
    entered: entered.map(({ id }) => id),
    left: left.map(({ id }) => id),
    seenAt,
  }
}
