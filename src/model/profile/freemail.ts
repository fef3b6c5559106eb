/** Domains that give mail to everybody: they say nothing about where a person works. */
import { freeEmailDomains } from 'free-email-domains-typescript'

/** Providers that the public list lacks. */
const ALSO = `10minutemail.com daum.net docomo.ne.jp ezweb.ne.jp gmx.fr googlemail.de guerrillamail.com hey.com i.softbank.jp
icloud.com.cn inbox.lv keemail.me mailbox.org mozmail.com nate.com o2.pl online.no pm.me privaterelay.appleid.com proton.me
protonmail.ch sfr.fr softbank.ne.jp sympatico.ca talktalk.net tin.it trashmail.com tuta.com tuta.io tutamail.com tutanota.com
tutanota.de walla.co.il walla.com`

/** On the public list, but rather the employer of those who write from there. */
const EMPLOYERS = new Set(['facebook.com'])

const domains = new Set([...freeEmailDomains, ...ALSO.split(/\s+/)].filter((domain) => !EMPLOYERS.has(domain)))

/** `domain` in lower case. Domains below a listed one are not listed by that. */
export function isPublicFreemail(domain: string): boolean {
  return domains.has(domain)
}
