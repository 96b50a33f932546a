import { createHash } from 'node:crypto';
import { DeleteObjectCommand, GetObjectCommand, HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Readable } from 'node:stream';
import type { Environment } from '../../local/environment.js';

/** The bucket as the bench looks into it. */
export class Bucket {
  private readonly client: S3Client;
  private readonly name: string;

  constructor(env: Environment) {
    this.name = env.S3_BUCKET!;
    this.client = new S3Client({
      region: env.AWS_REGION!,
      endpoint: env.S3_ENDPOINT!,
      forcePathStyle: true,
      credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID!, secretAccessKey: env.AWS_SECRET_ACCESS_KEY! },
    });
  }

  async bytes(key: string): Promise<number> {
    const head = await this.client.send(new HeadObjectCommand({ Bucket: this.name, Key: key }));
    return head.ContentLength ?? 0;
  }

  /** SHA-256 of the stored bytes, in hex. */
  async sha256(key: string): Promise<string> {
    const { Body } = await this.client.send(new GetObjectCommand({ Bucket: this.name, Key: key }));
    const hash = createHash('sha256');
    for await (const chunk of Body as Readable) hash.update(chunk as Buffer);
    return hash.digest('hex');
  }

  async remove(key: string): Promise<void> {
    await this.client.send(new DeleteObjectCommand({ Bucket: this.name, Key: key }));
  }
}
