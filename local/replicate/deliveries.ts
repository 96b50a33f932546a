import type { Clock } from './clock.js';
import type { MediaFile, MediaStore } from './media/media-store.js';
import type { Prediction } from './predictions.js';
import type { Random } from './random.js';

/** One output as the delivery host serves it: a file, then padding up to `totalBytes`. */
export interface Delivery {
  predictionId: string;
  model: string;
  prompt: unknown;
  file: MediaFile;
  totalBytes: number;
}

/** Which URLs serve which files, and until when. */
export class Deliveries {
  #byPath = new Map<string, Delivery>();

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly media: MediaStore,
  ) {}

  /** Answers the URL of a new output; `bytes` larger than the file pads it. */
  publish(
    prediction: Prediction,
    file: MediaFile,
    index: number,
    bytes: number | null,
    lifetimeMs: number,
  ): string {
    const name = file.contentType.startsWith('image/') ? `out-${index}` : 'output';
    const path = `/files/${this.random.id(24)}/${name}.${file.extension}`;
    this.serve(path, prediction, file, bytes, lifetimeMs);
    return prediction.baseUrl + path;
  }

  /** Serves an output at a path that it has already. */
  serve(
    path: string,
    prediction: Prediction,
    file: MediaFile,
    bytes: number | null,
    lifetimeMs: number,
  ): void {
    this.#byPath.set(path, {
      predictionId: prediction.id,
      model: prediction.model.name,
      prompt: prediction.input.prompt,
      file,
      totalBytes: Math.max(file.bytes, bytes ?? 0),
    });
    this.clock.after(lifetimeMs, () => this.#withdraw(path));
  }

  find(path: string): Delivery | undefined {
    return this.#byPath.get(path);
  }

  clear(): void {
    this.#byPath.clear();
  }

  async #withdraw(path: string): Promise<void> {
    const gone = this.#byPath.get(path);
    this.#byPath.delete(path);
    if (!gone) return;
    const stillServed = [...this.#byPath.values()].some((one) => one.file.path === gone.file.path);
    if (!stillServed) await this.media.remove(gone.file);
  }
}
