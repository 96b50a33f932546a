import 'reflect-metadata';
import { readSettings, SettingsError, type Settings } from './config/settings.js';
import { planCrash } from './crash-points.js';
import { Logger } from './logging/logger.js';
import { RegistryError } from './models/registry.js';

/**
 * Runs a role of the product. A wrong set-up (variables, model registry) is told in plain words on standard error,
 * every fault at once, and ends the process with 1.
 */
export async function startProcess(
  role: (settings: Settings, logger: Logger) => Promise<void>,
): Promise<void> {
  try {
    const settings = readSettings();
    planCrash(settings.plannedCrash);
    await role(settings, new Logger(settings.logLevel));
  } catch (error) {
    endWithFault(error);
  }
}

/** Prints why the process cannot go on and ends it with 1. */
export function endWithFault(error: unknown): never {
  const ownWords = error instanceof SettingsError || error instanceof RegistryError;
  console.error(ownWords ? error.message : error);
  process.exit(1);
}
