import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { MediaAddresses } from '../storage/media-addresses.js';
import type { StatusSnapshot } from '../storage/status-cache.store.js';

/** Signed URLs live an hour; a body is called the same for this long, so that no client keeps a dead URL. */
const SIGNED_BODY_LIFE_MS = 1_800_000;

/** Makes of a stored status what a client is shown: with MEDIA_URLS=signed, public media URLs become signed ones. */
@Injectable()
export class StatusPresenter {
  /** Whether bodies differ from what the layers keep. */
  readonly signs: boolean;

  constructor(
    private readonly addresses: MediaAddresses,
    settings: Settings,
  ) {
    this.signs = settings.s3.urls === 'signed';
  }

  /** The body as JSON. */
  async present({ body, final }: StatusSnapshot): Promise<Buffer | string> {
    if (!this.signs || !final) return body;
    const signed = await this.sign(JSON.parse(body.toString()));
    return JSON.stringify(signed);
  }

  etag({ version }: StatusSnapshot): string {
    return this.signs ? `"v${version}-${Math.floor(Date.now() / SIGNED_BODY_LIFE_MS)}"` : `"v${version}"`;
  }

  private async sign(value: unknown): Promise<unknown> {
    if (typeof value === 'string') return this.addresses.signedUrl(value);
    if (Array.isArray(value)) return Promise.all(value.map((entry) => this.sign(entry)));
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(
      async ([name, entry]) => [name, await this.sign(entry)] as const,
    );
    return Object.fromEntries(await Promise.all(entries));
  }
}
