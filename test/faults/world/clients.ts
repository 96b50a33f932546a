import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../../local/replicate/random.js';
import type { Answer, ApiClient } from '../../support/api-client.js';

/** A job as its client knows it: the answer it was given. */
export interface AcceptedJob {
  jobId: string;
  /** The Idempotency-Key, where the client sent one. */
  key: string | undefined;
  body: string;
}

const TIMEOUT_MS = 8_000;
const RETRY_MS = 250;

/** Pictures differ by so many prompts; what else differs in the input leaves the simulator's bytes as they are. */
const PROMPTS = 12;
const QUALITIES = 101;
const SHARE = { withoutKey: 0.1, repeated: 0.15, canceled: 0.12, twoOutputs: 0.15 };

/** Clients that order jobs from whichever API answers, and insist as a good client does: same key, again. */
export class Clients {
  readonly accepted: AcceptedJob[] = [];
  /** Replays that were not the first answer, byte for byte. */
  readonly differingReplays: string[] = [];
  replays = 0;
  /** Answers that no fault excuses. */
  readonly odd: string[] = [];
  private ordered = 0;
  private hasLeft = false;
  private readonly cancels: Promise<void>[] = [];

  constructor(
    private readonly apis: ApiClient[],
    private readonly random: Random,
  ) {}

  /** Orders `count` jobs, one each `everyMs`; resolves when each was accepted or given up. */
  async order(count: number, everyMs: number): Promise<void> {
    const orders: Promise<void>[] = [];
    for (let index = 0; index < count; index += 1) {
      orders.push(this.orderOne());
      await sleep(everyMs);
    }
    await Promise.all(orders);
    await Promise.all(this.cancels);
  }

  /** What has not been accepted by now is given up. */
  leave(): void {
    this.hasLeft = true;
  }

  private async orderOne(): Promise<void> {
    const { random } = this;
    const number = this.ordered++;
    const key = random.next() < SHARE.withoutKey ? undefined : `order-${number}-${random.id(8)}`;
    const repeated = key !== undefined && random.next() < SHARE.repeated;
    const canceledAfterMs = random.next() < SHARE.canceled ? random.between(0, 3_000) : undefined;
    const request = this.request(number);
    const first = await this.insist(request, key);
    if (!first) return;
    const { jobId } = first.body as { jobId: string };
    this.accepted.push({ jobId, key, body: first.text });
    if (canceledAfterMs !== undefined) this.cancels.push(this.cancel(jobId, canceledAfterMs));
    if (repeated) await this.repeat(request, key, first);
  }

  private request(number: number) {
    const parameters = {
      ...{ seed: number % PROMPTS, width: 512, height: 512, output_format: 'png' },
      output_quality: number % QUALITIES,
      num_outputs: this.random.next() < SHARE.twoOutputs ? 2 : 1,
    };
    const prompt = `Fault ${number % PROMPTS}`;
    return { mediaType: 'image', modelId: 'flux-schnell', userId: `user-${number % 7}`, prompt, parameters };
  }

  /** Sends until it is accepted; without a key once only, because a repetition would be another job. */
  private async insist(request: object, key: string | undefined): Promise<Answer | undefined> {
    while (!this.hasLeft) {
      const answer = await this.post('/generate-media', request, key);
      if (answer?.status === 202) return answer;
      if (answer && answer.status !== 503 && answer.status !== 409)
        this.odd.push(`POST /generate-media: ${answer.status} ${answer.text.slice(0, 200)}`);
      if (key === undefined) return undefined;
      await sleep(RETRY_MS);
    }
    return undefined;
  }

  private async repeat(request: object, key: string, first: Answer): Promise<void> {
    const again = await this.insist(request, key);
    if (!again) return;
    this.replays += 1;
    if (again.text !== first.text) this.differingReplays.push(`${key}: ${first.text} then ${again.text}`);
  }

  private async cancel(jobId: string, afterMs: number): Promise<void> {
    await sleep(afterMs);
    const answer = await this.post(`/jobs/${jobId}/cancel`, undefined, undefined);
    if (answer && ![202, 409, 503].includes(answer.status))
      this.odd.push(`POST /jobs/${jobId}/cancel: ${answer.status} ${answer.text.slice(0, 200)}`);
  }

  /** The answer, or undefined when none came: the API is dead or hung. */
  private async post(path: string, body: unknown, key: string | undefined): Promise<Answer | undefined> {
    const api = this.apis[this.random.integer(this.apis.length)]!;
    const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key };
    return api.call('POST', path, { body, headers, timeoutMs: TIMEOUT_MS }).catch(() => undefined);
  }
}
