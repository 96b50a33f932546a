import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';

/**
 * Headers that keep browsers from doing more with our answers than we mean. Those that only say what is so of JSON anyway
 * are left out; the policy lets Swagger UI work, also where it is served without TLS.
 */
export function protectAnswers(fastify: FastifyInstance): void {
  void fastify.register(helmet, {
    contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
  });
}
