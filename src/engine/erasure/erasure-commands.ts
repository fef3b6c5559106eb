/** What an erasure asks of `apply`, as inputs on the log. Each names itself, so that a repeat after a crash writes nothing. */
import { hash } from 'node:crypto'
import type { AppendRequest } from '../../log/log.ts'
import { encodeBatch } from '../../model/document-batch.ts'
import type { Command } from '../../model/profile/command.ts'
import { COMMANDS, SYSTEM_SCHEMA_HASH } from '../../model/system-collections.ts'
import type { Erasure } from './erasure.ts'

export function eraseCommand({ id, kind, requestedAt }: Erasure, parts: readonly string[]): AppendRequest {
  return append(id, (commandId) => ({ id: commandId, at: requestedAt, kind: 'erase', entityKind: kind, parts: [...parts] }))
}

/** The items are gone from the log; this takes them out of the state. */
export function releaseCommand({ id, requestedAt }: Erasure, items: readonly string[]): AppendRequest {
  return append(id, (commandId) => ({ id: commandId, at: requestedAt, kind: 'release', items: [...items] }))
}

const ID_CHARACTERS = 24

/** The command's id comes from what it says, and is its idempotency key. */
function append(erasureId: string, command: (id: string) => Command): AppendRequest {
  const id = hash('sha256', `${erasureId} ${JSON.stringify(command(''))}`).slice(0, ID_CHARACTERS)
  const section = {
    collection: COMMANDS,
    schemaHash: SYSTEM_SCHEMA_HASH,
    documents: [JSON.stringify(command(id))],
    keys: [JSON.stringify([id])],
    partitions: [''],
  }
  return { payload: encodeBatch([section]), idempotencyKey: `erasure-${id}` }
}
