// The project's S3 server as a container: keeps its objects in /data.
import { startS3Server } from '../dist/local/s3/server.js';
import { closeOnSignal } from './close-on-signal.mjs';

const { AWS_ACCESS_KEY_ID, AWS_REGION, AWS_SECRET_ACCESS_KEY, PORT } = process.env;

closeOnSignal(
  await startS3Server({
    dir: '/data',
    host: '0.0.0.0',
    port: Number(PORT),
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    region: AWS_REGION,
  }),
);
