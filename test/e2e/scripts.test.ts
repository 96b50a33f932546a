import { randomUUID } from 'node:crypto';
import { startTestApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { allEvents, openEvents } from '../support/event-reader.js';

jest.setTimeout(120_000);

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
  await app.simulator.fault({ where: 'run', kind: 'stuck-processing', match: { promptIncludes: 'stuck' } });
});
afterAll(() => app.stop());

interface Section {
  sectionId: string;
  prompt: string;
  title: string | null;
  [field: string]: unknown;
}
interface Script {
  scriptId: string;
  sections: Section[];
  [field: string]: unknown;
}
interface Take {
  videoId: string;
  sectionId: string;
  jobId: string;
  take: number;
  status: string;
  approval: string;
  stale: boolean;
  url: string | null;
  thumbnailUrl: string | null;
  durationSeconds: number | null;
  comment: string | null;
}
interface Generated {
  jobs: { jobId: string; videoId: string; sectionId: string; take: number }[];
  reused: { sectionId: string; videoId: string; status: string }[];
  estimatedCost: number;
}

/** Scenes that are quickly made: images, but for the last. */
const draft = {
  title: 'Lighthouse',
  userId: 'author',
  seed: 7,
  defaults: { modelId: 'flux-schnell', parameters: {} },
  sections: [
    { title: 'Storm', narration: 'It rained.', prompt: 'A lighthouse', mediaType: 'image' },
    { prompt: 'A lamp', modelId: 'wan-2.5-t2v-fast', parameters: { size: '832*480', duration: 5 } },
  ],
};

async function ask<T>(method: string, path: string, status: number, body?: unknown): Promise<T> {
  const answer = await app.api.call(method, path, { body });
  expect([path, answer.status, answer.status === status ? '' : answer.text]).toEqual([path, status, '']);
  return answer.body as T;
}

const write = (facts: object = {}) => ask<Script>('POST', '/api/scripts', 201, { ...draft, ...facts });
const generate = ({ scriptId }: Script, wish?: object) =>
  ask<Generated>('POST', `/api/scripts/${scriptId}/generate`, 202, wish);
const takesOf = async ({ scriptId }: Script) =>
  (await ask<{ items: Take[] }>('GET', `/api/scripts/${scriptId}/videos?limit=100`, 200)).items;
const allMade = (script: Script) =>
  eventually(
    () => takesOf(script),
    (takes) => takes.length > 0 && takes.every(({ status }) => status === 'completed'),
    60_000,
  );
const replace = ({ scriptId }: Script, sections: unknown) =>
  ask<Script>('PUT', `/api/scripts/${scriptId}/sections`, 200, { sections });
const issuesOf = async (method: string, path: string, body: unknown) => {
  const { issues } = await ask<{ issues: { path: string; message: string }[] }>(method, path, 400, body);
  return issues.map((issue) => issue.path);
};

describe('a script', () => {
  let script: Script;
  let takes: Take[];
  beforeAll(async () => {
    script = await write();
  });

  it('is read as it was written', async () => {
    expect(await ask('GET', `/api/scripts/${script.scriptId}`, 200)).toEqual(script);
    expect(script).toMatchObject({ title: 'Lighthouse', seed: 7, version: 1, userId: 'author' });
    expect(script.sections.map(({ prompt }) => prompt)).toEqual(['A lighthouse', 'A lamp']);
  });

  it('tells its price before anything is made', async () => {
    expect(await ask('POST', `/api/scripts/${script.scriptId}/estimate`, 200)).toEqual({
      sections: [
        {
          sectionId: script.sections[0]!.sectionId,
          modelId: 'flux-schnell',
          seconds: 0,
          estimatedCost: 0.003,
          reused: false,
        },
        {
          sectionId: script.sections[1]!.sectionId,
          modelId: 'wan-2.5-t2v-fast',
          seconds: 5,
          estimatedCost: 0.25,
          reused: false,
        },
      ],
      totalSeconds: 5,
      totalCost: 0.253,
      estimatedTime: 15,
    });
  });

  it('is generated once, however often it is asked for at once', async () => {
    const answers = await Promise.all([generate(script), generate(script), generate(script)]);
    expect(answers.map(({ jobs }) => jobs.length).sort()).toEqual([0, 0, 2]);
    expect(answers.map(({ reused }) => reused.length).sort()).toEqual([0, 2, 2]);
    expect(answers.reduce((total, { estimatedCost }) => total + estimatedCost, 0)).toBe(0.253);
    const jobs = await ask<{ items: unknown[] }>('GET', `/jobs?scriptId=${script.scriptId}`, 200);
    expect(jobs.items).toHaveLength(2);
  });

  it('has takes with their files when they are made', async () => {
    const events = await allEvents(`${app.api.url}/api/scripts/${script.scriptId}/events`);
    expect(events.every(({ event }) => event === 'take')).toBe(true);
    takes = await allMade(script);
    expect(takes.map(({ take, approval, stale }) => [take, approval, stale])).toEqual([
      [1, 'pending', false],
      [1, 'pending', false],
    ]);
    for (const { jobId, url, thumbnailUrl, sectionId, durationSeconds } of takes) {
      const { result } = await app.api.status(jobId);
      expect([url, thumbnailUrl]).toEqual([result!.originalUrl, result!.thumbnailUrl]);
      const isImage = sectionId === script.sections[0]!.sectionId;
      expect(durationSeconds).toBe(isImage ? null : result!.duration);
    }
  });

  it('costs nothing when it is generated again', async () => {
    const again = await generate(script);
    expect(again).toMatchObject({ jobs: [], estimatedCost: 0 });
    expect(again.reused.map(({ status }) => status)).toEqual(['completed', 'completed']);
    expect(await ask('POST', `/api/scripts/${script.scriptId}/estimate`, 200)).toMatchObject({
      totalCost: 0,
    });
  });

  it('has its takes approved and rejected, one approved a section', async () => {
    const review = (take: Take, verdict: string, body?: object) =>
      ask<Take>('POST', `/api/section-videos/${take.videoId}/${verdict}`, 200, body);
    const [first] = takes;
    expect(await review(first!, 'approve')).toMatchObject({ approval: 'approved', comment: null });
    expect(await review(first!, 'approve')).toMatchObject({ approval: 'approved' });
    expect(await review(takes[1]!, 'reject', { comment: 'Too dark' })).toMatchObject({
      approval: 'rejected',
      comment: 'Too dark',
    });
    const more = await generate(script, { sectionIds: [first!.sectionId], takes: 2 });
    expect(more.jobs.map(({ take }) => take)).toEqual([2]);
    await allMade(script);
    const second = (await takesOf(script)).find(({ videoId }) => videoId === more.jobs[0]!.videoId)!;
    await review(second, 'approve');
    const approvals = (await takesOf(script))
      .filter(({ sectionId }) => sectionId === first!.sectionId)
      .map(({ take, approval }) => [take, approval]);
    expect(approvals).toEqual([
      [2, 'approved'],
      [1, 'pending'],
    ]);
  });

  it('is made anew where a take was rejected, from another seed', async () => {
    await allMade(script);
    const rejected = (await takesOf(script)).find(({ approval }) => approval === 'rejected')!;
    const { jobs } = await generate(script);
    expect(jobs.map(({ sectionId }) => sectionId)).toEqual([rejected.sectionId]);
    const seeds = await Promise.all(
      [rejected.jobId, jobs[0]!.jobId].map(async (jobId) => (await app.api.job(jobId)).parameters.seed),
    );
    expect(seeds).toEqual([7, 8]);
    await allMade(script);
  });

  it('keeps approvals when only title and narration change, and loses them when the picture does', async () => {
    const approved = async () => (await takesOf(script)).filter(({ approval }) => approval === 'approved');
    const [standing] = await approved();
    const { sections } = script;
    await replace(
      script,
      [...sections].reverse().map((section) => ({ ...section, title: 'New', narration: 'New' })),
    );
    expect(await approved()).toEqual([standing]);

    const edited = sections.map((section) =>
      section.sectionId === standing!.sectionId ? { ...section, prompt: 'Another', parameters: {} } : section,
    );
    await replace(script, edited);
    const mine = (await takesOf(script)).filter(({ sectionId }) => sectionId === standing!.sectionId);
    expect(mine.map(({ stale, approval }) => [stale, approval])).toEqual([
      [true, 'pending'],
      [true, 'pending'],
    ]);
    const refused = await ask<{ details: string }>(
      'POST',
      `/api/section-videos/${standing!.videoId}/approve`,
      409,
    );
    expect(refused.details).toMatch(/stale/);

    await replace(script, sections);
    expect(await approved()).toEqual([]);
    expect((await generate(script)).jobs).toEqual([]);
  });

  it('goes with its takes, while its jobs stay', async () => {
    await ask('DELETE', `/api/scripts/${script.scriptId}`, 204);
    await ask('GET', `/api/scripts/${script.scriptId}`, 404);
    await ask('GET', `/api/scripts/${script.scriptId}/videos`, 404);
    await ask('POST', `/api/section-videos/${takes[0]!.videoId}/approve`, 404);
    const jobs = await ask<{ items: unknown[] }>('GET', `/jobs?scriptId=${script.scriptId}`, 200);
    expect(jobs.items.length).toBeGreaterThanOrEqual(4);
  });
});

describe('takes that are under way', () => {
  it('cannot be approved, and keep the events of the script open', async () => {
    const script = await write({ sections: [{ ...draft.sections[0], prompt: 'stuck' }] });
    const { jobs } = await generate(script);
    const { events } = await openEvents(`${app.api.url}/api/scripts/${script.scriptId}/events`);
    const statuses: string[] = [];
    for await (const { data } of events) {
      if (data === undefined) continue;
      const { status } = JSON.parse(data) as Take;
      statuses.push(status);
      if (status === 'processing') {
        await ask('POST', `/api/section-videos/${jobs[0]!.videoId}/approve`, 409);
        await ask('POST', `/jobs/${jobs[0]!.jobId}/cancel`, 202);
      }
    }
    expect(statuses.filter((status) => status !== 'pending')).toEqual(['processing', 'canceled']);
    await ask('POST', `/api/section-videos/${jobs[0]!.videoId}/reject`, 409);
    expect((await generate(script, { takes: 1 })).jobs.map(({ take }) => take)).toEqual([2]);
  });

  it('are no longer told to one who has seen the end', async () => {
    const script = await write();
    const address = `/api/scripts/${script.scriptId}/events`;
    expect((await app.api.get(address)).status).toBe(204);
    await generate(script);
    await allMade(script);
    const last = (await allEvents(app.api.url + address)).at(-1)!;
    expect((await app.api.get(address, { 'last-event-id': last.id! })).status).toBe(204);
  });
});

describe('a take whose job is retried', () => {
  it('is followed by another take of its section, which can be chosen, also while more are generated', async () => {
    const script = await write({ sections: [draft.sections[0]] });
    const [first] = (await generate(script)).jobs;
    await allMade(script);
    const retry = () =>
      ask<{ jobId: string; retriedFrom: string }>('POST', `/jobs/${first!.jobId}/retry`, 202);
    const [again, , more] = await Promise.all([retry(), retry(), generate(script, { takes: 3 })]);
    const takes = await allMade(script);
    expect(takes.map(({ take }) => take).sort()).toEqual(takes.map((_, index) => index + 1));
    expect(takes).toHaveLength(3 + more.jobs.length);
    const next = takes.find(({ jobId }) => jobId === again.jobId)!;
    expect(next).toMatchObject({ sectionId: first!.sectionId, approval: 'pending', stale: false });
    await ask('POST', `/api/section-videos/${next.videoId}/approve`, 200);
    const jobs = await ask<{ items: object[] }>('GET', `/jobs?scriptId=${script.scriptId}`, 200);
    expect(jobs.items).toHaveLength(takes.length);
  });

  it('leaves a job without a take when the script is no more', async () => {
    const script = await write({ sections: [draft.sections[0]] });
    const [first] = (await generate(script)).jobs;
    await allMade(script);
    await ask('DELETE', `/api/scripts/${script.scriptId}`, 204);
    const { retriedFrom } = await ask<{ retriedFrom: string }>('POST', `/jobs/${first!.jobId}/retry`, 202);
    expect(retriedFrom).toBe(first!.jobId);
  });
});

describe('characters', () => {
  const mara = { userId: 'author', name: 'Mara', description: 'grey braid', seed: 3 };
  const referenceImages = ['https://example.com/mara.png'];

  it('lend scenes their looks and their seed, and take approvals with them when they change', async () => {
    const character = await ask<{ characterId: string }>('POST', '/api/characters', 201, mara);
    const path = `/api/characters/${character.characterId}`;
    expect(await ask('GET', path, 200)).toEqual(character);
    const script = await write({
      sections: [{ ...draft.sections[0], characters: [character.characterId] }],
    });
    const { jobs } = await generate(script);
    expect((await app.api.job(jobs[0]!.jobId)).parameters).toMatchObject({
      prompt: 'A lighthouse\n\nMara: grey braid',
      seed: 3,
    });
    const [take] = await allMade(script);
    await ask('POST', `/api/section-videos/${take!.videoId}/approve`, 200);
    await ask('DELETE', path, 409);
    await ask('PATCH', path, 200, { description: 'short hair' });
    expect(await takesOf(script)).toMatchObject([{ stale: true, approval: 'pending' }]);
    await ask('DELETE', `/api/scripts/${script.scriptId}`, 204);
    await ask('DELETE', path, 204);
    await ask('GET', path, 404);
  });

  it('cannot become such that a scene could no longer be generated', async () => {
    const { characterId } = await ask<{ characterId: string }>('POST', '/api/characters', 201, mara);
    const tall = {
      prompt: 'x',
      modelId: 'veo-3.1',
      parameters: { aspect_ratio: '9:16' },
      characters: [characterId],
    };
    const { scriptId } = await write({ sections: [tall] });
    const refused = await ask<{ issues: object[] }>('PATCH', `/api/characters/${characterId}`, 409, {
      referenceImages,
    });
    expect(refused.issues).toEqual([
      {
        path: `scripts.${scriptId}.sections[0].parameters.aspect_ratio`,
        message: 'When using reference_images, aspect_ratio must be "16:9"',
      },
    ]);
    expect(await ask('GET', `/api/characters/${characterId}`, 200)).toMatchObject({ referenceImages: [] });
  });

  it('are listed by user, page by page', async () => {
    const userId = randomUUID();
    for (const name of ['1', '2', '3']) await ask('POST', '/api/characters', 201, { ...mara, userId, name });
    type List = { items: { name: string }[]; nextCursor: string | null };
    const first = await ask<List>('GET', `/api/characters?userId=${userId}&limit=2`, 200);
    const rest = await ask<List>(
      'GET',
      `/api/characters?userId=${userId}&limit=2&cursor=${first.nextCursor}`,
      200,
    );
    expect([...first.items, ...rest.items].map(({ name }) => name)).toEqual(['3', '2', '1']);
    expect(rest.nextCursor).toBeNull();
  });
});

describe('lists', () => {
  it('of scripts hold those of a user, page by page', async () => {
    const userId = randomUUID();
    const made: string[] = [];
    for (let count = 0; count < 3; count += 1) made.unshift((await write({ userId })).scriptId);
    type List = { items: Script[]; nextCursor: string | null };
    const first = await ask<List>('GET', `/api/scripts?userId=${userId}&limit=2`, 200);
    await write({ userId });
    const rest = await ask<List>(
      'GET',
      `/api/scripts?userId=${userId}&limit=2&cursor=${first.nextCursor}`,
      200,
    );
    expect([...first.items, ...rest.items].map(({ scriptId }) => scriptId)).toEqual(made);
    expect(rest.nextCursor).toBeNull();
  });
});

describe('a repeated request', () => {
  it('gets the first answer, byte for byte, and makes nothing', async () => {
    const script = await write();
    for (const [path, body] of [
      ['/api/scripts', draft],
      ['/api/characters', { userId: 'author', name: 'Tom', description: 'tall' }],
      [`/api/scripts/${script.scriptId}/generate`, { takes: 2 }],
    ] as const) {
      const headers = { 'idempotency-key': randomUUID() };
      const answers = await Promise.all([0, 1, 2].map(() => app.api.post(path, body, headers)));
      expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
      const replayed = answers.filter((answer) => answer.headers.get('idempotent-replayed') === 'true');
      expect(replayed).toHaveLength(2);
      expect((await app.api.post(path, { ...body, title: 'x' }, headers)).status).toBe(422);
    }
    expect(await takesOf(script)).toHaveLength(4);
  });
});

describe('bad input', () => {
  it('is refused with every fault of every section, and nothing is stored', async () => {
    const userId = randomUUID();
    const body = {
      ...{
        userId,
        title: '',
        seed: -1,
        surprise: 1,
        defaults: { modelId: 'nothing', parameters: { foo: 1 } },
      },
      sections: [
        { prompt: 'a', modelId: 'veo-3.1', parameters: { duration: 7 } },
        { prompt: 'b', modelId: 'wan-2.5-t2v', characters: [randomUUID()], extra: true },
        { modelId: 'veo-3.1' },
        { prompt: 'd', mediaType: 'audio', modelId: 'musicgen' },
        { prompt: 'e' },
      ],
    };
    expect((await issuesOf('POST', '/api/scripts', body)).sort()).toEqual([
      'defaults.modelId',
      'defaults.parameters.foo',
      'sections[0].parameters.duration',
      'sections[1].characters',
      'sections[1].extra',
      'sections[2].prompt',
      'sections[3].mediaType',
      'sections[4].modelId',
      'seed',
      'surprise',
      'title',
    ]);
    expect(await ask('GET', `/api/scripts?userId=${userId}`, 200)).toEqual({ items: [], nextCursor: null });
  });

  it.each<[string, unknown, string[]]>([
    ['no sections', { ...draft, sections: [] }, ['sections']],
    ['sections of another shape', { ...draft, sections: {} }, ['sections']],
    ['a section that is none', { ...draft, sections: [null] }, ['sections[0]']],
    ['201 sections', { ...draft, sections: Array(201).fill(draft.sections[0]) }, ['sections']],
    ['NUL in a title', { ...draft, title: 'a\0b' }, ['title']],
    [
      'NUL in a prompt',
      { ...draft, sections: [{ ...draft.sections[0], prompt: 'a\0' }] },
      ['sections[0].prompt'],
    ],
    [
      'a known id',
      { ...draft, sections: [{ ...draft.sections[0], sectionId: randomUUID() }] },
      ['sections[0].sectionId'],
    ],
  ])('in a new script: %s', async (_case, body, paths) => {
    expect(await issuesOf('POST', '/api/scripts', body)).toEqual(paths);
  });

  it('to a script leaves it as it was', async () => {
    const script = await write();
    const path = `/api/scripts/${script.scriptId}`;
    const strange = { ...draft.sections[0], sectionId: randomUUID() };
    const twice = script.sections[0];
    expect(await issuesOf('PUT', `${path}/sections`, { sections: [strange, twice, twice] })).toEqual([
      'sections[0].sectionId',
      'sections[2].sectionId',
    ]);
    expect(await issuesOf('PATCH', path, { userId: 'x' })).toEqual(['userId']);
    expect(await issuesOf('PATCH', path, { defaults: null })).toEqual(['sections[0].modelId']);
    expect(await issuesOf('POST', `${path}/generate`, { takes: 5 })).toEqual(['takes']);
    expect(await issuesOf('POST', `${path}/generate`, { sectionIds: [randomUUID()] })).toEqual([
      'sectionIds[0]',
    ]);
    expect(await issuesOf('POST', '/api/scripts/estimate', { scriptIds: ['x'] })).toEqual(['scriptIds']);
    expect(await ask('GET', path, 200)).toEqual(script);
  });

  it('in a character is refused, unfetchable pictures among it', async () => {
    const body = { userId: '..', name: ' ', description: 5, referenceImages: ['http://a', 'https://u:p@a'] };
    expect((await issuesOf('POST', '/api/characters', body)).sort()).toEqual([
      'description',
      'name',
      'referenceImages',
      'userId',
    ]);
  });

  it.each(['/api/scripts/none', `/api/scripts/${randomUUID()}`, `/api/characters/${randomUUID()}`])(
    '%s is not found',
    async (path) => {
      expect(await ask('GET', path, 404)).toMatchObject({ code: 'not_found' });
    },
  );
});

describe('a series', () => {
  it('is priced in one call', async () => {
    const scripts = [await write(), await write({ sections: [draft.sections[1]] })];
    const scriptIds = scripts.map(({ scriptId }) => scriptId);
    expect(await ask('POST', '/api/scripts/estimate', 200, { scriptIds })).toMatchObject({
      scripts: [
        { scriptId: scriptIds[0], totalCost: 0.253 },
        { scriptId: scriptIds[1], totalCost: 0.25 },
      ],
      totalSeconds: 10,
      totalCost: 0.503,
      estimatedTime: 15,
    });
  });
});

it.each(['generate', 'compile'])(
  'what cannot be the id of a script is none to %s, with an Idempotency-Key too',
  async (action) => {
    for (const id of ['%00', '%F0%9F%8E%AC', 'x'.repeat(4_000)]) {
      const headers = { 'idempotency-key': 'once' };
      const answer = await app.api.post(`/api/scripts/${id}/${action}`, {}, headers);
      expect([answer.status, answer.body]).toEqual([404, expect.objectContaining({ code: 'not_found' })]);
    }
  },
);
