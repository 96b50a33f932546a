import { MediaAddresses } from '../../../src/storage/media-addresses.js';
import { startStoredMedia, type StoredMedia } from '../media/stored-media.js';

const KEY = "image/ana@example.com/2026/03/09/job/ein Bild & (mehr) it's+ü!.png";
const BUCKET = { bucket: 'media-bucket', region: 'eu-west-1' };

let media: StoredMedia;

beforeAll(async () => {
  media = await startStoredMedia();
});

afterAll(() => media.close());

describe('the URL of an object', () => {
  it('stands under the public base, every segment encoded', () => {
    const publicBaseUrl = 'https://cdn.example.com/media/';
    const shown = new MediaAddresses({ ...BUCKET, urls: 'public', publicBaseUrl });
    expect(shown.publicUrl(KEY)).toBe(
      'https://cdn.example.com/media/image/ana%40example.com/2026/03/09/job/ein%20Bild%20%26%20%28mehr%29%20it%27s%2B%C3%BC%21.png',
    );
  });

  it.each([
    ['http://127.0.0.1:9000', 'http://127.0.0.1:9000/media-bucket/a.png'],
    [undefined, 'https://media-bucket.s3.eu-west-1.amazonaws.com/a.png'],
  ])('is the bucket’s own when no public base is set: endpoint %s', async (endpoint, url) => {
    const addresses = new MediaAddresses({ ...BUCKET, urls: 'public', endpoint });
    expect(await addresses.url('a.png')).toBe(url);
    expect(addresses.s3Path('a.png')).toBe('s3://media-bucket/a.png');
  });

  it('opens the object when it is signed, and only then', async () => {
    await media.store.put(KEY, 'the picture', { contentType: 'image/png' });
    const signing = new MediaAddresses({ ...media.access, urls: 'signed' });
    const answer = await fetch(await signing.url(KEY));
    expect([answer.status, await answer.text()]).toEqual([200, 'the picture']);
    expect((await fetch(signing.publicUrl(KEY))).status).toBe(403);
  });

  it('is signed for an hour', async () => {
    const signing = new MediaAddresses({ ...media.access, urls: 'signed' });
    expect(new URL(await signing.url('a')).searchParams.get('X-Amz-Expires')).toBe('3600');
  });
});
