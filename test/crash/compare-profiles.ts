/** Compares what a running server shows with what was sent to it: the totals, and every profile that was counted. */
import type { ProfileReport } from '../../src/engine/profiles/reading/profile-report.ts'
import { same } from './same.ts'
import type { Expected, ProfileTraffic } from './profile-traffic.ts'

/** `parts`: whose profiles they are, by their ids. */
export type Compared = { repeated: number; parts: Map<string, string> }

const CONNECTIONS = 4

/** Throws at the first difference. Everything sent must be applied. */
export async function compareProfiles(url: string, { messages, expected }: ProfileTraffic): Promise<Compared> {
  const { events } = await read<{ events: { applied: number; repeated: number; setAside: number } }>(`${url}/status`)
  same('messages applied', events.applied, messages.size)
  same('messages set aside', events.setAside, 0)
  const parts = new Map<string, string>()
  const rest = expected.entries()
  const compareRest = async () => {
    for (const [path, wanted] of rest) {
      const profile = await read<ProfileReport>(`${url}${path}`)
      compareTraits(path, profile, wanted)
      for (const { id } of profile.parts) {
        same(`whose profile ${id} is, beside ${path},`, parts.get(id), undefined)
        parts.set(id, path)
      }
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, compareRest))
  return { repeated: events.repeated, parts }
}

function compareTraits(path: string, { traits }: ProfileReport, { counted, step }: Expected): void {
  same(`counter of ${path}`, traits['counted']?.value, counted)
  same(`step of ${path}`, traits['step']?.value, step)
}

async function read<Answer>(url: string): Promise<Answer> {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`)
  return (await response.json()) as Answer
}
