import { MediaSource } from '../../../src/media/download.js';
import { startSourceServer, type SourceServer } from './source-server.js';

let api: SourceServer;
let delivery: SourceServer;
let source: MediaSource;

beforeAll(async () => {
  [api, delivery] = await Promise.all([startSourceServer(), startSourceServer()]);
  source = new MediaSource({
    hosts: [api.host, delivery.host],
    allowPrivateSources: true,
    authorization: { origin: `http://${api.host}`, value: 'Bearer of-the-account' },
  });
});

afterAll(async () => {
  await source.close();
  await Promise.all([api.close(), delivery.close()]);
});

const bytes = Buffer.from('bytes');

/** Fetches `url` and gives the tokens that either host was shown on the way, in order. */
async function tokensShown(url: string): Promise<(string | undefined)[]> {
  api.requests.length = 0;
  delivery.requests.length = 0;
  const { body } = await source.open(url, 100, new AbortController().signal);
  await body.dump();
  return [...api.requests, ...delivery.requests].map(({ headers }) => headers.authorization as string);
}

const redirect = (server: SourceServer, path: string, location: string) =>
  server.serve(path, (_request, response) => void response.writeHead(302, { location }).end());

describe('the provider’s token', () => {
  it('goes to the provider’s API', async () => {
    expect(await tokensShown(api.serve('/out', bytes))).toEqual(['Bearer of-the-account']);
  });

  it('stays with it across a redirect within', async () => {
    api.serve('/out', bytes);
    const shown = await tokensShown(redirect(api, '/moved', '/out'));
    expect(shown).toEqual(['Bearer of-the-account', 'Bearer of-the-account']);
  });

  it('goes to no other host, though outputs may be fetched from it', async () => {
    expect(await tokensShown(delivery.serve('/out', bytes))).toEqual([undefined]);
  });

  it('does not follow a redirect to another host', async () => {
    const target = delivery.serve('/out', bytes);
    const shown = await tokensShown(redirect(api, '/moved', target));
    expect(shown).toEqual(['Bearer of-the-account', undefined]);
  });

  it('is not called up by another host’s redirect', async () => {
    const target = api.serve('/out', bytes);
    expect(await tokensShown(redirect(delivery, '/moved', target))).toEqual([undefined, undefined]);
  });
});
