import { setTimeout as sleep } from 'node:timers/promises';
import { startTestApp, type TestApp } from '../../support/app.js';
import { eventually } from '../../support/eventually.js';
import { atMost, fact, never, percentile, type Section } from '../figures.js';
import type { Plan } from '../plan.js';

const POLL_INTERVAL_SECONDS = 15;
const ALLOWED_SECONDS = POLL_INTERVAL_SECONDS + 30;

/** No webhook arrives for a while: the backup poll alone must bring every job to its end in time. */
export async function silence(plan: Plan['silence'], seed: string): Promise<Section> {
  const app = await startTestApp({
    workers: 2,
    simulator: { seed },
    env: { LOG_LEVEL: 'warn', POLL_INTERVAL_SECONDS: String(POLL_INTERVAL_SECONDS) },
  });
  try {
    await app.simulator.fault({ where: 'webhook', kind: 'drop' });
    const jobIds = await orderAll(app, plan);
    const open = await unfinished(app);
    const lags = await lagSeconds(app);
    const { webhooks } = await app.simulator.ledger();
    return {
      title: `Silence: every webhook is dropped for ${plan.seconds} s`,
      notes: [`The backup poll runs each ${POLL_INTERVAL_SECONDS} s, the default; nothing is compressed.`],
      figures: [
        fact('jobs', jobIds.length),
        never(
          'webhooks that came through',
          webhooks.filter(({ outcome }) => outcome !== 'dropped').map(({ webhookId }) => webhookId),
        ),
        never('jobs not completed', open),
        fact('median lag after the prediction ended', `${percentile(lags, 0.5).toFixed(1)} s`),
        atMost('p99 lag after the prediction ended', percentile(lags, 0.99), ALLOWED_SECONDS, 's'),
      ],
    };
  } finally {
    await app.stop();
  }
}

/** Orders evenly over the time of silence. */
async function orderAll({ api }: TestApp, { jobs, seconds }: Plan['silence']): Promise<string[]> {
  const jobIds: string[] = [];
  for (let index = 0; index < jobs; index += 1) {
    const parameters = { seed: index % 12, width: 512, height: 512 };
    const request = { mediaType: 'image', modelId: 'flux-schnell', userId: `user-${index % 7}` };
    jobIds.push(await api.generate({ ...request, prompt: `Silence ${index % 12}`, parameters }));
    await sleep((1_000 * seconds) / jobs);
  }
  return jobIds;
}

/** The jobs that have not completed when twice the allowed time has passed since the last order. */
async function unfinished({ database }: TestApp): Promise<string[]> {
  const look = async () => {
    const { rows } = await database.query<{ job: string }>(
      `SELECT job_id || ' is ' || state AS job FROM replicate.jobs WHERE state <> 'completed'`,
    );
    return rows.map(({ job }) => job);
  };
  await eventually(look, (open) => open.length === 0, 2_000 * ALLOWED_SECONDS).catch(() => undefined);
  return look();
}

/** From the end of each prediction, by the provider, to the end of its job. */
async function lagSeconds(app: TestApp): Promise<number[]> {
  const { predictions } = await app.simulator.ledger();
  const { rows } = await app.database.query<{ replicateId: string; at: Date }>(
    `SELECT replicate_id AS "replicateId", completed_at AS at FROM replicate.jobs WHERE completed_at IS NOT NULL`,
  );
  const endedAt = new Map(predictions.map(({ id, completedAt }) => [id, Date.parse(completedAt ?? '')]));
  return rows.map(({ replicateId, at }) => (at.getTime() - endedAt.get(replicateId)!) / 1_000);
}
