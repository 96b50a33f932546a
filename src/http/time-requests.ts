import type { FastifyInstance } from 'fastify';
import type { RequestDurations } from '../metrics/request-durations.js';

/** Times the answers of every route that is added from here on; addresses without a route count as one. */
export function timeRequests(fastify: FastifyInstance, durations: RequestDurations): void {
  fastify.addHook('onRoute', (route) => {
    const timed = durations.of([route.method].flat().join(','), route.url);
    const hooks = route.onResponse ? [route.onResponse].flat() : [];
    route.onResponse = [
      ...hooks,
      (_request, reply, done) => {
        timed.observe(reply.statusCode, reply.elapsedTime / 1_000);
        done();
      },
    ];
  });
  const none = durations.of('', 'none');
  fastify.addHook('onResponse', (request, reply, done) => {
    if (request.is404) none.observe(reply.statusCode, reply.elapsedTime / 1_000);
    done();
  });
}
