import { createHash, createHmac } from 'node:crypto';
import type { Clock } from './clock.js';
import type { Random } from './random.js';

const lifetimeMs = 60 * 60_000;
const owner = 'simulator';

interface Upload {
  id: string;
  content: Buffer;
  contentType: string;
  metadata: unknown;
  createdAtMs: number;
}

/** Files of the Files API, in memory, for an hour each. */
export class Uploads {
  #byId = new Map<string, Upload>();

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  add(content: Buffer, contentType: string, metadata: unknown): Upload {
    const upload = { id: this.random.id(), content, contentType, metadata, createdAtMs: this.clock.now() };
    this.#byId.set(upload.id, upload);
    this.clock.after(lifetimeMs, () => this.#byId.delete(upload.id));
    return upload;
  }

  get(id: string): Upload | undefined {
    return this.#byId.get(id);
  }

  all(): Upload[] {
    return [...this.#byId.values()];
  }

  remove(id: string): boolean {
    return this.#byId.delete(id);
  }

  clear(): void {
    this.#byId.clear();
  }
}

/** A file as the API describes it. */
export function uploadBody(upload: Upload, baseUrl: string): Record<string, unknown> {
  const { id, content, contentType, metadata, createdAtMs } = upload;
  return {
    id,
    content_type: contentType,
    size: content.length,
    checksums: { sha256: createHash('sha256').update(content).digest('hex') },
    metadata,
    created_at: new Date(createdAtMs).toISOString(),
    expires_at: new Date(createdAtMs + lifetimeMs).toISOString(),
    urls: { get: `${baseUrl}/v1/files/${id}` },
  };
}

/** Whether a download link's `signature` is base64 HMAC-SHA256 of `{owner} {id} {expiry}`, in the key of the account. */
export function isSignedLink(id: string, query: URLSearchParams, secret: string): boolean {
  const content = `${query.get('owner') ?? owner} ${id} ${query.get('expiry')}`;
  return query.get('signature') === createHmac('sha256', secret).update(content).digest('base64');
}
