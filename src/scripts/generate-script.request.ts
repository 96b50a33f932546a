import { invalidParameters } from '../errors.js';
import { bodyIssues } from '../http/validate-body.js';
import type { Verdict } from './approval.service.js';
import { EstimateScriptsDto, GenerateScriptDto } from './generate-script.dto.js';
import type { BatchWish } from './script-generation.service.js';
import { ReviewDto } from './take.dto.js';

/** The wish of a body, which may be left out; throws `invalid_parameters` with every fault. */
export function readBatchWish(body: unknown): BatchWish {
  const { sectionIds, takes } = read(GenerateScriptDto, orEmpty(body));
  return { sectionIds: sectionIds?.map((id) => id.toLowerCase()), takes: takes ?? 1 };
}

export function readScriptIds(body: unknown): string[] {
  return read(EstimateScriptsDto, body).scriptIds.map((id) => id.toLowerCase());
}

export function readVerdict(approval: Verdict['approval'], body: unknown): Verdict {
  return { approval, comment: read(ReviewDto, orEmpty(body)).comment ?? undefined };
}

/** The body, or one that says nothing where there is none; null is a body, and none that can be read. */
function orEmpty(body: unknown): unknown {
  return body === undefined ? {} : body;
}

function read<T extends object>(dto: new () => T, body: unknown): T {
  const issues = bodyIssues(dto, body);
  if (issues.length > 0) throw invalidParameters(issues);
  return body as T;
}
