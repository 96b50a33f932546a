import type { Identity } from './authentication.js';
import type { S3Reply } from './reply.js';
import type { S3Request } from './request.js';
import type { Storage } from './storage.js';

/** What every operation works with. */
export interface Call {
  request: S3Request;
  identity: Identity;
  storage: Storage;
  region: string;
  now: Date;
}

export type Operation = (call: Call) => S3Reply | Promise<S3Reply>;
