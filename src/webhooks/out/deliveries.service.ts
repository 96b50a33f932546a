import { Injectable } from '@nestjs/common';
import { PostClient, type PostAnswer } from '../../egress/post-client.js';
import { Settings } from '../../config/settings.js';
import { Logger } from '../../logging/logger.js';
import { storableText } from '../../models/prediction.js';
import { signatureHeaders } from '../signature.js';
import type { TakenDelivery } from './delivery.js';
import { DeliveryQueueRepository } from './delivery-queue.repository.js';
import { endpointUrlFault } from './endpoint-url.js';
import { EventPayloads } from './event-payloads.js';
import { judge, notSent, type Verdict } from './verdict.js';

const LONGEST_EXCERPT = 1_024;

/** Sends deliveries that this worker has taken, and notes what came of it. */
@Injectable()
export class Deliveries {
  private readonly privateHosts: string[];

  constructor(
    private readonly queue: DeliveryQueueRepository,
    private readonly payloads: EventPayloads,
    private readonly client: PostClient,
    private readonly logger: Logger,
    { webhookPrivateHosts }: Settings,
  ) {
    this.privateHosts = webhookPrivateHosts;
  }

  /** Makes one attempt; rejects only when our own stores fail, and then the delivery is taken again later. */
  async attempt(delivery: TakenDelivery): Promise<void> {
    const refusal = refusalOf(delivery);
    if (refusal) return this.finish(delivery, unsent(refusal.why), refusal.verdict);
    const body = await this.payloads.of(delivery);
    if (body === undefined)
      return this.finish(delivery, unsent('what it tells of is no more'), notSent(null));
    const answer = await this.send(delivery, body);
    await this.finish(delivery, answer, judge(answer, delivery.tries + 1, Math.random()));
  }

  /** The address is checked again: what may be private is a setting. */
  private async send({ url, secrets, deliveryId }: TakenDelivery, body: string): Promise<PostAnswer> {
    const fault = endpointUrlFault(url, this.privateHosts);
    if (fault !== undefined) return unsent(`its url ${fault}`);
    const headers = {
      ...signatureHeaders(secrets, deliveryId, new Date(), body),
      'content-type': 'application/json',
      'user-agent': 'vsl-media-generation',
    };
    return this.client.post(new URL(url), headers, body);
  }

  private async finish(delivery: TakenDelivery, answer: PostAnswer, verdict: Verdict): Promise<void> {
    const { deliveryId, endpointId, event, tries } = delivery;
    const response = answer.response && excerpt(answer.response);
    const disabledReason = await this.queue.finish(delivery, { ...answer, response }, verdict);
    this.logger.info('webhook-attempt', {
      ...{ deliveryId, endpointId, event, attempt: tries + 1, outcome: verdict.status },
      ...{ status: answer.httpStatus, durationMs: answer.durationMs },
      ...(answer.error === null ? {} : { error: answer.error }),
    });
    if (disabledReason) this.logger.warn('webhook-endpoint-disabled', { endpointId, reason: disabledReason });
  }
}

function refusalOf({ enabled, keyEnded }: TakenDelivery): { why: string; verdict: Verdict } | undefined {
  if (!enabled) return { why: 'the endpoint is disabled', verdict: notSent(null) };
  if (!keyEnded) return undefined;
  return { why: 'the key that made the endpoint has ended', verdict: notSent('key_ended') };
}

function unsent(why: string): PostAnswer {
  return { httpStatus: null, durationMs: 0, response: null, error: `Not sent: ${why}` };
}

function excerpt(response: string): string {
  return storableText(response.slice(0, LONGEST_EXCERPT));
}
