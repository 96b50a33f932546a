import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { sees, type Caller } from '../access/caller.js';
import { AppError } from '../errors.js';
import { CharactersRepository } from './characters.repository.js';
import { readId } from './path-id.js';
import type { Character, Script, Take, WholeScript } from './script.js';
import { ScriptsRepository } from './scripts.repository.js';
import { TakesRepository } from './takes.repository.js';

/**
 * The one way from an id that a client sent to what it names; throws `not_found` for all else, what is another's among
 * it. Locking a script keeps
 * its sections and approvals, and the characters that they name, from changing until the transaction ends.
 */
@Injectable()
export class ScriptLookup {
  constructor(
    private readonly scripts: ScriptsRepository,
    private readonly characters: CharactersRepository,
    private readonly takes: TakesRepository,
  ) {}

  async script(
    manager: EntityManager,
    caller: Caller,
    id: string,
    lock: '' | 'FOR UPDATE' = '',
  ): Promise<Script> {
    const script = await this.scripts.find(manager, readId(id, 'script'), lock);
    return script && sees(caller, script.owner) ? script : missing('script', id);
  }

  async whole(
    manager: EntityManager,
    caller: Caller,
    id: string,
    lock: '' | 'FOR UPDATE' = '',
  ): Promise<WholeScript> {
    return this.complete(manager, await this.script(manager, caller, id, lock));
  }

  /** The script with its sections and their characters. */
  async complete(manager: EntityManager, script: Script): Promise<WholeScript> {
    const sections = await this.scripts.sections(manager, script.scriptId);
    const named = [...new Set(sections.flatMap(({ characterIds }) => characterIds))];
    return { script, sections, characters: await this.characters.findAll(manager, named, '') };
  }

  async character(
    manager: EntityManager,
    caller: Caller,
    id: string,
    lock: '' | 'FOR UPDATE' = '',
  ): Promise<Character> {
    const character = await this.characters.find(manager, readId(id, 'character'), lock);
    return character && sees(caller, character.owner) ? character : missing('character', id);
  }

  /** A take is its script's owner's. */
  async take(manager: EntityManager, caller: Caller, id: string): Promise<Take> {
    const take = await this.takes.find(manager, readId(id, 'take'));
    return take && sees(caller, take.owner) ? take : missing('take', id);
  }
}

function missing(kind: string, id: string): never {
  throw new AppError('not_found', `There is no ${kind} ${id}`);
}
