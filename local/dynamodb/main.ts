import { serveUntilTold } from '../services/serve-until-told.js';
import { startDynamoDbServer } from './server.js';

await serveUntilTold(startDynamoDbServer);
