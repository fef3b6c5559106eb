/** Files and folders that outlive a crash of the machine: a rename or a new folder is durable once its parent is synced. */
import { mkdir, open, rename } from 'node:fs/promises'
import { dirname, relative, sep } from 'node:path'

/** Makes the entries of a folder durable. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Creates a folder and its parents; durable when it resolves. */
export async function createDirectory(directory: string): Promise<void> {
  const firstCreated = await mkdir(directory, { recursive: true })
  if (firstCreated === undefined) return
  const below = relative(firstCreated, directory).split(sep).filter(Boolean).length
  let created = directory
  for (let level = 0; level <= below; level++) {
    created = dirname(created)
    await syncDirectory(created)
  }
}

/** Moves a file within one file system, into a folder that may not exist yet; durable when it resolves. */
export async function moveDurably(from: string, to: string): Promise<void> {
  const folder = dirname(to)
  await createDirectory(folder)
  await rename(from, to)
  await syncDirectory(folder)
}
