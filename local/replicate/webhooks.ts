import type { Clock } from './clock.js';
import type { DrawnFault, Faults } from './faults.js';
import type { Ledger } from './ledger.js';
import type { Settings } from './options.js';
import { isOver, predictionBody } from './predictions.js';
import type { Prediction } from './predictions.js';
import type { Random } from './random.js';
import type { WebhookEvent } from './validation.js';
import type { Message } from './webhook-attempt.js';
import { attemptWebhook } from './webhook-attempt.js';

/** Seconds after completion at which a terminal webhook is sent again; real times are not published, the last is about a minute. */
const retryAtSeconds = [1, 3, 7, 15, 30, 60];
const throttleMs = 500;

interface Channel {
  /** Messages of a prediction leave one after the other. */
  last: Promise<void>;
  throttledUntilMs: Partial<Record<WebhookEvent, number>>;
  /** Messages held back so that they come after the terminal one. */
  held: Message[];
}

interface Parts {
  clock: Clock;
  random: Random;
  faults: Faults;
  ledger: Ledger;
  settings: () => Settings;
  /** Keys that sign, newest first. */
  secrets: string[];
  /** Where a `redirect` fault sends its message: a path that answers 307 to the real URL. */
  redirectUrl: (prediction: Prediction, target: string) => string;
}

/** Sends webhooks as Replicate does: in order, throttled, signed, the terminal one again when it is not received. */
export class Webhooks {
  #channels = new Map<string, Channel>();

  constructor(private readonly parts: Parts) {}

  /** Notes the prediction as it stands now and sends it when its turn comes. */
  notify(prediction: Prediction, event: WebhookEvent): void {
    const { clock, random } = this.parts;
    const { webhook, webhookEvents } = prediction;
    if (webhook === undefined || !webhookEvents.includes(event)) return;
    const channel = this.#channel(prediction);
    if (this.#isThrottled(channel, event)) return;
    const message: Message = {
      id: `msg_${random.id(27)}`,
      event,
      prediction,
      url: webhook,
      body: JSON.stringify(predictionBody(prediction)),
      completedAtMs: isOver(prediction) ? clock.now() : undefined,
      attempt: 1,
    };
    channel.last = channel.last.then(() => this.#dispatch(channel, message));
    clock.track(channel.last);
  }

  /** Resolves when the first attempt of everything noted so far is over. */
  async idle(prediction: Prediction): Promise<void> {
    await this.#channels.get(prediction.id)?.last;
  }

  clear(): void {
    this.#channels.clear();
  }

  /** Ends the retries of a prediction's webhooks. */
  forget(predictionId: string): void {
    this.#channels.delete(predictionId);
  }

  #channel(prediction: Prediction): Channel {
    const channel = this.#channels.get(prediction.id) ?? {
      last: Promise.resolve(),
      throttledUntilMs: {},
      held: [],
    };
    this.#channels.set(prediction.id, channel);
    return channel;
  }

  /** Of `output` and `logs`, one each half second; `start` and `completed` always. */
  #isThrottled(channel: Channel, event: WebhookEvent): boolean {
    if (event === 'start' || event === 'completed') return false;
    const now = this.parts.clock.now();
    const throttled = now < (channel.throttledUntilMs[event] ?? 0);
    if (!throttled) channel.throttledUntilMs[event] = now + throttleMs;
    return throttled;
  }

  async #dispatch(channel: Channel, message: Message): Promise<void> {
    const fault = this.#drawFault(message);
    if (fault?.kind === 'reorder' && message.event !== 'completed') {
      channel.held.push(message);
      return;
    }
    if (fault?.kind === 'delay') {
      this.parts.clock.after(fault.delayMs ?? 5_000, () => this.#attempt(message, undefined));
      return;
    }
    await this.#attempt(message, fault);
    if (fault?.kind === 'duplicate') {
      for (let copy = 1; copy < (fault.copies ?? 2); copy += 1) await this.#attempt(message, fault, false);
    }
    if (message.event === 'completed') {
      for (const held of channel.held.splice(0)) await this.#attempt(held, undefined);
    }
  }

  #drawFault({ event, prediction }: Message): DrawnFault<'webhook'> | undefined {
    const { id, model, input } = prediction;
    return this.parts.faults.draw('webhook', {
      event,
      model: model.name,
      prompt: input.prompt,
      predictionId: id,
    });
  }

  async #attempt(message: Message, fault: DrawnFault<'webhook'> | undefined, mayRetry = true): Promise<void> {
    const { clock, ledger, secrets, settings, redirectUrl } = this.parts;
    const { webhookTimeoutMs } = settings();
    const result = await attemptWebhook(message, fault, {
      secrets,
      timeoutMs: webhookTimeoutMs,
      redirectUrl,
    });
    ledger.add('webhooks', {
      at: new Date(clock.now()).toISOString(),
      predictionId: message.prediction.id,
      webhookId: message.id,
      event: message.event,
      attempt: message.attempt,
      url: message.url,
      ...result,
      fault: fault?.kind ?? null,
    });
    const failed =
      result.outcome === 'unreachable' || (result.outcome === 'refused' && (result.status ?? 0) >= 400);
    if (failed && mayRetry) this.#scheduleRetry(message);
  }

  #scheduleRetry(message: Message): void {
    const { clock } = this.parts;
    const atSeconds = retryAtSeconds[message.attempt - 1];
    if (message.completedAtMs === undefined || atSeconds === undefined) return;
    const delayMs = message.completedAtMs + atSeconds * 1000 - clock.now();
    const again = { ...message, attempt: message.attempt + 1 };
    clock.after(delayMs, () => {
      if (this.#channels.has(message.prediction.id)) return this.#attempt(again, this.#drawFault(again));
    });
  }
}
