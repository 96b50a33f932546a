import { once } from 'node:events';
import { createRedisServer } from 'js-redis-server';

/**
 * Starts a Redis written in JavaScript, slow and without persistence, on 127.0.0.1. `port` 0 (the default) takes a
 * free one.
 */
export async function startRedisFallback({ port = 0 }: { port?: number }) {
  const { server: redis } = await createRedisServer({ port });
  // It listens on every address of the machine, and nothing asks for a password: take the loopback one instead.
  const listener = redis.server;
  await new Promise((resolve) => listener.close(resolve));
  listener.listen(port, '127.0.0.1');
  await once(listener, 'listening');
  return {
    port: redis.getPort(),
    url: `redis://${redis.getAddress()}`,
    // Clients stay connected: whoever waits for them waits for ever.
    close: () => Promise.resolve(void listener.close()),
  };
}
