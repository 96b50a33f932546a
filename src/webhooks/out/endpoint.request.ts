import { invalidParameters, type Issue } from '../../errors.js';
import { bodyIssues } from '../../http/validate-body.js';
import type { Endpoint, EndpointChanges } from './endpoint.js';
import { CreateEndpointDto, PatchEndpointDto } from './endpoint.dto.js';
import { endpointUrlFault } from './endpoint-url.js';

/** What is asked of a new endpoint. */
export type EndpointDraft = Pick<Endpoint, 'url' | 'events' | 'userId'>;

/** Throws `invalid_parameters` with every fault; `privateHosts` as `endpointUrlFault` has them. */
export function readNewEndpoint(body: unknown, privateHosts: readonly string[]): EndpointDraft {
  const { url, events, userId } = read(CreateEndpointDto, body, privateHosts);
  return { url, events, userId: userId ?? null };
}

/** Throws `invalid_parameters` with every fault. */
export function readEndpointChanges(body: unknown, privateHosts: readonly string[]): EndpointChanges {
  const { url, events, enabled } = read(PatchEndpointDto, body, privateHosts);
  return {
    ...(url == null ? {} : { url }),
    ...(events == null ? {} : { events }),
    ...(enabled == null ? {} : { enabled }),
  };
}

function read<T extends object>(dto: new () => T, body: unknown, privateHosts: readonly string[]): T {
  const issues = bodyIssues(dto, body);
  if (!issues.some(({ path }) => path === 'url' || path === '')) {
    issues.push(...urlIssues((body as { url?: string | null }).url, privateHosts));
  }
  if (issues.length > 0) throw invalidParameters(issues);
  return body as T;
}

function urlIssues(url: string | null | undefined, privateHosts: readonly string[]): Issue[] {
  const fault = url == null ? undefined : endpointUrlFault(url, privateHosts);
  return fault === undefined ? [] : [{ path: 'url', message: `url ${fault}` }];
}
