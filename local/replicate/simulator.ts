import { join } from 'node:path';
import { Clock } from './clock.js';
import { Deliveries } from './deliveries.js';
import { Faults } from './faults.js';
import { Ledger } from './ledger.js';
import { Life } from './life.js';
import { Limits } from './limits.js';
import { MediaStore } from './media/media-store.js';
import { ModelCatalogue } from './models.js';
import type { Settings, SimulatorOptions } from './options.js';
import { defaultSettings, mergeSettings } from './options.js';
import { PredictionFiles } from './prediction-files.js';
import { PredictionStore } from './prediction-store.js';
import { Random } from './random.js';
import { Uploads } from './uploads.js';
import { Webhooks } from './webhooks.js';

/** Everything behind the HTTP surface, put together once. */
export interface Simulator {
  clock: Clock;
  random: Random;
  faults: Faults;
  ledger: Ledger;
  limits: Limits;
  models: ModelCatalogue;
  store: PredictionStore;
  media: MediaStore;
  deliveries: Deliveries;
  uploads: Uploads;
  webhooks: Webhooks;
  life: Life;
  secrets: string[];
  apiToken: string | undefined;
  publicUrl: string | undefined;
  settings: () => Settings;
  changeSettings: (changes: Partial<Settings>) => void;
}

export function createSimulator(options: SimulatorOptions, dir: string): Simulator {
  const random = new Random(options.seed ?? `${Date.now()} ${process.pid}`);
  const secrets = options.webhookSecrets ?? [`whsec_${random.bytes(24).toString('base64')}`];
  let current = mergeSettings(defaultSettings, options);
  const settings = () => current;
  const clock = new Clock();
  const faults = new Faults(new Random(`faults ${random.id()}`));
  const ledger = new Ledger();
  const store = new PredictionStore(
    options.keepsPredictions ? new PredictionFiles(join(dir, 'predictions')) : undefined,
  );
  const media = new MediaStore(dir, options.ffmpegPath ?? 'ffmpeg');
  const deliveries = new Deliveries(clock, random, media);
  const webhooks = new Webhooks({ clock, random, faults, ledger, settings, secrets, redirectUrl });
  const life = new Life({ clock, random, faults, settings, store, media, deliveries, webhooks });
  if (options.faults) faults.add(options.faults);
  return {
    clock,
    random,
    faults,
    ledger,
    limits: new Limits(clock, settings),
    models: new ModelCatalogue(options.modelsConfig, settings),
    store,
    media,
    deliveries,
    uploads: new Uploads(clock, random),
    webhooks,
    life,
    secrets,
    apiToken: options.apiToken,
    publicUrl: options.publicUrl,
    settings,
    changeSettings: (changes) => {
      current = mergeSettings(current, changes);
    },
  };
}

/** The path of this host that answers 307 to `target`. */
function redirectUrl(prediction: { baseUrl: string }, target: string): string {
  return `${prediction.baseUrl}/_redirect?to=${encodeURIComponent(target)}`;
}
