/** Clients that are slow, or go away: what they write, and what they do then. Answered within time-outs of milliseconds in the test. */
export type BadConnection = {
  input: string
  answer: string
  becomes: string
  why: string
  /** `authorization` lets the request in. */
  write: (authorization: string) => string
  /** `waits`: says nothing more. `ends`: closes its half. `leaves`: closes all of it. */
  doing: 'waits' | 'ends' | 'leaves'
  /** That are taken. */
  events: number
}

const BODY = '{"batch":[{"type":"track","event":"Paid","userId":"u"}]}'
const head = (authorization: string, length: number) =>
  `POST /v1/batch HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\nContent-Length: ${length}\r\n\r\n`
const NOTHING = 'nothing is kept'

export const BAD_CONNECTIONS: BadConnection[] = [
  {
    input: 'a client that connects and says nothing for 30 s',
    answer: '408',
    becomes: 'it is let go',
    why: 'it holds a place',
    write: () => '',
    doing: 'waits',
    events: 0,
  },
  {
    input: 'a client that does not end its headers within 30 s',
    answer: '408',
    becomes: NOTHING,
    why: 'the same',
    write: () => 'POST /v1/batch HTTP/1.1\r\nHost: x\r\n',
    doing: 'waits',
    events: 0,
  },
  {
    input: 'a client that does not end its body within 120 s, or vanishes without a word',
    answer: '408',
    becomes: NOTHING,
    why: 'it holds memory',
    write: (authorization) => head(authorization, 1_000) + BODY,
    doing: 'waits',
    events: 0,
  },
  {
    input: 'a client that closes its half in the middle of its body',
    answer: '400',
    becomes: NOTHING,
    why: 'half a batch would be taken twice when it is sent again',
    write: (authorization) => head(authorization, 1_000) + BODY,
    doing: 'ends',
    events: 0,
  },
  {
    input: 'a client that closes its half behind its body',
    answer: '200',
    becomes: 'all is taken and answered',
    why: 'it may do so',
    write: (authorization) => head(authorization, BODY.length) + BODY,
    doing: 'ends',
    events: 1,
  },
  {
    input: 'a client that leaves in the middle of its body',
    answer: 'none',
    becomes: NOTHING,
    why: 'it will send it again',
    write: (authorization) => head(authorization, 1_000) + BODY,
    doing: 'leaves',
    events: 0,
  },
  {
    input: 'bytes that are no HTTP',
    answer: '400',
    becomes: 'it is let go',
    why: 'nobody knows where a request begins',
    write: () => 'EHLO x\r\n\r\n',
    doing: 'waits',
    events: 0,
  },
]
