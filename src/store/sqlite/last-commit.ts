/** Who committed last, and how many commits there were: how the owner of a filter of keys finds out that somebody else has written. */
export type LastCommit = { number: number; partition: string; fence: number }

export const SELECT_LAST_COMMIT = 'select number, partition, fence from last_commit'
