import type { TestApp } from '../../support/app.js';
import type { Prediction } from '../../support/simulator.js';
import { factsOf, inParallel, type ObjectFacts } from './s3.js';

const USD_PER_OUTPUT = 0.003;

/** A delivery as the provider's ledger tells it; `fault` is what the simulator did to it. */
export interface SentWebhook {
  webhookId: string;
  predictionId: string;
  status: number | null;
  outcome: string;
  fault: string | null;
}

/** What the provider knows at rest. */
export interface ProviderContents {
  /** One for each create that made a prediction; `webhook` names the job it was made for. */
  predictions: { id: string; status: string; webhook: string | null; completedAt: string | null }[];
  webhooks: SentWebhook[];
  /** The outputs of each prediction that succeeded, read anew. */
  sources: Map<string, ObjectFacts[]>;
  /** The list price of each prediction in USD, by how it ended. */
  prices: Map<string, number>;
}

export async function readProvider(app: TestApp): Promise<ProviderContents> {
  const ledger = await app.simulator.ledger();
  const webhookOf = new Map(ledger.creates.map(({ predictionId, webhook }) => [predictionId, webhook]));
  const predictions = ledger.predictions.map((prediction) => ({
    ...(prediction as unknown as ProviderContents['predictions'][number]),
    webhook: webhookOf.get(prediction.id) ?? null,
  }));
  const sources = new Map<string, ObjectFacts[]>();
  const prices = new Map<string, number>();
  await inParallel(predictions, async ({ id }) => {
    const prediction = await app.simulator.prediction(id);
    prices.set(id, listPrice(prediction));
    const files: ObjectFacts[] = [];
    if (prediction.status === 'succeeded')
      for (const url of [prediction.output ?? []].flat()) files.push(await download(url));
    sources.set(id, files);
  });
  return { predictions, webhooks: ledger.webhooks as SentWebhook[], sources, prices };
}

/** A run that never began, or failed, is free; one that was canceled counts as planned. */
function listPrice({ status, input, metrics }: Prediction): number {
  const ran = (metrics as { predict_time?: number } | undefined)?.predict_time !== undefined;
  const free = status === 'failed' || status === 'aborted' || (status === 'canceled' && !ran);
  return free ? 0 : USD_PER_OUTPUT * Number(input.num_outputs ?? 1);
}

async function download(url: string): Promise<ObjectFacts> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`The simulator gave ${response.status} for ${url}`);
  return factsOf(new Uint8Array(await response.arrayBuffer()));
}
