import { isBucketName } from '../../../local/s3/buckets.js';
import { parseCors } from '../../../local/s3/cors.js';
import { expiryTime, parseLifecycle } from '../../../local/s3/lifecycle.js';
import { compositeEtag } from '../../../local/s3/multipart.js';

describe('isBucketName', () => {
  it.each([
    ['media', true],
    ['my.media-1', true],
    ['ab', false],
    ['a'.repeat(64), false],
    ['Media', false],
    ['-media', false],
    ['media-', false],
    ['me..dia', false],
    ['..', false],
    ['me/dia', false],
    ['192.168.0.1', false],
  ])('%s: %s', (name, expected) => {
    expect(isBucketName(name)).toBe(expected);
  });
});

const lifecycle = (rule: string) => `<LifecycleConfiguration><Rule>${rule}</Rule></LifecycleConfiguration>`;
const ENABLED = '<Status>Enabled</Status>';

describe('parseLifecycle', () => {
  it.each([
    ['<Filter><Prefix>temp/</Prefix></Filter>', 'temp/'],
    ['<Filter><And><Prefix>temp/</Prefix></And></Filter>', 'temp/'],
    ['<Prefix>temp/</Prefix>', 'temp/'],
    ['<Filter/>', ''],
    ['<Filter><Prefix></Prefix></Filter>', ''],
  ])('finds the prefix in %s', (filter, prefix) => {
    const xml = lifecycle(`${ENABLED}${filter}<Expiration><Days>3</Days></Expiration>`);
    expect(parseLifecycle(xml)).toEqual([{ prefix, expirationDays: 3, abortIncompleteDays: undefined }]);
  });

  it('leaves disabled rules out', () => {
    const xml = lifecycle('<Status>Disabled</Status><Expiration><Days>3</Days></Expiration>');
    expect(parseLifecycle(xml)).toEqual([]);
  });

  it.each([
    [`${ENABLED}<Transition/>`, 'NotImplemented'],
    [`${ENABLED}<Filter><Tag/></Filter>`, 'NotImplemented'],
    [`${ENABLED}<Expiration><Date>2026-01-01</Date></Expiration>`, 'NotImplemented'],
    [`${ENABLED}<Expiration><Days>0</Days></Expiration>`, 'InvalidArgument'],
    [`${ENABLED}<Expiration><Days>soon</Days></Expiration>`, 'InvalidArgument'],
    ['<Expiration><Days>1</Days></Expiration>', 'MalformedXML'],
  ])('refuses %s as %s', (rule, code) => {
    expect(() => parseLifecycle(lifecycle(rule))).toThrow(expect.objectContaining({ code }));
  });
});

describe('expiryTime', () => {
  it.each([
    ['2026-01-01T10:30:00.000Z', 1, '2026-01-03T00:00:00.000Z'],
    ['2026-01-01T00:00:00.000Z', 1, '2026-01-02T00:00:00.000Z'],
    ['2026-12-31T23:59:59.999Z', 30, '2027-01-31T00:00:00.000Z'],
  ])('of %s after %i days is the next midnight, %s', (since, days, expected) => {
    expect(expiryTime(since, days).toISOString()).toBe(expected);
  });
});

describe('parseCors', () => {
  it.each([
    ['<CORSConfiguration/>', 'MalformedXML'],
    [
      '<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin></CORSRule></CORSConfiguration>',
      'MalformedXML',
    ],
    [
      '<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>PATCH</AllowedMethod></CORSRule></CORSConfiguration>',
      'InvalidRequest',
    ],
  ])('refuses %s as %s', (xml, code) => {
    expect(() => parseCors(xml)).toThrow(expect.objectContaining({ code }));
  });
});

describe('compositeEtag', () => {
  it('is the MD5 of the binary MD5s and their number', () => {
    const empty = 'd41d8cd98f00b204e9800998ecf8427e';
    expect(compositeEtag([{ etag: empty }])).toBe('59adb24ef3cdbe0297f05b395827453f-1');
  });
});
