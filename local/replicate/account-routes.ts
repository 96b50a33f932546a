import { baseUrlOf } from './base-url.js';
import { notFound } from './errors.js';
import type { Route } from './http.js';
import { sendJson } from './http.js';
import type { Model } from './model.js';
import type { Simulator } from './simulator.js';

const madeAt = '2026-01-15T12:00:00.000000Z';

/** Models and their versions, the account, the webhook key. */
export function accountRoutes(simulator: Simulator): Route[] {
  const { models, secrets } = simulator;
  const named = (name: string | undefined): Model => {
    const model = models.byName(name ?? '');
    if (!model) throw notFound();
    return model;
  };
  const describe = (model: Model) => modelBody(model, models.isOfficial(model));
  return [
    {
      method: 'GET',
      path: /^\/v1\/account$/,
      answer: ({ response }) =>
        sendJson(response, 200, { type: 'user', username: 'simulator', name: 'Simulator', github_url: null }),
    },
    {
      method: 'GET',
      path: /^\/v1\/webhooks\/default\/secret$/,
      answer: ({ response }) => sendJson(response, 200, { key: secrets[0] }),
    },
    {
      method: 'GET',
      path: /^\/v1\/models$/,
      answer: ({ response }) =>
        sendJson(response, 200, { next: null, previous: null, results: models.all().map(describe) }),
    },
    {
      method: 'GET',
      path: /^\/v1\/models\/([^/]+\/[^/]+)$/,
      answer: ({ response, params, request }) => {
        const body = describe(named(params[0]));
        sendJson(response, 200, {
          ...body,
          url: `${baseUrlOf(simulator, request)}/${body.owner}/${body.name}`,
        });
      },
    },
    {
      method: 'GET',
      path: /^\/v1\/models\/([^/]+\/[^/]+)\/versions$/,
      answer: ({ response, params }) =>
        sendJson(response, 200, { next: null, previous: null, results: versionBodies(named(params[0])) }),
    },
    {
      method: 'GET',
      path: /^\/v1\/models\/([^/]+\/[^/]+)\/versions\/([^/]+)$/,
      answer: ({ response, params }) => {
        const version = versionBodies(named(params[0])).find(({ id }) => id === params[1]);
        if (!version) throw notFound();
        sendJson(response, 200, version);
      },
    },
  ];
}

function modelBody(model: Model, isOfficial: boolean) {
  const [owner, name] = model.name.split('/');
  return {
    url: `https://replicate.com/${model.name}`,
    owner,
    name,
    description: model.description,
    visibility: 'public',
    is_official: isOfficial,
    github_url: null,
    paper_url: null,
    license_url: null,
    run_count: 0,
    cover_image_url: null,
    default_example: null,
    latest_version: versionBodies(model)[0],
  };
}

function versionBodies(model: Model) {
  const uri = { type: 'string', format: 'uri' };
  const output =
    model.output === 'many' ? { type: 'array', items: uri, title: 'Output' } : { ...uri, title: 'Output' };
  const input = model.input ?? { type: 'object', title: 'Input', properties: {} };
  const schema = { openapi: '3.0.2', components: { schemas: { Input: input, Output: output } } };
  return [model.version, ...(model.olderVersions ?? [])].map((id) => ({
    id,
    created_at: madeAt,
    cog_version: '0.16.0',
    openapi_schema: schema,
  }));
}
