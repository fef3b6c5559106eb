/** Under which address clients know this server: what is configured, or what each request says (proxies included, if trusted). */
import type { FastifyRequest } from 'fastify'
import type { Origin } from './settings.ts'

type OriginReader = {
  originOf: (request: FastifyRequest) => Origin
  /** What an assertion may name as its audience, without a slash at the end. */
  audiencesOf: (request: FastifyRequest) => string[]
}

/** Without `publicUrl` an assertion for any host is believed that the request names too: set it where keys sign for other servers. */
export function originReader(publicUrl: string | undefined): OriginReader {
  if (publicUrl !== undefined) {
    const { protocol, host, origin } = new URL(publicUrl)
    return {
      originOf: () => ({ protocol: protocol.replace(':', ''), host }),
      audiencesOf: () => [origin, `${origin}/token`],
    }
  }
  return {
    originOf: ({ protocol, host }) => ({ protocol, host }),
    // A proxy that ends TLS may not say so.
    audiencesOf: ({ host }) => ['https', 'http'].flatMap((scheme) => [`${scheme}://${host}`, `${scheme}://${host}/token`]),
  }
}
