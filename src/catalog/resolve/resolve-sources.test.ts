import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { append, loadFiles, problemLines, suite } from '../scratch-catalog.fixture.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 })
const publicPem = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString()
const KEYS = {
  'keys/ci.pem': publicPem,
  'keys/private.pem': rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  'keys/short.pem': generateKeyPairSync('rsa', { modulusLength: 1_024 })
    .publicKey.export({ type: 'spki', format: 'pem' })
    .toString(),
  'keys/curve.pem': generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .publicKey.export({ type: 'spki', format: 'pem' })
    .toString(),
  'keys/text.pem': 'no key',
}
const HINT =
  'Make a pair: `openssl genrsa -out private.pem 2048`, then `openssl rsa -in private.pem -pubout -out public.pem`; this is for the second.'

suite('sources', [
  {
    name: 'every wrong field is reported at once',
    change: append(`sources:
  web: { sdk: segmnt, stric: true }
  app: { strict: 'yes', limits: { eventBytes: 5, batchBytes: 99999999, requestsPerSecond: 0.5 } }
  old: { sdk: jitsu, limits: { batchEvent: 1 } }
  none:
`),
    problems: [
      'millrace.yaml:2:15 Source "web": sdk must be "segment" or "customerio" or "rudderstack" or "jitsu", not "segmnt".',
      'millrace.yaml:2:23 Source "web": unknown field "stric". | Did you mean "strict"?',
      'millrace.yaml:3:18 Source "app": strict must be true or false, not "yes".',
      'millrace.yaml:3:47 Source "app": limits.eventBytes must be 1024 at least, not 5.',
      'millrace.yaml:3:62 Source "app": limits.batchBytes must be 16777216 at most, not 99999999.',
      'millrace.yaml:3:91 Source "app": limits.requestsPerSecond must be an integer, not 0.5.',
      'millrace.yaml:4:32 Source "old": unknown field "batchEvent". | Did you mean "batchEvents"?',
      'millrace.yaml:5:8 Source "none": must be a map of fields, not empty.',
    ],
  },
  {
    name: 'a name must fit into an address',
    change: append(`sources: { 'my site': {}, .web: {}, 2web.v1_a-b: {}, ${'x'.repeat(101)}: {} }\n`),
    problems: ['my site', '.web', 'x'.repeat(101)].map(
      (name, i) =>
        `millrace.yaml:1:${[12, 27, 54][i]} Source "${name}": this is not a name for a source. | Use up to 100 letters of a to z, digits, "-", "_" and ".", beginning with a letter or a digit.`,
    ),
  },
  {
    name: 'a request can hold an event',
    change: append('sources: { web: { limits: { batchBytes: 2000 } } }\n'),
    problems: [
      'millrace.yaml:1:41 Source "web": a request of 2000 bytes cannot hold an event of 32768. | Make `batchBytes` at least as large as `eventBytes`.',
    ],
  },
  {
    name: 'a source that two files define is reported at the second',
    change: append('import: [more.yaml]\nsources: { web: {} }\n'),
    files: { 'more.yaml': 'sources: { web: {}, app: {} }\n' },
    problems: [
      'more.yaml:1:12 Source "web" is defined twice; the first definition is at millrace.yaml:2. | Rename or remove one.',
    ],
  },
  {
    name: 'the key of a client is a public RSA key of sufficient length, and is never quoted',
    change: append(`sources:
  a:
    oauthClients:
      - { id: ci, publicKey: keys/ci.pem }
      - { id: two, publicKey: keys/cii.pem }
      - { id: three, publicKey: keys/short.pem }
      - { id: four, publicKey: keys/curve.pem }
      - { id: five, publicKey: keys/text.pem }
      - { id: six, publicKey: keys/private.pem }
  b:
    oauthClients:
      - { id: ci, publicKey: "-----BEGIN PUBLIC KEY-----" }
`),
    files: KEYS,
    problems: [
      'millrace.yaml:5:31 Source "a", client "two": the key file "keys/cii.pem" does not exist. | Did you mean "ci.pem"?',
      `millrace.yaml:6:33 Source "a", client "three": its key has 1024 bits; it must have 2048 at least. | ${HINT}`,
      `millrace.yaml:7:32 Source "a", client "four": its key is of the kind "ec"; it must be RSA. | ${HINT}`,
      `millrace.yaml:8:32 Source "a", client "five": its key is no public key in PEM. | ${HINT}`,
      `millrace.yaml:9:31 Source "a", client "six": this is a private key, which only the client may have. | ${HINT}`,
      'millrace.yaml:12:15 Source "b", client "ci": the id is used at millrace.yaml:4 already. | A client sends to one source; give each an id of its own.',
      `millrace.yaml:12:30 Source "b", client "ci": its key is no public key in PEM. | ${HINT}`,
    ],
  },
])

test('a catalog may hold nothing but sources; what they leave out has defaults', async () => {
  const text = `sources:
  web: {}
  backend:
    sdk: rudderstack
    strict: true
    limits: { eventBytes: 65536, requestsPerSecond: 500 }
    oauthClients: [{ id: ci, publicKey: keys/ci.pem }, { id: cd, publicKey: ${JSON.stringify(publicPem)} }]
`
  const loaded = await loadFiles({ 'millrace.yaml': text, ...KEYS })
  expect(problemLines(loaded)).toEqual([])
  const defaults = { eventBytesMax: 32_768, batchBytesMax: 4_096_000, batchEventsMax: 2_500 }
  expect(loaded.catalog?.sources).toEqual({
    web: { name: 'web', sdk: 'segment', isStrict: false, limits: defaults, oauthClients: [] },
    backend: {
      name: 'backend',
      sdk: 'rudderstack',
      isStrict: true,
      limits: { ...defaults, eventBytesMax: 65_536, requestsPerSecond: 500 },
      oauthClients: [
        { id: 'ci', publicKey: publicPem },
        { id: 'cd', publicKey: publicPem },
      ],
    },
  })
  expect(createPublicKey(publicPem).asymmetricKeyDetails?.modulusLength).toBe(2_048)
  expect(loaded.files).toContain(`${loaded.folder}/keys/ci.pem`)
})
