/**
 * Where a reader of notifications stands: a place in the outputs up to which everything was told. Mostly a position of the log. Within
 * an entry of the log only where one entry alone is more than a page, and with a fan-out while users of a changed account are told.
 */
import { z } from 'zod'
import type { Position } from '../../log/log.ts'
import { readCursor, writeCursor } from '../profiles/reading/page-cursor.ts'

/** Of a line of the outputs: they are read in the order of these. Absent `within`: behind all lines of the position. */
export type OutputPlace = { position: Position; within?: { index: number; key: string } }

export type NotificationCursor = {
  /** Everything up to here was told, save for what `fanOut` says. */
  at: OutputPlace
  fanOut?: FanOut
}

/** The users of accounts that changed between `from` and the cursor's `at`; accounts go by id, users by key of `account-user`. */
export type FanOut = {
  from: OutputPlace
  /** All accounts before this one are done. */
  account: string
  /** Of this one, the users up to this key. */
  after: string
}

const placeSchema = z.union([z.tuple([z.int().min(0)]), z.tuple([z.int().min(0), z.int(), z.string()])])
const cursorSchema = z.union([z.tuple([placeSchema]), z.tuple([placeSchema, placeSchema, z.string(), z.string()])])
type Packed = z.infer<typeof cursorSchema>
type PackedPlace = z.infer<typeof placeSchema>

export function writeNotificationCursor({ at, fanOut }: NotificationCursor): string {
  const packed: Packed = fanOut ? [pack(at), pack(fanOut.from), fanOut.account, fanOut.after] : [pack(at)]
  return writeCursor(packed)
}

/** Throws `request_invalid` for what is no cursor of notifications. */
export function readNotificationCursor(text: string): NotificationCursor {
  const [at, from, account, after] = readCursor(text, cursorSchema)
  if (from === undefined || account === undefined || after === undefined) return { at: unpack(at) }
  return { at: unpack(at), fanOut: { from: unpack(from), account, after } }
}

/** Outputs behind this position hold everything that the cursor still leads to. */
export function neededAfter({ at, fanOut }: NotificationCursor): Position {
  return lastWholePosition(fanOut?.from ?? at)
}

/** The last position of which nothing is behind the place. */
export function lastWholePosition({ position, within }: OutputPlace): Position {
  return within === undefined ? position : position - 1
}

/** Negative when `a` comes first. */
export function comparePlaces(a: OutputPlace, b: OutputPlace): number {
  if (a.position !== b.position) return a.position - b.position
  if (a.within === undefined || b.within === undefined) return Number(a.within === undefined) - Number(b.within === undefined)
  if (a.within.index !== b.within.index) return a.within.index - b.within.index
  if (a.within.key === b.within.key) return 0
  return a.within.key < b.within.key ? -1 : 1
}

function pack({ position, within }: OutputPlace): PackedPlace {
  return within === undefined ? [position] : [position, within.index, within.key]
}

function unpack([position, index, key]: PackedPlace): OutputPlace {
  return index === undefined || key === undefined ? { position } : { position, within: { index, key } }
}
