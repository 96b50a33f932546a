import { randomUUID } from 'node:crypto';
import Fastify from 'fastify';
import pg from 'pg';
import { serve } from './serve.js';

interface Order {
  mediaType: string;
  modelId: string;
  userId: string;
  prompt: string;
  parameters: object;
}

/** As many connections as the API has. */
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 });
const app = Fastify();

const INSERT = {
  name: 'accept',
  text: 'INSERT INTO bench.accepted (job_id, user_id, media_type, model_id, parameters) VALUES ($1, $2, $3, $4, $5)',
};

/** The floor of accepting: one parsed body, one prepared INSERT, nothing checked. */
app.post<{ Body: Order }>('/generate-media', async ({ body }, reply) => {
  const jobId = randomUUID();
  const { userId, mediaType, modelId, prompt, parameters } = body;
  const values = [jobId, userId, mediaType, modelId, JSON.stringify({ ...parameters, prompt })];
  await pool.query({ ...INSERT, values });
  return reply.status(202).send({ jobId, status: 'pending' });
});

await serve(app);
