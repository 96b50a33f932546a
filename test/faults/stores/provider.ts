import type { TestApp } from '../../support/app.js';
import { factsOf, inParallel, type ObjectFacts } from './s3.js';

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
}

export async function readProvider(app: TestApp): Promise<ProviderContents> {
  const ledger = await app.simulator.ledger();
  const webhookOf = new Map(ledger.creates.map(({ predictionId, webhook }) => [predictionId, webhook]));
  const predictions = ledger.predictions.map((prediction) => ({
    ...(prediction as unknown as ProviderContents['predictions'][number]),
    webhook: webhookOf.get(prediction.id) ?? null,
  }));
  const sources = new Map<string, ObjectFacts[]>();
  const succeeded = predictions.filter(({ status }) => status === 'succeeded');
  await inParallel(succeeded, async ({ id }) => {
    const { output } = await app.simulator.prediction(id);
    const files: ObjectFacts[] = [];
    for (const url of [output ?? []].flat()) files.push(await download(url));
    sources.set(id, files);
  });
  return { predictions, webhooks: ledger.webhooks as SentWebhook[], sources };
}

async function download(url: string): Promise<ObjectFacts> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`The simulator gave ${response.status} for ${url}`);
  return factsOf(new Uint8Array(await response.arrayBuffer()));
}
