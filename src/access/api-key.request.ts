import { invalidParameters, type Issue } from '../errors.js';
import { bodyIssues } from '../http/validate-body.js';
import { CreateApiKeyDto } from './api-key.dto.js';
import type { NewApiKey } from './api-keys.repository.js';

/** What a new key is to be. */
export type ApiKeyWish = Pick<
  NewApiKey,
  'name' | 'scopes' | 'userId' | 'rateLimitPerHour' | 'monthlyBudget' | 'expiresAt'
>;

/** Throws `invalid_parameters` with every fault. */
export function readNewApiKey(body: unknown): ApiKeyWish {
  const faults = bodyIssues(CreateApiKeyDto, body);
  const issues = faults.length > 0 ? faults : pastIssues(body as CreateApiKeyDto);
  if (issues.length > 0) throw invalidParameters(issues);
  const { name, scopes, userId, rateLimitPerHour, monthlyBudget, expiresAt } = body as CreateApiKeyDto;
  return {
    name,
    scopes,
    userId: userId ?? null,
    rateLimitPerHour: rateLimitPerHour ?? null,
    monthlyBudget: monthlyBudget == null ? null : monthlyBudget.toFixed(6),
    expiresAt: expiresAt == null ? null : new Date(expiresAt),
  };
}

function pastIssues({ expiresAt }: CreateApiKeyDto): Issue[] {
  if (expiresAt == null || Date.parse(expiresAt) > Date.now()) return [];
  return [{ path: 'expiresAt', message: 'expiresAt must be a time to come' }];
}
