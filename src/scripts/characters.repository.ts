import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Character } from './script.js';
import type { PageOf } from './scripts.repository.js';

const COLUMNS = `
  character_id AS "characterId", owner, user_id AS "userId", name, description, reference_images AS "referenceImages", seed,
  created_at AS "createdAt", updated_at AS "updatedAt"`;

/** What is stored of a character. */
export type CharacterFacts = Omit<Character, 'createdAt' | 'updatedAt'>;

/** The SQL of characters. */
@Injectable()
export class CharactersRepository {
  async find(
    manager: EntityManager,
    characterId: string,
    lock: '' | 'FOR UPDATE',
  ): Promise<Character | undefined> {
    const text = `SELECT ${COLUMNS} FROM replicate.characters WHERE character_id = $1 ${lock}`;
    const [character] = await manager.query<Character[]>(text, [characterId]);
    return character;
  }

  /** Those of the ids that there are; `FOR SHARE` keeps them from changing until the transaction ends. */
  async findAll(
    manager: EntityManager,
    characterIds: string[],
    lock: '' | 'FOR SHARE',
  ): Promise<Map<string, Character>> {
    const text = `SELECT ${COLUMNS} FROM replicate.characters WHERE character_id = ANY($1) ORDER BY character_id ${lock}`;
    const found = await manager.query<Character[]>(text, [characterIds]);
    return new Map(found.map((character) => [character.characterId, character]));
  }

  /** Up to `limit` characters after the place, newest first. */
  list(manager: EntityManager, { owner, userId, after, limit }: PageOf): Promise<Character[]> {
    const text = `SELECT ${COLUMNS} FROM replicate.characters
      WHERE ($1::text IS NULL OR user_id = $1) AND ($5::text IS NULL OR owner = $5)
        AND ($2::timestamptz IS NULL OR (created_at, character_id) < ($2::timestamptz, $3::uuid))
      ORDER BY created_at DESC, character_id DESC LIMIT $4`;
    return manager.query<Character[]>(text, [
      userId ?? null,
      after?.createdAt ?? null,
      after?.id ?? null,
      limit,
      owner ?? null,
    ]);
  }

  async insert(manager: EntityManager, character: CharacterFacts): Promise<void> {
    await manager.query(
      `INSERT INTO replicate.characters (character_id, owner, user_id, name, description, reference_images, seed)
      VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [
        character.characterId,
        character.owner,
        character.userId,
        character.name,
        character.description,
        character.referenceImages,
        character.seed,
      ],
    );
  }

  async update(manager: EntityManager, character: CharacterFacts): Promise<void> {
    await manager.query(
      `UPDATE replicate.characters SET name = $2, description = $3, reference_images = $4, seed = $5,
        updated_at = clock_timestamp() WHERE character_id = $1`,
      [
        character.characterId,
        character.name,
        character.description,
        character.referenceImages,
        character.seed,
      ],
    );
  }

  async remove(manager: EntityManager, characterId: string): Promise<void> {
    await manager.query('DELETE FROM replicate.characters WHERE character_id = $1', [characterId]);
  }
}
