import type { Clock, Timer } from './clock.js';
import type { Deliveries } from './deliveries.js';
import type { DrawnFault, Faults } from './faults.js';
import type { MediaFile, MediaStore } from './media/media-store.js';
import { requestedMedia } from './media/requested.js';
import type { MediaSpec } from './media/spec.js';
import type { Settings } from './options.js';
import type { PredictionStore } from './prediction-store.js';
import { isOver } from './predictions.js';
import type { Prediction, Status } from './predictions.js';
import type { Random } from './random.js';
import { outcomeOf, runLimitError } from './run-outcome.js';
import { withDefaults } from './validation.js';
import type { Webhooks } from './webhooks.js';

const runLimitMs = 30 * 60_000;
const dataLifetimeMs = 60 * 60_000;
const progressSteps = 4;

interface Run {
  fault: DrawnFault<'run'> | undefined;
  startingMs: number;
  processingMs: number;
  timers: Timer[];
  onOver: (() => void)[];
}

type Made = { files: MediaFile[] } | { failure: string };

interface Parts {
  clock: Clock;
  random: Random;
  faults: Faults;
  settings: () => Settings;
  store: PredictionStore;
  media: MediaStore;
  deliveries: Deliveries;
  webhooks: Webhooks;
}

/** Takes predictions from `starting` to their end and, an hour later, removes their data. */
export class Life {
  #runs = new Map<string, Run>();

  constructor(private readonly parts: Parts) {}

  begin(prediction: Prediction): void {
    const run = this.#plan(prediction);
    this.#runs.set(prediction.id, run);
    if (prediction.deadlineAtMs !== undefined) {
      this.#later(run, prediction.deadlineAtMs - prediction.createdAtMs, () => this.#deadline(prediction));
    }
    if (run.fault?.kind === 'stuck-starting') return;
    this.#later(run, run.startingMs, () => this.#start(prediction, run));
  }

  /** Goes on with a prediction of an earlier process: one that was not over begins anew, the outputs of others are served. */
  async resume(prediction: Prediction): Promise<void> {
    const { clock, settings, deliveries, store } = this.parts;
    if (!isOver(prediction)) {
      Object.assign(prediction, { status: 'starting', output: null, logs: '' });
      return this.begin(prediction);
    }
    const leftMs = (prediction.completedAtMs ?? 0) + dataLifetimeMs - clock.now();
    if (leftMs <= -dataLifetimeMs) return store.remove(prediction.id);
    if (leftMs <= 0) return this.#removeData(prediction);
    clock.after(leftMs, () => this.#removeData(prediction));
    const urls = [prediction.output].flat().filter((url) => URL.canParse(String(url))) as string[];
    const made = urls.length > 0 ? await this.#make(requestedOf(prediction)) : { files: [] };
    if ('failure' in made) return;
    for (const [index, file] of made.files.entries()) {
      const url = urls[index];
      if (url !== undefined) {
        deliveries.serve(new URL(url).pathname, prediction, file, settings().outputBytes, leftMs);
      }
    }
  }

  cancel(prediction: Prediction): void {
    this.#end(prediction, 'canceled', null);
  }

  /** Resolves when the prediction is over. */
  over(prediction: Prediction): Promise<void> {
    const run = this.#runs.get(prediction.id);
    return new Promise((resolve) => (run && !isOver(prediction) ? run.onOver.push(resolve) : resolve()));
  }

  /** Stops every run where it stands. */
  clear(): void {
    for (const run of this.#runs.values()) run.timers.forEach((timer) => timer.cancel());
    this.#runs.clear();
  }

  #plan(prediction: Prediction): Run {
    const { random, faults, settings } = this.parts;
    const { model, input, id } = prediction;
    const fault = faults.draw('run', { model: model.name, prompt: input.prompt, predictionId: id });
    const pace = settings().durationScale * random.between(0.8, 1.2) * 1000;
    const processingMs = fault?.kind === 'slow' ? (fault.seconds ?? 60) * 1000 : model.seconds.run * pace;
    return { fault, startingMs: model.seconds.boot * pace, processingMs, timers: [], onOver: [] };
  }

  #later(run: Run, delayMs: number, task: () => unknown): void {
    run.timers.push(this.parts.clock.after(delayMs, task));
  }

  #start(prediction: Prediction, run: Run): Promise<void> | void {
    const { clock, webhooks } = this.parts;
    if (run.fault?.kind === 'aborted') return this.#end(prediction, 'aborted', null);
    prediction.status = 'processing';
    prediction.startedAtMs = clock.now();
    webhooks.notify(prediction, 'start');
    this.#log(prediction, `Using seed: ${prediction.seed}\n`);
    this.#later(run, runLimitMs, () => this.#end(prediction, 'failed', runLimitError));
    if (run.fault?.kind === 'stuck-processing') return;
    for (let step = 1; step < progressSteps; step += 1) {
      this.#later(run, (run.processingMs * step) / progressSteps, () => this.#progress(prediction, step));
    }
    const making = this.#make(requestedOf(prediction));
    this.#later(run, run.processingMs, () => this.#finish(prediction, run, making));
  }

  #progress(prediction: Prediction, step: number): void {
    const percent = (100 * step) / progressSteps;
    this.#log(
      prediction,
      `${percent}%|${'#'.repeat(step * 2).padEnd(progressSteps * 2)}| ${step}/${progressSteps}\n`,
    );
  }

  #log(prediction: Prediction, line: string): void {
    prediction.logs += line;
    this.parts.webhooks.notify(prediction, 'logs');
  }

  #make(specs: MediaSpec[]): Promise<Made> {
    return Promise.all(specs.map((spec) => this.parts.media.provide(spec))).then(
      (files) => ({ files }),
      (error: unknown) => ({ failure: `Simulator: ${String(error)}` }),
    );
  }

  async #finish(prediction: Prediction, run: Run, making: Promise<Made>): Promise<void> {
    const made = await making;
    if (!this.#runs.has(prediction.id)) return;
    if ('failure' in made) return this.#end(prediction, 'failed', made.failure);
    this.#progress(prediction, progressSteps);
    const { status, error, output } = outcomeOf(run.fault);
    if (output === 'none') return this.#end(prediction, status, error);
    prediction.output =
      typeof output === 'object'
        ? output.value
        : this.#publish(prediction, run, made.files, output === 'other-shape');
    this.parts.webhooks.notify(prediction, 'output');
    if (run.fault?.kind === 'output-while-processing') {
      this.#later(run, run.fault.delayMs ?? 5_000, () => this.#end(prediction, status, error));
    } else {
      this.#end(prediction, status, error);
    }
  }

  #publish(prediction: Prediction, run: Run, files: MediaFile[], otherShape: boolean): unknown {
    const bytes =
      run.fault?.kind === 'output-bytes' ? (run.fault.bytes ?? null) : this.parts.settings().outputBytes;
    const urls = files.map((file, index) =>
      this.parts.deliveries.publish(prediction, file, index, bytes, dataLifetimeMs),
    );
    const many = (prediction.model.output === 'many' || urls.length > 1) !== otherShape;
    return many ? urls : urls[0];
  }

  #deadline(prediction: Prediction): void {
    this.#end(prediction, prediction.status === 'starting' ? 'aborted' : 'canceled', null);
  }

  #end(prediction: Prediction, status: Status, error: string | null): void {
    const { clock, webhooks, settings, store } = this.parts;
    if (isOver(prediction)) return;
    const now = clock.now();
    prediction.status = status;
    prediction.error = error;
    prediction.completedAtMs = now;
    prediction.metrics = metrics(prediction, now);
    if (status === 'failed') prediction.output = null;
    const run = this.#runs.get(prediction.id);
    this.#runs.delete(prediction.id);
    run?.timers.forEach((timer) => timer.cancel());
    store.keep(prediction);
    if (status !== 'aborted' || settings().webhookOnAborted) webhooks.notify(prediction, 'completed');
    run?.onOver.forEach((resolve) => resolve());
    clock.after(dataLifetimeMs, () => this.#removeData(prediction));
  }

  #removeData(prediction: Prediction): void {
    const { clock, store, webhooks } = this.parts;
    prediction.dataRemoved = true;
    prediction.input = {};
    prediction.output = null;
    prediction.logs = '';
    store.keep(prediction);
    webhooks.forget(prediction.id);
    clock.after(dataLifetimeMs, () => store.remove(prediction.id));
  }
}

function requestedOf({ model, input, seed }: Prediction): MediaSpec[] {
  return requestedMedia(model, withDefaults(model.input, input), seed);
}

/** Seconds; `predict_time` is absent when the run never started. */
function metrics(prediction: Prediction, nowMs: number): Record<string, number> {
  const total = { total_time: (nowMs - prediction.createdAtMs) / 1000 };
  if (prediction.startedAtMs === undefined) return total;
  const images =
    prediction.model.media === 'image' && Array.isArray(prediction.output) ? prediction.output.length : 0;
  return {
    predict_time: (nowMs - prediction.startedAtMs) / 1000,
    ...total,
    ...(images > 0 ? { image_count: images } : {}),
  };
}
