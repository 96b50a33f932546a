import type { JobResult, JobState } from '../jobs/job.js';
import type { Values } from '../models/model.js';

/** What holds for every section that does not say otherwise. */
export interface ScriptDefaults {
  modelId?: string;
  parameters: Values;
}

/** A film in the making; its sections stand apart. */
export interface Script {
  scriptId: string;
  /** Whose it is besides the admins': `key:{keyId}` or `user:{sub}`; whose its jobs and films are too. */
  owner: string | null;
  userId: string;
  title: string;
  seed: number | null;
  defaults: ScriptDefaults;
  /** Rises with every change of the script or its sections. */
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

/** One scene, as its author wrote it: what is null comes from the script's defaults, or is left out. */
export interface Section {
  sectionId: string;
  title: string | null;
  narration: string | null;
  prompt: string | null;
  mediaType: 'video' | 'image';
  modelId: string | null;
  parameters: Values;
  characterIds: string[];
}

/** A section as it arrives: what it makes may be left to its model. */
export type WrittenSection = Omit<Section, 'mediaType'> & { mediaType: Section['mediaType'] | null };

/** A person or thing that several scenes show. */
export interface Character {
  characterId: string;
  /** Whose it is besides the admins'. */
  owner: string | null;
  userId: string;
  name: string;
  description: string;
  /** https URLs. */
  referenceImages: string[];
  seed: number | null;
  createdAt: Date;
  updatedAt: Date;
}

export type Approval = 'pending' | 'approved' | 'rejected';

/** One generation of a section, with what its job has come to. */
export interface Take {
  videoId: string;
  /** The owner of its script. */
  owner: string | null;
  scriptId: string;
  sectionId: string;
  jobId: string;
  /** From 1, in the order in which the section's takes were made. */
  take: number;
  /** Of what it was made of; the take is stale when its section's has become another. */
  inputHash: string;
  approval: Approval;
  comment: string | null;
  reviewedAt: Date | null;
  createdAt: Date;
  state: JobState;
  jobVersion: number;
  /** When its job or its approval last changed. */
  changedAt: Date;
  /** That its job was given; null where the model picks one. */
  seed: number | null;
  result: JobResult | null;
}

/** A script with its sections in order and the characters that they name. */
export interface WholeScript {
  script: Script;
  sections: Section[];
  characters: ReadonlyMap<string, Character>;
}
