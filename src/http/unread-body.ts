import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';

const MOST_BYTES = 16 * 1024 * 1024;
const PATIENCE_MS = 5_000;

/**
 * Answers a request whose body is still being sent, and lets the rest come and drops it. Fastify would close the
 * connection at once: closing on unread bytes resets it, and the client would fail on its write and never see the answer
 * (RFC 9112, section 9.6). A body without end is cut off by its bytes or its time.
 */
export function readOffBodies(fastify: FastifyInstance): void {
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    if (isUnread(request.raw)) {
      void reply.removeHeader('connection');
      reply.raw.shouldKeepAlive = true;
      dropRest(request.raw);
    }
    done();
  });
}

/** Node calls a request complete only after it has been handed on, also one without a body. */
function isUnread({ complete, headers }: IncomingMessage): boolean {
  return (
    !complete && (headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0')
  );
}

function dropRest(request: IncomingMessage): void {
  let bytes = 0;
  const cutOff = () => request.socket.destroy();
  const timer = setTimeout(cutOff, PATIENCE_MS);
  request.once('close', () => clearTimeout(timer));
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) cutOff();
  });
}
