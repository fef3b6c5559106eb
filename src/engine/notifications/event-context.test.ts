import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../base/json.ts'
import { messageContext } from './event-context.ts'
import { readUserAgent } from './user-agent.ts'

const NO_CAMPAIGN = { name: null, source: null, medium: null, term: null, content: null }
const SAFARI =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_13_3) AppleWebKit/604.5.6 (KHTML, like Gecko) Version/11.0.3 Safari/604.5.6'

test('the context of a browser’s event has the members of the seed’s, beside what came', () => {
  const page = { url: 'https://example.com/account', referrer: 'https://example.com/', title: 'Account', path: '/account' }
  expect(messageContext({ ip: '10.52.8.14', userAgent: SAFARI, page, locale: 'en' })).toEqual({
    browser: { name: 'Safari', version: '11.0.3', major: 11 },
    campaign: NO_CAMPAIGN,
    device: { name: 'Other' },
    ip: '10.52.8.14',
    os: { name: 'Mac OS X', version: '10.13.3' },
    page: { ...page, host: 'example.com' },
    referrer: { url: 'https://example.com/', host: 'example.com', path: '/', campaign: NO_CAMPAIGN },
    useragent: SAFARI,
    userAgent: SAFARI,
    locale: 'en',
  })
})

test('nothing comes of nothing', () => {
  expect(messageContext({})).toEqual({})
})

test.each<[string, JsonObject, JsonObject]>([
  [
    'what came wins',
    { os: { name: 'iOS' }, device: 'x', userAgent: SAFARI },
    { os: { name: 'iOS', version: '10.13.3' }, device: 'x' },
  ],
  [
    'a campaign is read from the page’s address',
    { page: { url: 'https://a.org/?utm_source=mail&utm_campaign=spring%20sale' } },
    { campaign: { ...NO_CAMPAIGN, name: 'spring sale', source: 'mail' } },
  ],
  ['and filled up where it came', { campaign: { source: 'ad' } }, { campaign: { ...NO_CAMPAIGN, source: 'ad' } }],
  ['what is no address stays as it is', { page: { url: '/account' } }, { page: { url: '/account' } }],
])('%s', (_name, context, expected) => {
  expect(messageContext(context)).toMatchObject(expected)
})

describe('a user agent', () => {
  const chromium = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.6099.71'
  test.each<[string, string, string]>([
    [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${chromium} Safari/537.36`, 'Chrome 120', 'Windows 10.0'],
    [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${chromium} Safari/537.36 Edg/120.0.2210.61`, 'Edge 120', 'Windows 10.0'],
    [`Mozilla/5.0 (Linux; Android 14; Pixel 8) ${chromium} Mobile Safari/537.36`, 'Chrome 120', 'Android 14'],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0', 'Firefox 121', 'Linux null'],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.2 Mobile/15E148 Safari/604.1',
      'Mobile Safari 17',
      'iOS 17.2',
    ],
    ['curl/8.0', 'Other null', 'Other null'],
    ['', 'Other null', 'Other null'],
  ])('%s', (text, browser, os) => {
    const report = readUserAgent(text)
    expect(`${report.browser.name} ${report.browser.major}`).toBe(browser)
    expect(`${report.os.name} ${report.os.version}`).toBe(os)
    expect(report.device.name).toBe(os.startsWith('iOS') ? 'iPhone' : 'Other')
  })

  test('costs little, whatever a client sends', () => {
    // An expression that goes back over what it has read would not end within the time that a test has.
    expect(readUserAgent('(iPhone OS '.repeat(100_000)).device.name).toBe('iPhone')
  })
})
