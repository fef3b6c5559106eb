/**
 * What deliveries of webhooks are asked for by others, as cursors in the store: whoever asks saves an order and wakes the deliveries; each
 * notes in its own state what it has obeyed. So an order is obeyed once, whoever dies when.
 */
import type { Position } from '../../log/log.ts'
import type { CursorStore } from './webhook-state.ts'

/** To a webhook that has stopped: to go on. */
export type ResumeOrder = {
  /** 24 hex digits, random. */
  id: string
  /** With what comes from now on, or with all that is kept; else where it stands. */
  from?: 'now' | 'start'
}

/** No webhook's name is empty. */
const FORGET_NAME = 'notifications//forget'

/** To all: what was made before this position must not stay on its way. */
export async function orderForgetting(store: CursorStore, through: Position): Promise<void> {
  if ((await forgettingOrdered(store)) < through) await store.saveCursor(FORGET_NAME, String(through))
}

/** 0 when there is no such order. */
export async function forgettingOrdered(store: Pick<CursorStore, 'loadCursor'>): Promise<Position> {
  return Number((await store.loadCursor(FORGET_NAME)) ?? 0)
}

export async function orderResuming(store: CursorStore, webhook: string, order: ResumeOrder): Promise<void> {
  await store.saveCursor(resumeName(webhook), JSON.stringify(order))
}

/** The last one. */
export async function findResumeOrder(store: Pick<CursorStore, 'loadCursor'>, webhook: string): Promise<ResumeOrder | undefined> {
  const text = await store.loadCursor(resumeName(webhook))
  // Only `orderResuming` wrote it.
  return text === undefined ? undefined : (JSON.parse(text) as ResumeOrder)
}

function resumeName(webhook: string): string {
  return `notifications/${webhook}/resume`
}
