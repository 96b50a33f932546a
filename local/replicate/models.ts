import catalogue from './models.json' with { type: 'json' };
import type { Model } from './model.js';
import type { Settings } from './options.js';
import { readRegistry } from './registry-models.js';

const versionHash = /^[0-9a-f]{64}$/;

/** The models of models.json and those that only the registry names; looked up as Replicate does. */
export class ModelCatalogue {
  #byName = new Map<string, Model>();
  #byVersion = new Map<string, Model>();

  constructor(
    registry: unknown,
    private readonly settings: () => Settings,
  ) {
    for (const model of catalogue.models as unknown as Model[]) this.#add(model);
    for (const model of readRegistry(registry)) this.#add(this.#known(model));
  }

  all(): Model[] {
    return [...this.#byName.values()];
  }

  byName(name: string): Model | undefined {
    return this.#byName.get(name);
  }

  isOfficial(model: Model): boolean {
    return (this.settings().kinds[model.name] ?? model.kind) === 'official';
  }

  /** `version` of a create: `owner/name` (official only), `owner/name:hash`, or a version alone. */
  byVersion(version: string): Model | undefined {
    const named = this.#byName.get(version);
    if (named) return this.isOfficial(named) ? named : undefined;
    const [name, hash] = version.split(':');
    if (hash === undefined) return this.#byVersion.get(version);
    const model = this.#byVersion.get(hash);
    return model?.name === name ? model : undefined;
  }

  /** A registry entry for a model of the catalogue adds only its version. */
  #known(model: Model): Model {
    const known = this.#byName.get(model.name);
    if (!known) return model;
    return versionHash.test(model.version)
      ? { ...known, olderVersions: [...(known.olderVersions ?? []), model.version] }
      : known;
  }

  #add(model: Model): void {
    this.#byName.set(model.name, model);
    for (const version of [model.version, ...(model.olderVersions ?? [])])
      this.#byVersion.set(version, model);
  }
}
