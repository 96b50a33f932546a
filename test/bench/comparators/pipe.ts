import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { request } from 'undici';

/** One file to carry from its source into the bucket. */
export interface PipeOrder {
  source: string;
  key: string;
}

const { AWS_REGION, S3_BUCKET, S3_ENDPOINT } = process.env;
const client = new S3Client({ region: AWS_REGION, endpoint: S3_ENDPOINT, forcePathStyle: true });

process.on('message', (message) => {
  if (message === 'usage') return;
  pipe(message as PipeOrder).then(
    (seconds) => process.send?.({ seconds }),
    (error: unknown) => process.send?.({ fault: String(error) }),
  );
});
process.channel?.ref();
process.on('SIGTERM', () => process.exit(0));
process.send?.({ ready: true });

/** The floor of storing: the source's body is the upload's body; nothing is checked, hashed, kept or derived. */
async function pipe({ source, key }: PipeOrder): Promise<number> {
  const startedMs = performance.now();
  const { headers, body } = await request(source);
  await client.send(
    new PutObjectCommand({
      Bucket: S3_BUCKET,
      Key: key,
      Body: body,
      ContentLength: Number(headers['content-length']),
    }),
  );
  return (performance.now() - startedMs) / 1_000;
}
