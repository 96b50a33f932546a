import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyReply } from 'fastify';

/** One server-sent event; `id` lets a client that lost the connection ask for what came after. */
export interface StreamEvent {
  event: string;
  id: number;
  data: string;
}

/** A server-sent event stream over a request taken out of the framework's hands. */
export class EventStream {
  private readonly ended = new AbortController();

  constructor(private readonly reply: FastifyReply) {
    reply.hijack();
    reply.raw.on('close', () => this.ended.abort());
    reply.raw.writeHead(200, {
      ...(reply.getHeaders() as OutgoingHttpHeaders),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      // A stream that has ended leaves nothing to wait for, when the process stops least of all.
      connection: 'close',
    });
    reply.raw.flushHeaders();
  }

  /** Aborted when either side has ended the stream. */
  get signal(): AbortSignal {
    return this.ended.signal;
  }

  send({ event, id, data }: StreamEvent): void {
    this.reply.raw.write(`event: ${event}\nid: ${id}\ndata: ${data}\n\n`);
  }

  /** Keeps proxies from taking a quiet stream for a dead one. */
  heartbeat(): void {
    this.reply.raw.write(': heartbeat\n\n');
  }

  end(): void {
    this.reply.raw.end();
  }
}
