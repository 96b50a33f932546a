import { setFlagsFromString } from 'node:v8';

/**
 * Keeps V8's young generation at the size it starts with. The buffers of a transfer are freed by its collections alone,
 * and those come only when it is full: at its usual size tens of megabytes of dead buffers lie between two of them, more
 * than the processor's cache and (Node 24) the allocator keep, which doubled the CPU time of a gigabyte stored.
 * The documented `--max-semi-space-size` does the same, but only for who starts the process; this flag is read whenever
 * the generation would grow (`SemiSpaceNewSpace::Grow` in V8's source), so it may be set while the program runs.
 */
export function keepYoungGenerationSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
