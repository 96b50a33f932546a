import { startTracing } from './tracing/start-tracing.js';
import { keepYoungGenerationSmall } from './young-generation.js';

// The young generation grows while the program is loaded, and tracing has to be there before what it traces.
keepYoungGenerationSmall();
await startTracing('worker');
await import('./run-worker.js');
