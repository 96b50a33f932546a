import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { signForCloudFront, type CloudFrontSigner } from './cloudfront-url.js';
import { bucketUrl, encodeKey } from './object-url.js';
import { createS3Client, type BucketOptions } from './s3-client.js';

const SIGNED_URL_SECONDS = 3600;
const DAY_MS = 86_400_000;

export interface MediaAddressOptions extends BucketOptions {
  /** What stands before `/{key}` in public URLs; the bucket's own URL when absent. */
  publicBaseUrl?: string;
  urls: 'public' | 'signed';
  /** Who signs URLs below `publicBaseUrl`; without it S3's own are signed. */
  cloudFront?: CloudFrontSigner;
  /** After how many days the bucket moves media to an archive that still answers at once; never when absent. */
  archiveAfterDays?: number;
}

/** Turns an object's key into what clients are given: its URL, its path in the bucket. Asks nobody. */
export class MediaAddresses {
  private readonly client: S3Client;
  private readonly publicBaseUrl: string;

  constructor(private readonly options: MediaAddressOptions) {
    const { bucket, region, endpoint, publicBaseUrl = bucketUrl(bucket, region, endpoint) } = options;
    this.client = createS3Client(options);
    this.publicBaseUrl = publicBaseUrl.replace(/\/+$/, '');
  }

  publicUrl(key: string): string {
    return `${this.publicBaseUrl}/${encodeKey(key)}`;
  }

  /** What a client opens: the public URL, or one that is signed for an hour. */
  async url(key: string): Promise<string> {
    const { urls, cloudFront } = this.options;
    if (urls === 'public') return this.publicUrl(key);
    if (cloudFront) return signForCloudFront(this.publicUrl(key), cloudFront, SIGNED_URL_SECONDS);
    const command = new GetObjectCommand({ Bucket: this.options.bucket, Key: key });
    return getSignedUrl(this.client, command, { expiresIn: SIGNED_URL_SECONDS });
  }

  /** The signed form of one of our public URLs; any other text comes back as it is. */
  async signedUrl(text: string): Promise<string> {
    const base = `${this.publicBaseUrl}/`;
    return text.startsWith(base) ? this.url(decodeURIComponent(text.slice(base.length))) : text;
  }

  /** When the bucket moves what was stored then to its archive; undefined when it does not. */
  archivesAt(storedAt: Date): Date | undefined {
    const { archiveAfterDays } = this.options;
    return archiveAfterDays === undefined
      ? undefined
      : new Date(storedAt.getTime() + archiveAfterDays * DAY_MS);
  }

  s3Path(key: string): string {
    return `s3://${this.options.bucket}/${key}`;
  }
}
