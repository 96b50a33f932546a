import type { BadTokenBody } from './errors.js';

export type ModelKind = 'official' | 'community';

/** What can be switched while the simulator runs, by `POST /_settings`. */
export interface Settings {
  /** `low`: 6 creates a minute, burst 1. `none`: every create is answered 402. */
  credit: 'ok' | 'low' | 'none';
  /** null: no limit. */
  createsPerMinute: number | null;
  othersPerMinute: number | null;
  /** Whether `input` keys that the model does not declare are refused; which of the two Replicate does is not known. */
  unknownInput: 'refuse' | 'accept';
  /** Whether `/files/…` asks for the bearer token. */
  deliveryRequiresToken: boolean;
  allowHttpWebhooks: boolean;
  /** Whether a terminal webhook is sent for `aborted`. */
  webhookOnAborted: boolean;
  badTokenBody: BadTokenBody;
  /** Share of a model's real time that a run takes; 0: only as long as making the media takes. */
  durationScale: number;
  /** Kind of a model by its `owner/name`, where it is to differ from the catalogue. */
  kinds: Record<string, ModelKind>;
  /** Size in bytes to which every output is padded; null: as made. */
  outputBytes: number | null;
  webhookTimeoutMs: number;
}

export interface SimulatorOptions extends Partial<Settings> {
  /** 0, the default: any free port. */
  port?: number;
  /** 127.0.0.1 when left out. */
  host?: string;
  /** Where media is kept; without it a temporary folder that `close` removes. */
  dir?: string;
  /** Whether `dir` keeps predictions too, and the port, for the next start. */
  keepsPredictions?: boolean;
  /** Same seed, same ids, timings and faults; random when left out. */
  seed?: string | number;
  ffmpegPath?: string;
  /** Base of all URLs in answers; default: the `Host` of the create. */
  publicUrl?: string;
  /** The only token accepted; without it any token is. */
  apiToken?: string;
  /** Keys that sign webhooks (`whsec_…`), newest first; two of them while rotating. Default: one made from the seed. */
  webhookSecrets?: string[];
  /** The parsed model registry, `{image|video|audio: {modelId: {version?, provider?}}}`: what exists besides the catalogue. */
  modelsConfig?: unknown;
  /** Faults that stand from the start, in the shape of `POST /_faults`. */
  faults?: unknown[];
}

export const defaultSettings: Settings = {
  credit: 'ok',
  createsPerMinute: 600,
  othersPerMinute: 3000,
  unknownInput: 'refuse',
  deliveryRequiresToken: false,
  allowHttpWebhooks: true,
  webhookOnAborted: false,
  badTokenBody: 'plain',
  durationScale: 0.02,
  kinds: {},
  outputBytes: null,
  webhookTimeoutMs: 10_000,
};

/** Picks the settings out of a larger object; what is left out or undefined keeps the value of `base`. */
export function mergeSettings(base: Settings, changes: Partial<Settings>): Settings {
  const known = Object.keys(base) as (keyof Settings)[];
  const given = known.filter((key) => changes[key] !== undefined).map((key) => [key, changes[key]]);
  return { ...base, ...(Object.fromEntries(given) as Partial<Settings>) };
}
