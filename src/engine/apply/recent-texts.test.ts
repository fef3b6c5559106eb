import { expect, test } from 'vitest'
import { RecentTexts } from './recent-texts.ts'

test('what was used last stays, what was not used for long goes', () => {
  const texts = new RecentTexts(40)
  texts.set('used', '123456')
  texts.set('idle', '123456')
  for (let i = 0; i < 20; i++) {
    texts.set(`k${i}`, '12345678')
    expect(texts.get('used')).toBe('123456')
  }
  expect(texts.get('idle')).toBeUndefined()
  expect(texts.get('k19')).toBe('12345678')
})

test('the newest text of a key is the one that is found', () => {
  const texts = new RecentTexts(40)
  texts.set('a', '1')
  texts.set('filler', 'x'.repeat(30))
  texts.set('a', '2')
  expect(texts.get('a')).toBe('2')
})

test('without room nothing is kept', () => {
  const texts = new RecentTexts(0)
  texts.set('a', '1')
  expect(texts.get('a')).toBeUndefined()
})
