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

  /** The kept predictions, oldest first; those that cannot be read, or whose model is no more, are forgotten. */
  read(modelOf: (name: string) => Model | undefined): Prediction[] {
    const ids = readdirSync(this.dir).flatMap((name) => /^(.+)\.json$/.exec(name)?.[1] ?? []);
    return ids
      .flatMap((id) => {
        const kept = this.readOne(id);
        const model = kept && modelOf(kept.model);
        if (model) return { ...kept, model };
        this.forget(id);
        return [];
      })
      .sort((one, other) => one.order - other.order);
  }

  /** A machine that lost its power may leave half a file. */
  private readOne(id: string): Kept | undefined {
    try {
      return JSON.parse(readFileSync(this.pathOf(id), 'utf8')) as Kept;
    } catch {
      return undefined;
    }
  }

  private pathOf(id: string): string {
    return join(this.dir, `${id}.json`);
  }
}
