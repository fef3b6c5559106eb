/** What the drivers send, in the words of the field; the test expects the same of the events that Millrace keeps. */

export const TRAITS = { name: 'Ada', plan: 'pro', seats: 3 }
export const TRACKED = { event: 'Order Completed', properties: { total: 9.5, currency: 'EUR' } }
export const PAGE = { category: 'Docs', name: 'Pricing', properties: { theme: 'dark' } }
export const SCREEN = { name: 'Home', properties: { tab: 'news' } }
export const ACCOUNT_TRAITS = { name: 'Acme', employees: 12 }

/** Identifiers of one run: who calls, which account, and the two ends of an alias. */
export function namesOf(run: string) {
  return { user: `ada.${run}`, account: `acme.${run}`, newId: `new.${run}`, oldId: `old.${run}` }
}
