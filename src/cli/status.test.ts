import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { statusCommand } from './status.ts'

function askStatus(url: string): Promise<unknown> {
  return statusCommand().parseAsync(['--url', url], { from: 'user' })
}

test('where nothing listens, the command says so', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  server.close()
  await once(server, 'close')
  await expect(askStatus(url)).rejects.toMatchObject({ code: 'server_unreachable', message: `No Millrace answers at ${url}.` })
})

test('another server is no Millrace', async () => {
  const server = createServer((_request, response) => response.writeHead(404).end()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  await expect(askStatus(url)).rejects.toMatchObject({ code: 'server_unreachable' })
  server.close()
})
