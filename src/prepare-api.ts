import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Settings } from './config/settings.js';
import { allowOrigins } from './http/cors.js';
import { timeRequests } from './http/time-requests.js';
import { createValidationPipe } from './http/validation.pipe.js';
import { Metrics } from './metrics/metrics.js';
import { RequestDurations } from './metrics/request-durations.js';
import { ModelRegistry } from './models/registry.js';
import { serveDocs } from './openapi.js';
import { serveQueues } from './serve-queues.js';
import { openStatusLane } from './status-lane.js';

/** Gives the application what it serves besides its controllers, before it listens. */
export function prepareApi(app: NestFastifyApplication, { http }: Settings): void {
  const durations = new RequestDurations(app.get(Metrics));
  timeRequests(app.getHttpAdapter().getInstance(), durations);
  app.useGlobalPipes(createValidationPipe());
  allowOrigins(app, http.corsOrigins);
  openStatusLane(app, durations);
  serveDocs(app, app.get(ModelRegistry));
  serveQueues(app);
}
