import { AppError } from '../../../src/errors.js';
import { createDataSource } from '../../../src/storage/data-source.js';
import { Database } from '../../../src/storage/database.js';
import { eventually } from '../../support/eventually.js';
import { startTcpProxy, throughPort, type TcpProxy } from '../../support/tcp-proxy.js';
import { startEndingProxy, type EndingProxy } from './ending-proxy.js';
import { startTestDatabase, type TestDatabase } from './test-database.js';

jest.setTimeout(30_000);

const ONE = { name: 'one', text: 'SELECT 1 AS one' };

let db: TestDatabase;
let proxy: TcpProxy;
let proxied: string;
let ending: EndingProxy;

beforeAll(async () => {
  db = await startTestDatabase({ migrated: false });
  const { port } = new URL(db.url);
  proxy = await startTcpProxy('127.0.0.1', Number(port));
  proxied = throughPort(db.url, proxy.port);
  ending = await startEndingProxy(db.url);
});

afterEach(() => proxy.heal());

afterAll(async () => {
  await db.close();
  await proxy.close();
  await ending.close();
});

const outage = {
  name: 'AppError',
  code: 'service_unavailable',
  retryable: true,
  retryAfterSeconds: 2,
  message: 'The database cannot be reached; try again shortly',
};

const answering = (database: Database) =>
  eventually(
    () => database.query(ONE, []),
    (rows) => rows.length === 1,
  );

describe('a database that is away', () => {
  it('is what a transaction tells whose connection ended between two of its statements', async () => {
    const database = await db.another(db.url);
    await answering(database);
    const ended = database.transaction(async (manager) => {
      const [backend] = await manager.query<{ pid: number }[]>('SELECT pg_backend_pid() AS pid');
      await db.pool.query('SELECT pg_terminate_backend($1)', [backend!.pid]);
      for (;;) await manager.query('SELECT 1').finally(() => new Promise(setImmediate));
    });
    await expect(ended).rejects.toMatchObject(outage);
  });

  it('is what a transaction tells whose connection ended in the moment that it was made, and the process goes on', async () => {
    const database = await db.another(ending.url);
    await answering(database);
    ending.endNext();
    await expect(
      Promise.all(Array.from({ length: 3 }, () => database.transaction(() => Promise.resolve()))),
    ).rejects.toMatchObject(outage);
    expect(ending.ended()).toBeGreaterThan(0);
    await answering(database);
  });

  it('is what a write tells to a server that may only be read, because another has taken over', async () => {
    const database = await db.another(db.url);
    await answering(database);
    const write = database.transaction(async (manager) => {
      await manager.query('SET TRANSACTION READ ONLY');
      await manager.query('CREATE TABLE written_here (one integer)');
    });
    await expect(write).rejects.toMatchObject(outage);
  });

  it('is what a name tells that cannot be resolved for now', async () => {
    const database = await db.another(db.url);
    await answering(database);
    const fault = Object.assign(new Error('getaddrinfo EAI_AGAIN db.internal'), { code: 'EAI_AGAIN' });
    await expect(database.transaction(() => Promise.reject(fault))).rejects.toMatchObject(outage);
  });

  it('is what a transaction tells that the connection left before its next statement', async () => {
    const database = await db.another(db.url);
    await answering(database);
    const ended = database.transaction(async (manager) => {
      const [backend] = await manager.query<{ pid: number }[]>('SELECT pg_backend_pid() AS pid');
      await db.pool.query('SELECT pg_terminate_backend($1)', [backend!.pid]);
      await eventually(
        async () => manager.queryRunner!.isReleased,
        (released) => released,
      );
      await manager.query('SELECT 1');
    });
    await expect(ended).rejects.toMatchObject(outage);
  });

  it('when the process starts is waited for', async () => {
    proxy.down();
    const database = await db.another(proxied);
    await expect(database.query(ONE, [])).rejects.toMatchObject(outage);
    await expect(database.transaction(async () => 1)).rejects.toMatchObject(outage);
    expect(() => database.manager).toThrow(AppError);
    proxy.heal();
    expect(await answering(database)).toEqual([{ one: 1 }]);
  });

  it('for a while fails every call meanwhile and none afterwards', async () => {
    const database = await db.another(proxied);
    await database.query(ONE, []);
    proxy.down();
    await expect(database.query(ONE, [])).rejects.toMatchObject(outage);
    await expect(database.transaction((manager) => manager.query('SELECT 1'))).rejects.toMatchObject(outage);
    await expect(database.ping()).rejects.toMatchObject(outage);
    proxy.heal();
    expect(await answering(database)).toEqual([{ one: 1 }]);
  });

  it('in the middle of a statement fails it', async () => {
    const database = await db.another(proxied);
    const statement = database.query({ text: 'SELECT pg_sleep(30)' }, []);
    setTimeout(() => proxy.down(), 200);
    await expect(statement).rejects.toMatchObject(outage);
  });

  it('does not keep a process from stopping', async () => {
    proxy.down();
    const database = new Database(createDataSource({ url: proxied, poolSize: 1, entities: [] }));
    await database.onApplicationBootstrap();
    await database.onApplicationShutdown();
    proxy.heal();
    await expect(database.query(ONE, [])).rejects.toMatchObject(outage);
  });
});

describe('a database that ends connections', () => {
  it('is connected to anew', async () => {
    const database = await db.another();
    await Promise.all(Array.from({ length: 5 }, () => database.query(ONE, [])));
    const { rows } = await db.pool.query<{ ended: boolean }>(
      `SELECT pg_terminate_backend(pid) AS ended FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'vsl-media-generation'`,
    );
    expect(rows.length).toBeGreaterThan(0);
    expect(await answering(database)).toEqual([{ one: 1 }]);
  });

  it('in the middle of a statement counts as away', async () => {
    const database = await db.another();
    const ending = database.query({ text: 'SELECT pg_terminate_backend(pg_backend_pid())' }, []);
    await expect(ending).rejects.toMatchObject(outage);
  });
});

describe('a database that is slow', () => {
  it('and has no free connection counts as away after two seconds', async () => {
    const database = await db.another(db.url, 1);
    const held = database.query({ text: 'SELECT pg_sleep(4)' }, []);
    await expect(database.query(ONE, [])).rejects.toMatchObject(outage);
    await held;
    expect(await database.query(ONE, [])).toEqual([{ one: 1 }]);
  });

  it('and has no free connection is still known to answer', async () => {
    const database = await db.another(db.url, 1);
    const held = database.query({ text: 'SELECT pg_sleep(1)' }, []);
    await expect(database.ping()).resolves.toBeUndefined();
    await held;
  });

  it.each([
    ['statement_timeout', '10s'],
    ['lock_timeout', '5s'],
    ['idle_in_transaction_session_timeout', '30s'],
  ])('is given up after %s of %s', async (name, value) => {
    expect(await db.database.query({ text: `SHOW ${name}` }, [])).toEqual([{ [name]: value }]);
  });

  it('counts as away when it gives a statement up', async () => {
    await db.database.transaction(async (manager) => {
      await manager.query(`SET LOCAL statement_timeout = '50ms'`);
      await expect(manager.query('SELECT pg_sleep(5)')).rejects.toMatchObject({ code: '57014' });
    });
    const slow = db.database.transaction(async (manager) => {
      await manager.query(`SET LOCAL statement_timeout = '50ms'`);
      return manager.query('SELECT pg_sleep(5)');
    });
    await expect(slow).rejects.toMatchObject(outage);
  });
});

describe('a statement that is wrong', () => {
  it.each([
    ['SELEC', '42601'],
    ['SELECT * FROM nowhere', '42P01'],
    ['SELECT 1 / 0', '22012'],
  ])('as %s fails as itself', async (text, code) => {
    await expect(db.database.query({ text }, [])).rejects.toMatchObject({ code });
    expect(await db.database.query(ONE, [])).toEqual([{ one: 1 }]);
  });

  it('is undone with its whole transaction', async () => {
    await db.pool.query('CREATE TABLE kept (n integer)');
    const failing = db.database.transaction(async (manager) => {
      await manager.query('INSERT INTO kept VALUES (1)');
      throw new AppError('conflict', 'no');
    });
    await expect(failing).rejects.toMatchObject({ code: 'conflict' });
    expect((await db.pool.query('SELECT * FROM kept')).rows).toEqual([]);
  });
});
