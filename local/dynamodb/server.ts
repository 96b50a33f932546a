import dynalite from 'dynalite';
import type { AddressInfo } from 'node:net';

/** Where the tables are kept; without `dir` in memory. `port` 0 (the default) takes a free one. */
export interface DynamoDbOptions {
  dir?: string;
  port?: number;
}

/** Starts dynalite, a DynamoDB emulator, on 127.0.0.1. */
export async function startDynamoDbServer({ dir, port = 0 }: DynamoDbOptions) {
  const server = dynalite({ path: dir, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const listening = (server.address() as AddressInfo).port;
  return {
    port: listening,
    url: `http://127.0.0.1:${listening}`,
    close(): Promise<void> {
      return new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      });
    },
  };
}
