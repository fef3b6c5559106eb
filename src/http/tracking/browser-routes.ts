/** What browser SDKs load before they send: settings, source configuration, and the SDK itself. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Json } from '../../base/json.ts'
import type { Route } from '../route.ts'
import { BrowserSdk } from './browser-sdk.ts'
import { type Credential, headerCredentials, keysIn, queryCredentials } from './credentials.ts'
import { type Origin, rudderConfig, settingsDocument } from './settings.ts'
import type { TrackingDoor } from './tracking-door.ts'
import { TRACKING_ENDPOINTS } from './tracking-endpoints.ts'

type BrowserParts = {
  door: TrackingDoor
  originOf: (request: FastifyRequest) => Origin
  bundles: string | undefined
}

/** Short enough that a change of the source is soon everywhere; private, since proxies may know one host by many names. */
const SETTINGS_CACHE = 'private, max-age=60'
const SDK_CACHE = 'private, max-age=3600'

type Answer = (request: FastifyRequest, reply: FastifyReply) => Promise<Json>

export function browserRoutes({ door, originOf, bundles }: BrowserParts): Route[] {
  const sdk = new BrowserSdk(bundles)
  const route = (name: keyof typeof TRACKING_ENDPOINTS, answer: Answer): Route => ({
    endpoint: TRACKING_ENDPOINTS[name],
    isTracking: true,
    handler: async (request, reply) => {
      try {
        return await reply.send(await answer(request, reply))
      } catch (error) {
        return door.refuse(request, reply, error)
      }
    },
  })
  return [
    route('settings', async (request, reply) => {
      const key = pathKey(request)
      const { source } = door.requireGrant([key])
      reply.header('cache-control', SETTINGS_CACHE)
      return settingsDocument(source, key.text, originOf(request))
    }),
    route('rudderConfig', async (request, reply) => {
      const credentials = [...headerCredentials(request), ...queryCredentials(request)]
      const { source } = door.requireGrant(credentials)
      reply.header('cache-control', SETTINGS_CACHE)
      return rudderConfig(source, keysIn(credentials[0]?.text ?? '')[0] ?? '')
    }),
    route('browserSdk', async (request, reply) => {
      const key = pathKey(request)
      door.requireGrant([key])
      const script = await sdk.script(key.text, originOf(request))
      reply.type('text/javascript; charset=utf-8').header('cache-control', SDK_CACHE)
      return script
    }),
    route('browserSdkPart', async (request, reply) => {
      const part = await sdk.part((request.params as { part: string }).part)
      reply.type('text/javascript; charset=utf-8').header('cache-control', SDK_CACHE)
      return part
    }),
  ]
}

function pathKey({ params }: FastifyRequest): Credential {
  // The routes that ask have this parameter.
  return { kind: 'key', text: (params as { writeKey: string }).writeKey }
}
