import type { Clip } from './clip.js';
import type { CompileOptions } from './compile-options.js';
import type { BedSource } from './film-inputs.js';
import type { CompiledFilm } from './compiler.js';
import type { CompilePlan } from './plan.js';

/**
 * Where a compilation stands. A pending one may be worked on by several attempts, all of them `processing`; the last
 * three are final, which PostgreSQL enforces.
 */
export type CompilationState = 'pending' | 'processing' | 'completed' | 'failed' | 'canceled';

export function isOver(state: CompilationState): boolean {
  return state === 'completed' || state === 'failed' || state === 'canceled';
}

/** Why a compilation failed. `message` is fit for clients, `detail` for the operator only. */
export interface CompilationError {
  code: string;
  message: string;
  detail?: string;
}

/** A compilation as PostgreSQL keeps it. Its inputs are those of its request, whatever became of the script since. */
export interface Compilation {
  compilationId: string;
  scriptId: string;
  /** The script's. */
  owner: string | null;
  userId: string;
  state: CompilationState;
  version: number;
  percent: number;
  attempt: number;
  options: CompileOptions;
  clips: Clip[];
  bed: BedSource | null;
  plan: CompilePlan;
  film: CompiledFilm | null;
  error: CompilationError | null;
  createdAt: Date;
  updatedAt: Date;
  startedAt: Date | null;
  completedAt: Date | null;
}

/** What is stored when a compilation is accepted. */
export type NewCompilation = Pick<
  Compilation,
  'compilationId' | 'scriptId' | 'owner' | 'userId' | 'options' | 'clips' | 'bed' | 'plan'
>;
