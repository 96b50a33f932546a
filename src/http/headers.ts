import { IncomingMessage, ServerResponse, type OutgoingHttpHeaders } from 'node:http';
import { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import helmet, { type HelmetOptions } from 'helmet';

/** Addresses under which pages are served; all else is data. */
const PAGES = /^\/(docs|queues)(?![^/?])/;

/** A page of ours loads its own parts and nothing else, also where it is served without TLS. */
const FOR_PAGES: HelmetOptions = {
  contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
};

/** Data that a browser is made to show loads nothing at all, and is framed by nobody. */
const FOR_DATA: HelmetOptions = {
  ...FOR_PAGES,
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
  crossOriginResourcePolicy: false,
};

/** What keeps browsers from doing more with data than we mean. */
export const DATA_HEADERS: Readonly<OutgoingHttpHeaders> = protectingHeaders(FOR_DATA);

/**
 * Gives every answer the headers that keep browsers from doing more with it than we mean. They are the same for all pages
 * and for all data, so helmet makes them once: for each answer anew they would cost as much as a kept status does.
 */
export function protectAnswers(fastify: FastifyInstance): void {
  const ofPages = protectingHeaders(FOR_PAGES);
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.headers(PAGES.test(request.url) ? ofPages : DATA_HEADERS);
    done();
  });
}

function protectingHeaders(options: HelmetOptions): OutgoingHttpHeaders {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  helmet(options)(request, response, (error) => {
    if (error !== undefined) throw new Error('helmet refuses its options', { cause: error });
  });
  return response.getHeaders();
}
