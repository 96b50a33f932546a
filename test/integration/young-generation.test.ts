import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { pathToFileURL } from 'node:url';
import { builtModule } from '../../local/built-tree.js';

const MEBIBYTE = 1024 * 1024;

/** Makes objects that outlive a collection, which is what makes V8 enlarge its young generation, and prints its size. */
const GROW = `
  const kept = [];
  for (let round = 0; round < 2_000_000; round++) {
    kept[round % 400_000] = { round, text: 'kept for a while ' + round };
  }
  const { getHeapSpaceStatistics } = await import('node:v8');
  const young = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space');
  console.log(young.space_size);
`;

describe("the worker's young generation", () => {
  it('stays small under a load that would enlarge it', async () => {
    const small = `
      const { keepYoungGenerationSmall } = await import(${JSON.stringify(youngGeneration())});
      keepYoungGenerationSmall();`;
    const [usual, kept] = await Promise.all([youngBytes(GROW), youngBytes(small + GROW)]);
    expect(usual).toBeGreaterThan(8 * MEBIBYTE);
    expect(kept).toBeLessThan(4 * MEBIBYTE);
  });
});

function youngGeneration(): string {
  return pathToFileURL(builtModule('src/young-generation.js')).href;
}

/** A process of its own: the flag is of the whole process. */
async function youngBytes(program: string): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
    timeout: 30_000,
  });
  return Number(stdout);
}
