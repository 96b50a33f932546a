declare module 'dynalite' {
  import type { Server } from 'node:http';

  /** Makes a server that speaks DynamoDB's protocol; `path` is the folder it keeps its data in. */
  export default function dynalite(options: {
    path?: string;
    createTableMs?: number;
    deleteTableMs?: number;
    updateTableMs?: number;
  }): Server;
}
