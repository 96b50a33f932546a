import { serveUntilTold } from '../services/serve-until-told.js';
import { startRedisFallback } from './server.js';

await serveUntilTold(startRedisFallback);
