import type { UsageItemDto } from './usage.dto.js';

const COLUMNS = ['group', 'jobs', 'completed', 'failed', 'estimatedCost', 'actualCost', 'seconds'] as const;

/** Whether an `Accept` header (RFC 9110) asks for CSV rather than JSON. */
export function prefersCsv(accept: string | undefined): boolean {
  return weightOf(accept ?? '', 'text/csv') > weightOf(accept ?? '*/*', 'application/json');
}

/** How much a media type is wanted, from 0 to 1: what names it most exactly decides. */
function weightOf(accept: string, type: string): number {
  const ranges = new Map(accept.split(',').map(readRange));
  const family = `${type.split('/')[0]}/*`;
  return ranges.get(type) ?? ranges.get(family) ?? ranges.get('*/*') ?? 0;
}

function readRange(range: string): [type: string, weight: number] {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  return [type, weight === undefined ? 1 : Number(weight) || 0];
}

/** The items as CSV (RFC 4180) with a line of names first. */
export function usageCsv(items: UsageItemDto[]): string {
  const lines = items.map((item) => COLUMNS.map((column) => cell(item[column])));
  return [COLUMNS, ...lines].map((line) => `${line.join(',')}\r\n`).join('');
}

/** A text that a spreadsheet would take for a formula gets an apostrophe before it, which spreadsheets do not show. */
function cell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const harmless = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
