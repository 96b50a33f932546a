// The Replicate simulator as a container: the API at /v1, media in /data.
import { startReplicateSimulator } from '../dist/local/replicate/server.js';
import { simulatorModels } from '../dist/local/simulator-models.js';
import { closeOnSignal } from './close-on-signal.mjs';

const { PORT, REPLICATE_API_TOKEN, REPLICATE_WEBHOOK_SECRET } = process.env;

closeOnSignal(
  await startReplicateSimulator({
    dir: '/data',
    host: '0.0.0.0',
    port: Number(PORT),
    apiToken: REPLICATE_API_TOKEN,
    webhookSecrets: REPLICATE_WEBHOOK_SECRET.split(','),
    modelsConfig: simulatorModels(process.env),
  }),
);
