import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Model } from './model.js';
import type { Prediction } from './predictions.js';

type Kept = Omit<Prediction, 'model'> & { model: string };

/** Keeps predictions on disk, a file each, for a simulator that is started again on the same folder. */
export class PredictionFiles {
  constructor(private readonly dir: string) {
    mkdirSync(dir, { recursive: true });
  }

  /** Writes the prediction as it is now: whole, or not at all. */
  keep(prediction: Prediction): void {
    const kept: Kept = { ...prediction, model: prediction.model.name };
    const unfinished = `${this.pathOf(prediction.id)}.part`;
    writeFileSync(unfinished, JSON.stringify(kept));
    renameSync(unfinished, this.pathOf(prediction.id));
  }

  forget(id: string): void {
    rmSync(this.pathOf(id), { force: true });
  }

  /** The kept predictions, oldest first; those of models that are no more are forgotten. */
  read(modelOf: (name: string) => Model | undefined): Prediction[] {
    const names = readdirSync(this.dir).filter((name) => name.endsWith('.json'));
    const kept = names.map((name) => JSON.parse(readFileSync(join(this.dir, name), 'utf8')) as Kept);
    return kept
      .flatMap((prediction) => {
        const model = modelOf(prediction.model);
        if (model) return { ...prediction, model };
        this.forget(prediction.id);
        return [];
      })
      .sort((one, other) => one.order - other.order);
  }

  private pathOf(id: string): string {
    return join(this.dir, `${id}.json`);
  }
}
