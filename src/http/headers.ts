import { IncomingMessage, ServerResponse, type OutgoingHttpHeaders } from 'node:http';
import { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import helmet from 'helmet';

/**
 * Headers that keep browsers from doing more with our answers than we mean. Those that only say what is so of JSON anyway
 * are left out; the policy lets Swagger UI work, also where it is served without TLS.
 */
const protect = helmet({
  contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
});

/**
 * Gives every answer the protecting headers. They are the same for all, so helmet makes them once: for each answer anew
 * they would cost as much as a kept status does.
 */
export function protectAnswers(fastify: FastifyInstance): void {
  const headers = protectingHeaders();
  fastify.addHook('onRequest', (_request, reply, done) => {
    void reply.headers(headers);
    done();
  });
}

function protectingHeaders(): OutgoingHttpHeaders {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  protect(request, response, (error) => {
    if (error !== undefined) throw new Error('helmet refuses its options', { cause: error });
  });
  return response.getHeaders();
}
