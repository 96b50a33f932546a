// Looks through every file that is, or could be, committed for real tokens, keys, passwords and private hosts.
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';

const MAX_BYTES = 5_000_000;

/** Published examples that tests may hold: each is printed in its vendor's own documentation. */
const PUBLIC_VECTORS = [
  'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', // Standard Webhooks
  'AKIAIOSFODNN7EXAMPLE', // AWS Signature Version 4
  'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', // AWS Signature Version 4
];

/** Hosts with a private ending that stand for every machine of their kind. */
const PUBLIC_HOSTS = ['metadata.google.internal', 'host.docker.internal'];

const PATTERNS = [
  ['Replicate token', /\br8_[A-Za-z0-9]{30,}/g],
  ['webhook signing secret', /\bwhsec_[A-Za-z0-9+/]{24,}={0,2}/g],
  ['AWS access key', /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g],
  ['AWS secret key', /secret_?access_?key["']?\s*[:=]\s*["']?[A-Za-z0-9/+]{40}\b/gi],
  ['GitHub token', /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,})/g],
  ['npm token', /\bnpm_[A-Za-z0-9]{36}\b/g],
  ['npm credentials', /^\s*\/\/[^\s]*:(?:_authToken|_auth|_password)\s*=\s*(?!\$\{).+/gm],
  ['Slack token', /\bxox[abeprs]-[A-Za-z0-9-]{20,}/g],
  ['Google key', /\bAIza[A-Za-z0-9_-]{35}\b/g],
  ['API key', /\bsk[-_](?:live_)?[A-Za-z0-9_-]{32,}/g],
  ['private key', /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/=\s]{64,}/g],
  ['JSON web token', /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}/g],
  [
    'password of a reachable server',
    /\b(?:postgres(?:ql)?|rediss?|amqps?|mongodb)(?:\+\w+)?:\/\/[^\s:@/$<{]*:[^\s:@/$<{]+@(?!127\.|0\.0\.0\.0)[\w-]+\.[\w.-]*(?<!\.(?:example|test|invalid)|example\.(?:com|org|net))(?![\w.-])/gi,
  ],
  ['private host', /\bhttps?:\/\/[\w.-]+\.(?:internal|intranet|corp|lan)\b/gi],
  ['package registry', /"resolved": "https?:\/\/(?!registry\.npmjs\.org\/)[^"]+"|^\s*registry\s*=.+/gm],
];

function committable() {
  const args = ['-c', 'safe.directory=*', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const listed = execFileSync('git', args, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  return [...new Set(listed.split('\0'))].filter(
    (path) => path && statSync(path, { throwIfNoEntry: false })?.isFile(),
  );
}

function isPublic(match) {
  return [...PUBLIC_VECTORS, ...PUBLIC_HOSTS].some((known) => match.endsWith(known));
}

/** Faults of one text, each with its line; what was found is not printed. */
function secretsIn(path, text) {
  return PATTERNS.flatMap(([kind, pattern]) =>
    [...text.matchAll(pattern)]
      .filter(([match]) => !isPublic(match))
      .map(({ index }) => `${path}:${text.slice(0, index).split('\n').length}: looks like a real ${kind}`),
  );
}

function faultsOf(path) {
  if (/(^|\/)\.env(?!\.example$)(\.|$)/.test(path)) return [`${path}: environment files are not committed`];
  const bytes = readFileSync(path);
  if (bytes.length > MAX_BYTES) return [`${path}: too large to look through (${bytes.length} bytes)`];
  return bytes.includes(0) ? [] : secretsIn(path, bytes.toString('utf8'));
}

const paths = committable();
const faults = paths.flatMap(faultsOf);
for (const fault of faults) console.error(fault);
console.log(`${paths.length} files looked through, ${faults.length} faults`);
process.exit(paths.length > 0 && faults.length === 0 ? 0 : 1);
