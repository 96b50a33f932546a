/** A server that a `main.ts` of this folder runs. */
interface RunningServer {
  port: number;
  close(): Promise<void>;
}

/**
 * The main program of a forked service: starts the server with the options of the first argument (JSON), reports
 * its port to the parent, closes on SIGTERM, leaves SIGINT to the supervisor, and ends when the parent is gone.
 */
export async function serveUntilTold(start: (options: never) => Promise<RunningServer>): Promise<void> {
  process.on('SIGINT', () => undefined);
  process.on('disconnect', () => process.exit(0));
  const server = await start(JSON.parse(process.argv[2] ?? '{}') as never);
  process.on('SIGTERM', () => void server.close().then(() => process.exit(0)));
  process.send?.({ port: server.port });
}
