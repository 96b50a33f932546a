import { startTracing } from './tracing/start-tracing.js';

// Tracing has to be there before what it traces is loaded.
await startTracing('api');
await import('./run-api.js');
