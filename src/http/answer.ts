import type { FastifyReply } from 'fastify';

/** A complete answer as data: what a room decides and a controller sends. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body?: Buffer | string;
}

export function sendAnswer(reply: FastifyReply, { status, headers, body }: Answer): void {
  void reply.status(status).headers(headers).send(body);
}
