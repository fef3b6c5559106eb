/**
 * What a user agent's text says of browser, system and device, in the words of Hull's events. Knows the browsers and systems that
 * nearly all people have; whatever else it is, is `Other`.
 */
export type UserAgentReport = {
  browser: { name: string; version: string | null; major: number | null }
  os: { name: string; version: string | null }
  device: { name: string }
}

type Pattern = { name: string; pattern: RegExp }

/** The first that matches: most browsers also name the ones that they descend from. */
const BROWSERS: readonly Pattern[] = [
  { name: 'Edge', pattern: /\b(?:Edge|EdgA?|EdgiOS)\/([\d.]+)/ },
  { name: 'Opera', pattern: /\b(?:OPR|Opera)\/([\d.]+)/ },
  { name: 'Samsung Internet', pattern: /\bSamsungBrowser\/([\d.]+)/ },
  { name: 'Firefox', pattern: /\b(?:Firefox|FxiOS)\/([\d.]+)/ },
  { name: 'Chrome', pattern: /\b(?:Chrome|CriOS)\/([\d.]+)/ },
  { name: 'Mobile Safari', pattern: /\bVersion\/([\d.]+) Mobile\/\S+ Safari\// },
  { name: 'Safari', pattern: /\bVersion\/([\d.]+) Safari\// },
  { name: 'IE', pattern: /\bMSIE ([\d.]+)|\bTrident\/.*\brv:([\d.]+)/ },
]

const SYSTEMS: readonly Pattern[] = [
  { name: 'iOS', pattern: /\((?:iPhone|iPad|iPod)\b[^)]* OS ([\d_]+)/ },
  { name: 'Mac OS X', pattern: /\bMac OS X ([\d_.]+)?/ },
  { name: 'Windows', pattern: /\bWindows NT ([\d.]+)/ },
  { name: 'Android', pattern: /\bAndroid(?: ([\d.]+))?/ },
  { name: 'Chrome OS', pattern: /\bCrOS \S+ ([\d.]+)/ },
  { name: 'Linux', pattern: /\bLinux\b()/ },
]

const DEVICES: readonly Pattern[] = [
  { name: 'iPhone', pattern: /\(iPhone\b/ },
  { name: 'iPad', pattern: /\(iPad\b/ },
  { name: 'iPod', pattern: /\(iPod\b/ },
]

/** Nothing beyond is looked at: a text of another kind must not cost time. */
const CHARACTERS_MAX = 1_000

export function readUserAgent(text: string): UserAgentReport {
  const start = text.slice(0, CHARACTERS_MAX)
  const browser = firstIn(BROWSERS, start)
  const os = firstIn(SYSTEMS, start)
  const major = browser.version === null ? Number.NaN : Number.parseInt(browser.version, 10)
  return {
    browser: { ...browser, major: Number.isNaN(major) ? null : major },
    os: { name: os.name, version: os.version?.replaceAll('_', '.') ?? null },
    device: { name: firstIn(DEVICES, start).name },
  }
}

function firstIn(patterns: readonly Pattern[], text: string): { name: string; version: string | null } {
  for (const { name, pattern } of patterns) {
    const match = pattern.exec(text)
    if (match) return { name, version: match[1] || match[2] || null }
  }
  return { name: 'Other', version: null }
}
