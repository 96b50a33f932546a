import { S3Error, notImplemented } from './errors.js';
import type { Storage } from './storage.js';
import { childrenNamed, childText, parseXml, type XmlElement } from './xml.js';

const DAY_MS = 24 * 3600 * 1000;

export interface LifecycleRule {
  prefix: string;
  expirationDays: number | undefined;
  abortIncompleteDays: number | undefined;
}

/** Reads a `LifecycleConfiguration`; of disabled rules only the form is checked. What could not be carried out is refused. */
export function parseLifecycle(xml: string): LifecycleRule[] {
  const elements = childrenNamed(parseXml(xml, 'LifecycleConfiguration'), 'Rule');
  if (elements.length === 0) throw new S3Error('MalformedXML', 'A lifecycle configuration needs a Rule.');
  return elements.flatMap((element) => {
    const rule = parseRule(element);
    return childText(element, 'Status') === 'Enabled' ? [rule] : [];
  });
}

function parseRule(element: XmlElement): LifecycleRule {
  refuseOthers(element, ['ID', 'Status', 'Prefix', 'Filter', 'Expiration', 'AbortIncompleteMultipartUpload']);
  if (!['Enabled', 'Disabled'].includes(childText(element, 'Status') ?? '')) {
    throw new S3Error('MalformedXML', 'The Status of a Rule must be Enabled or Disabled.');
  }
  const [filter] = childrenNamed(element, 'Filter');
  const [both] = filter ? childrenNamed(filter, 'And') : [];
  if (filter) refuseOthers(filter, ['Prefix', 'And']);
  if (both) refuseOthers(both, ['Prefix']);
  const prefix = [both, filter, element].map((place) => place && childText(place, 'Prefix'));
  return {
    prefix: prefix.find((text) => text !== undefined) ?? '',
    expirationDays: days(element, 'Expiration', 'Days'),
    abortIncompleteDays: days(element, 'AbortIncompleteMultipartUpload', 'DaysAfterInitiation'),
  };
}

function refuseOthers(element: XmlElement, supported: string[]): void {
  const other = element.children.find(({ name }) => !supported.includes(name));
  if (other) throw notImplemented(`${other.name} in a lifecycle rule`);
}

function days(rule: XmlElement, action: string, name: string): number | undefined {
  const [element] = childrenNamed(rule, action);
  if (!element) return undefined;
  refuseOthers(element, [name]);
  const text = childText(element, name)?.trim() ?? '';
  if (!/^[1-9]\d{0,5}$/.test(text)) {
    throw new S3Error('InvalidArgument', `'${name}' for ${action} must be a positive integer.`);
  }
  return Number(text);
}

/** When something of that age ends: the given number of days later, at the next midnight UTC, as S3 counts. */
export function expiryTime(since: string, afterDays: number): Date {
  return new Date(Math.ceil((Date.parse(since) + afterDays * DAY_MS) / DAY_MS) * DAY_MS);
}

/** What an execution of the rules removed. */
export interface LifecycleOutcome {
  expiredObjects: number;
  abortedUploads: number;
}

/** Carries out the rules of all buckets as of `now`. */
export function applyLifecycle(storage: Storage, now: Date): LifecycleOutcome {
  const outcome: LifecycleOutcome = { expiredObjects: 0, abortedUploads: 0 };
  const isOver = (since: string, afterDays: number | undefined) =>
    afterDays !== undefined && expiryTime(since, afterDays) <= now;
  for (const bucket of storage.list()) {
    const xml = bucket.record.documents.lifecycle;
    const rules = xml === undefined ? [] : parseLifecycle(xml);
    const matches = (key: string) => rules.filter(({ prefix }) => key.startsWith(prefix));
    for (const { key, lastModified } of rules.length > 0 ? [...bucket.objects.from('')] : []) {
      if (!matches(key).some((rule) => isOver(lastModified, rule.expirationDays))) continue;
      storage.bodies.remove(bucket.deleteObject(key));
      outcome.expiredObjects++;
    }
    for (const upload of [...bucket.uploads.values()]) {
      if (!matches(upload.key).some((rule) => isOver(upload.initiated, rule.abortIncompleteDays))) continue;
      storage.bodies.remove(bucket.deleteUpload(upload));
      outcome.abortedUploads++;
    }
  }
  return outcome;
}
