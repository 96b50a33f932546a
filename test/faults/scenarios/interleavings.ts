import { Random } from '../../../local/replicate/random.js';
import { startTestApp } from '../../support/app.js';
import { fact, never, type Section } from '../figures.js';
import { openProtocol, type Protocol } from '../world/protocol.js';
import { faultsOf, watchJobs } from '../world/protocol-faults.js';
import { aStory } from '../world/story.js';
import { Turns } from '../world/turns.js';

const WIDTH = 6;

/** Creates, webhooks, polls and cancels of one job side by side, their statements in every order the seed brings. */
export async function interleavings(count: number, seed: string): Promise<Section> {
  const app = await startTestApp({ apis: 0, workers: 0, env: { LOG_LEVEL: 'silent' } });
  try {
    const protocol = await openProtocol(app.env);
    try {
      await watchJobs(app.database);
      const tally = { operations: 0, faults: [] as string[] };
      let next = 0;
      const lane = async () => {
        for (let run = next++; run < count; run = next++) {
          const { operations, faults } = await play(protocol, app.database, `${seed} ${run}`);
          tally.operations += operations;
          tally.faults.push(...faults.map((fault) => `seed "${seed} ${run}": ${fault}`));
        }
      };
      await Promise.all(Array.from({ length: WIDTH }, lane));
      return {
        title: 'Interleavings of create, webhook, poll and cancel',
        notes: ['The product’s own services on PostgreSQL, one statement at a time in seeded order.'],
        figures: [
          fact('interleavings', count),
          fact('operations in them', tally.operations),
          never('violations', tally.faults),
        ],
      };
    } finally {
      await protocol.close();
    }
  } finally {
    await app.stop();
  }
}

/** One job and all that befalls it; then what the backup poll would still find out; then what is wrong. */
async function play(protocol: Protocol, database: Parameters<typeof faultsOf>[0], seed: string) {
  const random = new Random(seed);
  const turns = new Turns(random);
  const story = await aStory(protocol, random, turns);
  await turns.play(story.operations);
  await story.lastPoll();
  return { operations: story.operations.length, faults: await faultsOf(database, story) };
}
