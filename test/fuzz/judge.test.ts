import { readFileSync } from 'node:fs';
import { readDocument, type Verdict } from './document.js';
import { judge } from './judge.js';
import type { Request } from './request.js';

const { operations } = readDocument(
  JSON.parse(readFileSync('openapi.json', 'utf8')) as Record<string, unknown>,
);
const id = '00000000-0000-4000-8000-000000000000';

function verdict(route: string, body?: unknown): Verdict {
  const operation = operations.find(({ method, path }) => `${method} ${path}` === route)!;
  const path = Object.fromEntries(
    operation.parameters.filter(({ in: place }) => place === 'path').map(({ name }) => [name, id]),
  );
  const request: Request = { operation, path, query: [], headers: {} };
  if (body === undefined) return judge(request);
  const headers = { 'content-type': 'application/json' };
  return judge({ ...request, headers, body: Buffer.from(JSON.stringify(body)) });
}

describe('a body', () => {
  it('may be absent where the document has it so', () => {
    expect(verdict('POST /api/scripts/{scriptId}/generate')).toBe('valid');
    expect(verdict('POST /api/scripts')).toBe('invalid');
  });

  it.each<[object | null, Verdict]>([
    [{}, 'valid'],
    [{ outputFormat: 'gif', audio: null, loudness: null }, 'valid'],
    [{ outputFormat: 'mp4', transition: { type: 'fade' }, fps: 24, dryRun: true }, 'valid'],
    [{ outputFormat: 'hls' }, 'unsure'],
    [{ size: '1080x1920' }, 'unsure'],
    [{ audio: { url: 'https://example.com/a.mp3', jobId: null } }, 'unsure'],
    [{ audio: { jobId: id } }, 'unsure'],
    [null, 'invalid'],
    [{ size: '1081x1920' }, 'invalid'],
    [{ audio: {} }, 'invalid'],
    [{ audio: { url: null, jobId: null } }, 'invalid'],
    [{ audio: { url: 'https://example.com/a.mp3', jobId: id } }, 'invalid'],
    [{ outputFormat: 'gif', audio: { jobId: id } }, 'invalid'],
    [{ outputFormat: 'gif', loudness: {} }, 'invalid'],
    [{ transition: { type: 'fade', color: 'red' } }, 'invalid'],
  ])('of a compilation such as %j is %s', (body, expected) => {
    expect(verdict('POST /api/scripts/{scriptId}/compile', body)).toBe(expected);
  });

  it.each<[object, Verdict]>([
    [{ title: 'Storm', seed: null }, 'valid'],
    [{ defaults: {} }, 'unsure'],
    [{ defaults: null }, 'unsure'],
    [{ title: ' ' }, 'invalid'],
    [{ defaults: { model: 'x' } }, 'invalid'],
  ])('of a changed script such as %j is %s', (body, expected) => {
    expect(verdict('PATCH /api/scripts/{scriptId}', body)).toBe(expected);
  });

  it.each<[object, Verdict]>([
    [{ takes: 2, sectionIds: null }, 'valid'],
    [{ sectionIds: [id] }, 'unsure'],
    [{ sectionIds: [id, id] }, 'invalid'],
    [{ sectionIds: [] }, 'invalid'],
  ])('of a generation such as %j is %s', (body, expected) => {
    expect(verdict('POST /api/scripts/{scriptId}/generate', body)).toBe(expected);
  });

  it.each<[unknown, Verdict]>([
    [[{ prompt: 'A lamp' }], 'unsure'],
    [{ sections: [{ prompt: 'A lamp' }] }, 'unsure'],
    [[], 'invalid'],
    [{ sections: [{ text: 'A lamp' }] }, 'invalid'],
  ])('of new sections such as %j is %s', (body, expected) => {
    expect(verdict('PUT /api/scripts/{scriptId}/sections', body)).toBe(expected);
  });

  it.each<[string[], Verdict]>([
    [['https://example.com/a.png'], 'valid'],
    [['http://example.com/a.png'], 'invalid'],
    [['https://me:secret@example.com/a.png'], 'invalid'],
    [['https://example.com/a.png', 'https://example.com/a.png'], 'invalid'],
  ])('of a character with the references %j is %s', (referenceImages, expected) => {
    expect(verdict('PATCH /api/characters/{characterId}', { referenceImages })).toBe(expected);
  });
});
