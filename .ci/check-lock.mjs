// `npm install` leaves out optional packages that a registry did not serve, and then every `npm ci` fails.
// So each name in optionalDependencies must have an entry of its own in the lock file.
import { readFileSync } from 'node:fs';

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));

/** Whether a package found at `folder` would find `name`, in its own node_modules or in those above. */
function isLocked(folder, name) {
  if (packages[`${folder ? `${folder}/` : ''}node_modules/${name}`]) return true;
  if (folder === '') return false;
  const above = folder.lastIndexOf('/node_modules/');
  return isLocked(above === -1 ? '' : folder.slice(0, above), name);
}

const missing = Object.entries(packages).flatMap(([folder, { optionalDependencies = {} }]) =>
  Object.keys(optionalDependencies)
    .filter((name) => !isLocked(folder, name))
    .map((name) => `${folder || 'package.json'} names ${name}, which the lock file lacks`),
);
for (const fault of missing) console.error(`${fault}: pin the version before, see package.json's overrides`);
console.log(`${Object.keys(packages).length} locked packages, ${missing.length} missing`);
process.exit(missing.length === 0 ? 0 : 1);
