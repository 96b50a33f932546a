import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Secrets that the embedded services and the application share; worth nothing outside this data folder. */
export interface LocalCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  replicateToken: string;
  /** In Standard Webhooks' form: `whsec_` and base64. */
  webhookSecret: string;
}

/** Reads the folder's credentials, or makes them the first time. */
export function localCredentials(dataDir: string): LocalCredentials {
  const file = join(dataDir, 'credentials.json');
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as LocalCredentials;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const made = makeCredentials();
  writeFileSync(file, JSON.stringify(made, null, 2), { mode: 0o600 });
  return made;
}

function makeCredentials(): LocalCredentials {
  return {
    accessKeyId: `LOCAL${randomBytes(8).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString('base64url'),
    replicateToken: `r8_local_${randomBytes(15).toString('hex')}`,
    webhookSecret: `whsec_${randomBytes(32).toString('base64')}`,
  };
}
