import { startS3Server, type S3ServerOptions } from './server.js';

const server = await startS3Server(JSON.parse(process.argv[2] ?? '{}') as S3ServerOptions);

async function stop(): Promise<void> {
  await server.close();
  process.exit(0);
}

process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => void stop());
process.on('disconnect', () => void stop());
process.send?.({ port: server.port });
