import { expect, test } from 'vitest'
import { append, loadFiles, suite } from '../scratch-catalog.fixture.ts'

suite('notifications', [
  {
    name: 'every wrong field is reported at once',
    change: append(`notifications:
  crm: { webhook: https://example.com, chanels: [], batch: 0, from: yesterday }
  erp: { channels: [users] }
`),
    problems: [
      'millrace.yaml:2:40 Notifications "crm": unknown field "chanels". | Did you mean "channels"?',
      'millrace.yaml:2:60 Notifications "crm": batch must be 1 at least, not 0.',
      'millrace.yaml:2:69 Notifications "crm": from must be "now" or "start", not "yesterday".',
      'millrace.yaml:3:8 Notifications "erp": webhook is missing.',
      /^millrace.yaml:3:21 Notifications "erp": channels\[0\] must be "user:update" or .*, not "users"\.$/,
    ],
  },
  {
    name: 'a name and an address must be such, and what is missing in the environment is named',
    change: append(`notifications:
  a/b: { webhook: 'https://example.com' }
  crm: { webhook: example.com }
  erp: { webhook: '\${ERP_URL}', secret: '\${ERP_SECRET}' }
  ftp: { webhook: 'https://ann:hidden@example.com' }
  tcp: { webhook: 'https://example.com', headers: { 'X Y': a, Z: "a\\nb" } }
`),
    problems: [
      'millrace.yaml:2:3 Notifications "a/b": this is not a name for a webhook. | Use up to 100 letters of a to z, digits, "-", "_" and ".", beginning with a letter or a digit.',
      'millrace.yaml:3:19 Notifications "crm": its webhook is not one. | It starts with http://.',
      'millrace.yaml:4:19 Notifications "erp": the environment variable "ERP_URL" is not set. | Set ERP_URL before you start Millrace.',
      'millrace.yaml:4:41 Notifications "erp": the environment variable "ERP_SECRET" is not set. | Set ERP_SECRET before you start Millrace.',
      'millrace.yaml:5:19 Notifications "ftp": its webhook holds a name and a password. | Send them as a header: `headers: { Authorization: … }`.',
      'millrace.yaml:6:53 Notifications "tcp": "X Y" is not a name for a header.',
      'millrace.yaml:6:66 Notifications "tcp": the header "Z" holds characters that no header may have.',
    ],
  },
  {
    name: 'a secret in the file and a segment that the catalog does not have are warnings',
    change: append(`notifications:
  crm: { webhook: 'https://example.com', secret: abc, segments: [vips] }
segments:
  vip: { name: VIP, manual: true }
`),
    problems: [
      'millrace.yaml:2:50 warning: Notifications "crm": the secret stands in the file, where everybody can read it who reads the catalog. | Take it from the environment: `secret: ${CRM_SECRET}`.',
      'millrace.yaml:2:66 warning: Notifications "crm": the catalog has no segment "vips"; nothing is told of it until there is one. | Did you mean "vip"?',
    ],
  },
])

test('a webhook has what the file and the environment say, and defaults for the rest', async () => {
  const text = `notifications:
  crm:
    webhook: 'https://example.com/\${TOKEN}'
    secret: '\${SECRET}'
    headers: { Authorization: 'Bearer \${TOKEN}' }
    channels: [user:update, users_segment:delete]
    batch: 7
    from: start
  erp: { webhook: 'http://localhost:1' }
`
  const { catalog, problems } = await loadFiles({ 'millrace.yaml': text }, { env: { TOKEN: 't', SECRET: 's' } })
  expect(problems).toEqual([])
  expect(catalog?.notifications).toEqual({
    crm: {
      name: 'crm',
      url: 'https://example.com/t',
      secret: 's',
      headers: { Authorization: 'Bearer t' },
      channels: ['user:update', 'users_segment:delete'],
      batch: 7,
      begin: 'start',
    },
    erp: { name: 'erp', url: 'http://localhost:1', headers: {}, batch: 100, begin: 'now' },
  })
})
