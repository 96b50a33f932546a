import 'reflect-metadata';
import { readSettings, SettingsError, type ModelsConfig, type Settings } from './config/settings.js';
import { planCrash } from './crash-points.js';
import { Logger } from './logging/logger.js';
import { loadRegistry, RegistryError } from './models/registry.js';

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
  if (error instanceof SettingsError && error.modelsConfig?.text) tellRegistryFaults(error.modelsConfig);
  process.exit(1);
}

/** With the faults of the variables, so that nobody mends those first to learn of these. */
function tellRegistryFaults({ text, source }: ModelsConfig): void {
  try {
    loadRegistry(text, source);
  } catch (error) {
    if (error instanceof RegistryError) console.error(error.message);
  }
}
