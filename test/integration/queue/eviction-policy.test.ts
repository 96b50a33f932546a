import { createServer, type AddressInfo, type Server } from 'node:net';
import { SettingsError } from '../../../src/config/settings.js';
import { Logger } from '../../../src/logging/logger.js';
import { refuseEviction } from '../../../src/queue/eviction-policy.js';

/** A server that answers every command with the text, as Redis would INFO. */
let server: Server;
let answer: string;
let printed: string[];

beforeEach(async () => {
  printed = [];
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      const commands = bytes.toString().match(/^\*\d+\r$/gm) ?? [];
      socket.write(`$${Buffer.byteLength(answer)}\r\n${answer}\r\n`.repeat(commands.length));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(() => new Promise((resolve) => server.close(resolve)));

const logger = new Logger('info', { write: (line) => printed.push(line) });
const check = (policy: string) => {
  answer = `redis_version:7.2.0\r\nloading:0\r\n${policy}`;
  return refuseEviction(`redis://127.0.0.1:${(server.address() as AddressInfo).port}`, logger);
};

describe('the Redis of the queues', () => {
  it.each(['allkeys-lru', 'volatile-ttl'])('that evicts (%s) is refused with the cure', async (policy) => {
    const refusal = check(`maxmemory_policy:${policy}\r\n`);
    await expect(refusal).rejects.toThrow(SettingsError);
    await expect(refusal).rejects.toThrow(`maxmemory-policy ${policy}`);
    await expect(refusal).rejects.toThrow('REDIS_CACHE_URL');
  });

  it('that evicts nothing is taken', async () => {
    await check('maxmemory_policy:noeviction\r\n');
    expect(printed).toEqual([]);
  });

  it('that does not tell its policy is taken with a warning', async () => {
    await check('');
    expect(printed.join()).toContain('queue-eviction-unknown');
  });

  it('that is away is taken with a warning', async () => {
    await refuseEviction('redis://127.0.0.1:1', logger);
    expect(printed.join()).toContain('queue-eviction-unknown');
  });

  it('as the stack has it evicts nothing', async () => {
    await refuseEviction(process.env.REDIS_URL!, logger);
    expect(printed).toEqual([]);
  });
});
