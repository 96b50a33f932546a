import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DELIVERED_EVENTS } from '../../../../src/webhooks/out/event.js';
import { eventDocument } from '../../../../src/webhooks/out/event-document.js';

const { webhooks, components } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../../openapi.json'), 'utf8'),
);

describe('the document of what endpoints are sent', () => {
  it('tells every event', () => {
    expect(Object.keys(webhooks)).toEqual(DELIVERED_EVENTS);
    expect(webhooks).toEqual(eventDocument());
  });

  it('names bodies that there are', () => {
    const named = [...JSON.stringify(webhooks).matchAll(/#\/components\/schemas\/(\w+)/g)].map(
      ([, name]) => name,
    );
    expect(new Set(named)).toEqual(new Set(['StatusDto', 'CompilationDto']));
    for (const name of named) expect(components.schemas[name!]).toBeDefined();
  });
});
