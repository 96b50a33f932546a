import type { Logger } from '../logging/logger.js';

/** A request that was answered. */
export interface AnsweredRequest {
  requestId: string;
  method: string;
  url: string;
  status: number;
  durationMs: number;
}

/** Reads that went well are too many to be told at the usual level. */
export function logRequest(logger: Logger, answered: AnsweredRequest): void {
  const { method, status } = answered;
  const quiet = status < 400 && (method === 'GET' || method === 'HEAD');
  const level = quiet ? 'debug' : 'info';
  if (!logger.prints(level)) return;
  const { url, durationMs, ...told } = answered;
  logger[level]('request', { ...told, path: url.split('?')[0], durationMs: Math.round(durationMs) });
}
