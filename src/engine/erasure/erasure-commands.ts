/** What an erasure asks of `apply`, as inputs on the log. Each names itself, so that a repeat after a crash writes nothing. */
import { hash } from 'node:crypto'
import type { AppendRequest } from '../../log/log.ts'
import { encodeBatch } from '../../model/document-batch.ts'
import type { Command } from '../../model/profile/command.ts'
import { COMMANDS, SYSTEM_SCHEMA_HASH } from '../../model/system-collections.ts'
import type { Erasure } from './erasure.ts'
import type { Subject } from './subject.ts'

/** The id says nothing of the identifiers, as it stays. */
export function eraseCommand({ id, kind, requestedAt }: Erasure, { parts, identifiers }: Subject): AppendRequest {
  const command: Command = { id: '', at: requestedAt, kind: 'erase', entityKind: kind, parts: [...parts] }
  return append({ ...command, id: idOf(id, command), ...(parts.length === 0 && { identifiers: [...identifiers] }) })
}

/** The items are gone from the log; this takes them out of the state. */
export function releaseCommand({ id, requestedAt }: Erasure, items: readonly string[]): AppendRequest {
  const command: Command = { id: '', at: requestedAt, kind: 'release', items: [...items] }
  return append({ ...command, id: idOf(id, command) })
}

const ID_CHARACTERS = 24

/** Comes from what the command says, so that one that is repeated has the same. */
function idOf(erasureId: string, command: Command): string {
  return hash('sha256', `${erasureId} ${JSON.stringify(command)}`).slice(0, ID_CHARACTERS)
}

/** Its id is its idempotency key. */
function append(command: Command): AppendRequest {
  const section = {
    collection: COMMANDS,
    schemaHash: SYSTEM_SCHEMA_HASH,
    documents: [JSON.stringify(command)],
    keys: [JSON.stringify([command.id])],
    partitions: [''],
  }
  return { payload: encodeBatch([section]), idempotencyKey: `erasure-${command.id}` }
}
