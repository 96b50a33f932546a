import Fastify from 'fastify';
import { Redis } from 'ioredis';
import { serve } from './serve.js';

const redis = new Redis(process.env.REDIS_URL!, { enableAutoPipelining: true });
const app = Fastify();

/** The floor of a cached status: one HTTP answer, one Redis GET, the same bytes. */
app.get<{ Params: { jobId: string } }>('/status/:jobId', async ({ params }, reply) => {
  const body = await redis.getBuffer(`bench:status:${params.jobId}`);
  return reply.type('application/json; charset=utf-8').send(body);
});

await serve(app);
