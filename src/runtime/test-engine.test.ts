import { expect, onTestFinished, test } from 'vitest'
import { loadFiles, SHOP } from '../catalog/scratch-catalog.fixture.ts'
import { openTestEngine } from './test-engine.ts'

test('a lambda that throws fails the step, with its place and words', async () => {
  const lambdas = (SHOP['customers.ts'] ?? '').replace('[customer],', "{ throw new Error('no such customer') },")
  const { catalog } = await loadFiles({ ...SHOP, 'customers.ts': lambdas })
  if (catalog === undefined) throw new Error('The catalog has problems.')
  const engine = await openTestEngine(catalog)
  onTestFinished(() => engine.close())
  await engine.ingest('shop/orders', [{ id: 1, email: 'ada@example.org', country: 'gb' }])
  await expect(engine.settle()).rejects.toMatchObject({
    code: 'lambda_failed',
    message: expect.stringMatching(/customers\.ts:6: lambda fromOrders\.publish .*no such customer/),
  })
})
