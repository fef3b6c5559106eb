import { expect, test } from 'vitest'
import { compilePartition, compileSelector } from './partition.ts'

const byVendorAndRegion = {
  vendor: { location: '/segment/vendor', isPartition: true },
  region: { location: '/region', isPartition: true },
  name: { location: '/segment/name', isPartition: false },
}

test('the path names the partitioned fields in the order of their names', () => {
  const partitionOf = compilePartition({ projections: byVendorAndRegion })
  expect(partitionOf({ region: 'eu', segment: { vendor: 3, name: 'x' } })).toBe('region=eu/vendor=3')
  expect(compilePartition({ projections: {} })({})).toBe('')
})

test.each([
  [true, 'p=true'],
  [null, 'p=null'],
  [-5, 'p=-5'],
  ['a/b', 'p=a%2Fb'],
  ['..', 'p=%2E%2E'],
  ['.', 'p=%2E'],
  ['', 'p='],
  ['\ud800', 'p=%EF%BF%BD'],
  ['naïve=1', 'p=na%C3%AFve%3D1'],
])('the value %j becomes %s, which cannot leave its folder', (value, path) => {
  expect(compilePartition({ projections: { p: { location: '/p', isPartition: true } } })({ p: value })).toBe(path)
})

test.each([
  [undefined, 'vendor=1', true],
  [{ include: { vendor: [1, 2] } }, 'vendor=2', true],
  [{ include: { vendor: [1, 2] } }, 'vendor=3', false],
  [{ include: { vendor: [1], region: ['eu'] } }, 'region=eu/vendor=1', true],
  [{ include: { vendor: [1], region: ['eu'] } }, 'region=us/vendor=1', false],
  [{ exclude: { vendor: [1] } }, 'vendor=1', false],
  [{ exclude: { vendor: [1] } }, 'vendor=11', true],
  [{ include: { region: ['eu'] }, exclude: { vendor: [1] } }, 'region=eu/vendor=1', false],
])('the selector %j on %s: %s', (selector, path, isSelected) => {
  expect(compileSelector(selector)(path)).toBe(isSelected)
})
