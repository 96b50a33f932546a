import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { projectDir } from './built-tree.js';
import type { Environment } from './environment.js';

const NEEDED = ['version', 'estimatedTime', 'provider'];

/**
 * The model registry that the application will read, cut down to what tells the simulator which models exist: it
 * travels on a command line. Undefined when it cannot be read; the application says what is wrong with it.
 */
export function simulatorModels(env: Environment): object | undefined {
  try {
    const file = env.MODELS_CONFIG_FILE
      ? resolve(env.MODELS_CONFIG_FILE)
      : join(projectDir, 'config', 'models.json');
    const registry: unknown = JSON.parse(env.MODELS_CONFIG || readFileSync(file, 'utf8'));
    return mapValues(registry, (group) => mapValues(group, (entry) => pick(entry, NEEDED)));
  } catch {
    return undefined;
  }
}

function mapValues(value: unknown, change: (value: unknown) => unknown): object {
  return isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([key, part]) => [key, change(part)]))
    : {};
}

function pick(value: unknown, names: string[]): object {
  return isObject(value)
    ? Object.fromEntries(Object.entries(value).filter(([key]) => names.includes(key)))
    : {};
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
