import { pino, type DestinationStream } from 'pino';

const MOST_GATHERED_BYTES = 16_000;

/**
 * Standard output, written to once for all lines of one turn of the event loop: a write for each line costs a busy API a
 * tenth of its time. A process that ends, also by a fault, prints all; one that is killed loses what that turn logged.
 */
export function standardOutput(): DestinationStream {
  const output = pino.destination({ fd: 1, minLength: MOST_GATHERED_BYTES });
  let isGathering = false;
  const print = () => {
    isGathering = false;
    try {
      output.flushSync();
    } catch {
      // Nobody reads any more, and nobody can be told.
    }
  };
  process.on('exit', print);
  return {
    write: (line) => {
      output.write(line);
      if (isGathering) return;
      isGathering = true;
      setImmediate(print);
    },
  };
}
