import { Injectable } from '@nestjs/common';
import type { Caller } from '../access/caller.js';
import { ModelRegistry } from '../models/registry.js';
import { Database } from '../storage/database.js';
import { currentHashes } from './plan-scenes.js';
import type { Take } from './script.js';
import { ScriptLookup } from './script-lookup.js';
import type { Position } from './scripts.repository.js';
import { TakesRepository } from './takes.repository.js';

/** Takes, and the hashes by which those that are stale are told. */
export interface SeenTakes {
  takes: Take[];
  hashes: ReadonlyMap<string, string>;
}

/** Reads the takes of a script. */
@Injectable()
export class ScriptVideos {
  constructor(
    private readonly database: Database,
    private readonly lookup: ScriptLookup,
    private readonly takes: TakesRepository,
    private readonly registry: ModelRegistry,
  ) {}

  /** All of them, oldest first. */
  all(caller: Caller, scriptId: string): Promise<SeenTakes> {
    return this.database.transaction(async (manager) => {
      const whole = await this.lookup.whole(manager, caller, scriptId);
      const takes = await this.takes.ofScript(manager, whole.script.scriptId);
      return { takes, hashes: currentHashes(this.registry, whole) };
    });
  }

  /** Up to `limit` of them after the place, newest first. */
  page(caller: Caller, scriptId: string, after: Position | undefined, limit: number): Promise<SeenTakes> {
    return this.database.transaction(async (manager) => {
      const whole = await this.lookup.whole(manager, caller, scriptId);
      const takes = await this.takes.page(manager, whole.script.scriptId, after, limit);
      return { takes, hashes: currentHashes(this.registry, whole) };
    });
  }
}
