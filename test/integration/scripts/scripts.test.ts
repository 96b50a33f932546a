import { randomUUID } from 'node:crypto';
import { ADMIN } from '../../../src/access/caller.js';
import { readNewScript, readScriptChanges, readSections } from '../../../src/scripts/script.request.js';
import type { WholeScript } from '../../../src/scripts/script.js';
import { startTestDatabase, type TestDatabase } from '../storage/test-database.js';
import { scriptRoom, type ScriptRoom } from './script-room.js';

jest.setTimeout(30_000);

let db: TestDatabase;
/** Two processes on one database. */
let rooms: [ScriptRoom, ScriptRoom];
let room: ScriptRoom;

beforeAll(async () => {
  db = await startTestDatabase();
  rooms = [scriptRoom(db.database), scriptRoom(await db.another())];
  room = rooms[0];
});
afterAll(() => db.close());

const body = {
  title: 'Lighthouse',
  userId: 'author',
  defaults: { modelId: 'veo-3.1-fast' },
  sections: [{ prompt: 'A storm' }, { prompt: 'A lamp' }],
};

const write = (facts: object = {}) =>
  db.database.transaction((manager) =>
    room.scripts.create(manager, ADMIN, readNewScript({ ...body, ...facts })),
  );
const generate = ({ script }: WholeScript, takes = 1, of = room) =>
  db.database.transaction((manager) =>
    of.generation.generate(manager, ADMIN, script.scriptId, { sectionIds: undefined, takes }),
  );
const idOf = ({ script }: WholeScript) => script.scriptId;

/** Lets every job of the script end well. */
const complete = (whole: WholeScript) =>
  db.pool.query(
    `UPDATE replicate.jobs SET state = 'completed', completed_at = clock_timestamp()
     WHERE script_id = $1 AND state = 'pending'`,
    [idOf(whole)],
  );
const approve = (videoId: string, of = room) =>
  of.approval.review(ADMIN, videoId, { approval: 'approved', comment: undefined });
const approvalsOf = async (whole: WholeScript) =>
  (await room.videos.all(ADMIN, idOf(whole))).takes.map(({ approval }) => approval);

async function approvedScript(facts: object = {}) {
  const whole = await write(facts);
  const { made } = await generate(whole);
  await complete(whole);
  for (const { take } of made) await approve(take.videoId);
  return { whole, made };
}

describe('takes and their jobs', () => {
  it('are stored together, or not at all', async () => {
    const whole = await write();
    const failing = db.database.transaction(async (manager) => {
      await room.generation.generate(manager, ADMIN, idOf(whole), { sectionIds: undefined, takes: 1 });
      throw new Error('the process dies');
    });
    await expect(failing).rejects.toThrow('the process dies');
    const jobs = await db.pool.query('SELECT FROM replicate.jobs WHERE script_id = $1', [idOf(whole)]);
    expect([jobs.rows.length, (await room.videos.all(ADMIN, idOf(whole))).takes.length]).toEqual([0, 0]);

    const { made } = await generate(whole, 4);
    const { rows } = await db.pool.query<{ videoId: string }>(
      `SELECT take.video_id AS "videoId" FROM replicate.takes take JOIN replicate.jobs job USING (job_id)
       JOIN replicate.outbox message ON message.payload->>'jobId' = job_id::text
       WHERE job.script_id = $1 AND message.name = 'submit-job'`,
      [idOf(whole)],
    );
    expect(rows.map(({ videoId }) => videoId).sort()).toEqual(made.map(({ take }) => take.videoId).sort());
    expect(rows).toHaveLength(8);
  });

  it('are made once by two processes at once', async () => {
    const whole = await write();
    const batches = await Promise.all([...rooms, ...rooms].map((each) => generate(whole, 2, each)));
    expect(batches.map(({ made }) => made.length).sort()).toEqual([0, 0, 0, 4]);
  });
});

describe('approval', () => {
  it('is one a section, however many approve at once', async () => {
    const whole = await write({ sections: [body.sections[0]] });
    const { made } = await generate(whole, 4);
    await complete(whole);
    await Promise.all(made.map(({ take }, index) => approve(take.videoId, rooms[index % 2])));
    expect((await approvalsOf(whole)).sort()).toEqual(['approved', 'pending', 'pending', 'pending']);
  });

  it('never outlives an edit that runs at the same time', async () => {
    const whole = await write({ sections: [body.sections[0]] });
    const { made } = await generate(whole);
    await complete(whole);
    await Promise.allSettled([
      approve(made[0]!.take.videoId, rooms[1]),
      room.scripts.change(ADMIN, idOf(whole), readScriptChanges({ seed: 1 })),
    ]);
    expect(await approvalsOf(whole)).toEqual(['pending']);
  });

  it.each([
    ['seed', { seed: 5 }],
    ['defaults', { defaults: { modelId: 'veo-3.1-fast', parameters: { duration: 4 } } }],
  ])('is withdrawn from all sections by a new %s', async (_what, changes) => {
    const { whole } = await approvedScript();
    await room.scripts.change(ADMIN, idOf(whole), readScriptChanges(changes));
    expect(await approvalsOf(whole)).toEqual(['pending', 'pending']);
  });

  it('stays with a new title, and with the sections that others are put before', async () => {
    const { whole } = await approvedScript();
    await room.scripts.change(ADMIN, idOf(whole), readScriptChanges({ title: 'New' }));
    const sections = [
      { prompt: 'New' },
      ...whole.sections.map(({ sectionId, prompt }) => ({ sectionId, prompt })),
    ];
    const changed = await room.scripts.replaceSections(ADMIN, idOf(whole), readSections(sections));
    expect(changed.sections.slice(1).map(({ sectionId }) => sectionId)).toEqual(
      whole.sections.map(({ sectionId }) => sectionId),
    );
    expect(await approvalsOf(whole)).toEqual(['approved', 'approved']);
  });
});

describe('what a film is made of', () => {
  it('is the approved takes, in the order of the sections', async () => {
    const { whole, made } = await approvedScript();
    const reversed = [...whole.sections].reverse().map(({ sectionId, prompt }) => ({ sectionId, prompt }));
    await room.scripts.replaceSections(ADMIN, idOf(whole), readSections(reversed));
    const film = await room.approved.ofScript(ADMIN, idOf(whole));
    expect(film).toMatchObject({ scriptId: idOf(whole), userId: 'author', title: 'Lighthouse' });
    expect(film.takes).toEqual(
      reversed.map(({ sectionId }, position) => ({
        ...{ sectionId, position, title: null, narration: null, mediaType: 'video' },
        videoId: made.find(({ take }) => take.sectionId === sectionId)!.take.videoId,
        jobId: made.find(({ take }) => take.sectionId === sectionId)!.take.jobId,
      })),
    );
  });

  it('is not there while a section lacks an approved, current take: the conflict names each', async () => {
    const { whole } = await approvedScript();
    const [first, second] = whole.sections;
    const sections = [
      { sectionId: first!.sectionId, prompt: 'Another' },
      { sectionId: second!.sectionId, prompt: 'A lamp' },
      { prompt: 'New' },
    ];
    const changed = await room.scripts.replaceSections(ADMIN, idOf(whole), readSections(sections));
    const refusal: unknown = await room.approved
      .ofScript(ADMIN, idOf(whole))
      .catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      code: 'conflict',
      issues: [{ path: 'sections[0]' }, { path: 'sections[2]' }],
    });
    expect((refusal as Error).message).toContain(first!.sectionId);
    expect((refusal as Error).message).toContain(changed.sections[2]!.sectionId);
    await expect(room.approved.ofScript(ADMIN, randomUUID())).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('a character', () => {
  it('named by a section at the moment of its deletion is kept, or the section is refused', async () => {
    for (let round = 0; round < 5; round += 1) {
      const draft = { userId: 'author', name: 'Mara', description: 'x', referenceImages: [], seed: null };
      const { characterId } = await db.database.transaction((manager) =>
        room.characters.create(manager, ADMIN, draft),
      );
      const [written, removed] = await Promise.allSettled([
        write({ sections: [{ prompt: 'x', characters: [characterId] }] }),
        rooms[1].characters.remove(ADMIN, characterId),
      ]);
      expect([written.status, removed.status].sort()).toEqual(['fulfilled', 'rejected']);
    }
  });

  it('of another user is unknown to a script', async () => {
    const draft = { userId: 'other', name: 'Mara', description: 'x', referenceImages: [], seed: null };
    const { characterId } = await db.database.transaction((manager) =>
      room.characters.create(manager, ADMIN, draft),
    );
    await expect(write({ sections: [{ prompt: 'x', characters: [characterId] }] })).rejects.toMatchObject({
      issues: [{ path: 'sections[0].characters' }],
    });
  });
});
