import { randomUUID } from 'node:crypto';
import type { Random } from '../../../local/replicate/random.js';
import { AppError } from '../../../src/errors.js';
import { planGeneration } from '../../../src/models/plan-generation.js';
import { readPrediction, type PredictionStatus } from '../../../src/models/prediction.js';
import type { Protocol } from './protocol.js';
import type { Turns } from './turns.js';

/** How the provider's runs end in the stories. */
const ENDS: PredictionStatus[] = ['succeeded', 'succeeded', 'succeeded', 'failed', 'canceled', 'aborted'];
const SHARE = { secondAttempt: 0.25, cancel: 0.3, answerLost: 0.2, startPoll: 0.4, endPoll: 0.4 };
const MOST_COPIES = 3;

/** What befalls one job: operations that may overlap in any way, and the provider's truth about its predictions. */
export interface Story {
  jobId: string;
  /** The end of each prediction that was made for the job, by its id. */
  ends: Map<string, PredictionStatus>;
  webhookIds: string[];
  canceled: boolean;
  operations: (() => Promise<void>)[];
  /** The truth once more, as the backup poll finds it out when all is over. */
  lastPoll(): Promise<void>;
}

/** A job already submitting; news of its prediction come by every way, early, late, doubled and out of order. */
export async function aStory(protocol: Protocol, random: Random, turns: Turns): Promise<Story> {
  const { generation, registry, lifecycle, predictions, cancellation } = protocol;
  const request = { mediaType: 'image', modelId: 'flux-schnell', parameters: { prompt: 'A story' } };
  const { jobId } = await generation.accept({
    owner: null,
    userId: 'story',
    plan: planGeneration(registry, request),
  });
  if (jobId === undefined) throw new Error('The story has no job');
  const nonce = randomUUID();
  await lifecycle.move({ jobId, to: 'submitting', cause: 'worker', nonce });

  const story: Story = {
    ...{ jobId, ends: new Map(), webhookIds: [], canceled: random.next() < SHARE.cancel, operations: [] },
    lastPoll: async () => {
      for (const [id, status] of story.ends) await predictions.apply(jobId, prediction(id, status), 'poll');
    },
  };
  addPrediction(protocol, story, random);
  if (random.next() < SHARE.secondAttempt) addSecondAttempt(protocol, story, random, turns, nonce);
  if (story.canceled) story.operations.push(() => unlessOver(cancellation.request(jobId)));
  return story;
}

/** The first attempt is given up though its prediction exists, and another is made: one of the two is surplus. */
function addSecondAttempt(
  protocol: Protocol,
  story: Story,
  random: Random,
  turns: Turns,
  nonce: string,
): void {
  const { jobId } = story;
  const { lifecycle } = protocol;
  const resubmit = async () => {
    await lifecycle.move({ jobId, from: ['submitting'], ofNonce: nonce, to: 'pending', cause: 'poll' });
    return lifecycle.move({
      jobId,
      from: ['pending'],
      to: 'submitting',
      cause: 'worker',
      nonce: randomUUID(),
    });
  };
  story.operations.push(async () => {
    if (!(await resubmit())) return;
    const second: Story = { ...story, operations: [] };
    addPrediction(protocol, second, random);
    await turns.branch(second.operations);
  });
}

/** The create's answer, the webhooks with their copies, and polls that tell the truth of then or of now. */
function addPrediction(protocol: Protocol, story: Story, random: Random): void {
  const { predictions } = protocol;
  const { jobId } = story;
  const id = `p-${random.id(12)}`;
  const end = ENDS[random.integer(ENDS.length)]!;
  story.ends.set(id, end);
  const news = (status: PredictionStatus, cause: string) => async () => {
    await predictions.apply(jobId, prediction(id, status), cause);
  };
  if (random.next() >= SHARE.answerLost) story.operations.push(news('starting', 'worker'));
  if (random.next() < SHARE.startPoll) story.operations.push(news('processing', 'poll'));
  if (random.next() < SHARE.endPoll) story.operations.push(news(end, 'poll'));
  for (const status of ['processing', end] as const) addWebhook(protocol, story, random, id, status);
}

function addWebhook(
  { inbox, webhooks }: Protocol,
  story: Story,
  random: Random,
  replicateId: string,
  status: PredictionStatus,
): void {
  const webhookId = `msg_${random.id(20)}`;
  const body = JSON.stringify(raw(replicateId, status));
  story.webhookIds.push(webhookId);
  for (let copy = 0; copy < 1 + random.integer(MOST_COPIES); copy += 1) {
    story.operations.push(async () => {
      await inbox.store({ webhookId, jobId: story.jobId, replicateId, body });
      await webhooks.apply(webhookId);
    });
  }
}

function raw(id: string, status: PredictionStatus) {
  const output = status === 'succeeded' ? [`https://replicate.delivery/${id}.webp`] : null;
  return { id, status, output, error: null, metrics: { predict_time: 1 } };
}

function prediction(id: string, status: PredictionStatus) {
  return readPrediction(raw(id, status))!;
}

/** Asking for the end of a job that is over is refused, and rightly. */
async function unlessOver(request: Promise<unknown>): Promise<void> {
  await request.catch((error: unknown) => {
    if (!(error instanceof AppError && error.code === 'conflict')) throw error;
  });
}
