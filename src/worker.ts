import { startTracing } from './tracing/start-tracing.js';

// Tracing has to be there before what it traces is loaded.
await startTracing('worker');
await import('./run-worker.js');
