import { createRedisMock } from 'js-redis-server';
import { serveUntilTold } from '../services/serve-until-told.js';

await serveUntilTold(async ({ port = 0 }: { port?: number }) => {
  const server = await createRedisMock({ port });
  return { port: server.addresses()[0]!.port, close: () => server.close() };
});
