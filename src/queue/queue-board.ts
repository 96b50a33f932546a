import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import type { MessageQueue } from './message-queue.js';

/**
 * Bull Board for all queues as a Fastify plugin. It only shows: what was given up is sent anew as a dead letter, which
 * keeps what was done and why.
 */
export function queueBoard(queue: MessageQueue, basePath: string) {
  const serverAdapter = new FastifyAdapter().setBasePath(basePath);
  const queues = queue.all.map((one) => new BullMQAdapter(one, { readOnlyMode: true }));
  createBullBoard({ queues, serverAdapter, options: { uiConfig: { boardTitle: 'VSL Media queues' } } });
  return serverAdapter.registerPlugin();
}
