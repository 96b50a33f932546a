import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';

const MOST_BYTES = 16 * 1024 * 1024;
const PATIENCE_MS = 5_000;

/**
 * Reads what an answered request still sends, and drops it, before its connection is closed: closing on unread bytes
 * resets the connection, and the client would fail on its write and never see the answer (RFC 9112, section 9.6).
 */
export function readOffBodies(fastify: FastifyInstance): void {
  fastify.addHook('onSend', async ({ raw }, reply) => {
    if (reply.getHeader('connection') === 'close') await readOff(raw);
  });
}

/** Ends with the body, or with the client's right to be listened to: 16 MiB, 5 s. */
function readOff(request: IncomingMessage): Promise<void> {
  if (request.readableEnded || request.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    let bytes = 0;
    const count = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MOST_BYTES) stop();
    };
    const stop = () => {
      clearTimeout(timer);
      request.off('data', count).off('end', stop).off('error', stop).off('close', stop).pause();
      resolve();
    };
    const timer = setTimeout(stop, PATIENCE_MS);
    request.on('data', count).once('end', stop).once('error', stop).once('close', stop).resume();
  });
}
