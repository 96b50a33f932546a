import type { ModelKind } from './options.js';

export type MediaType = 'image' | 'video' | 'audio';

/** The part of JSON Schema that models' inputs use. */
export interface InputProperty {
  type?: string;
  enum?: (string | number)[];
  minimum?: number;
  maximum?: number;
  format?: string;
  default?: unknown;
  items?: InputProperty;
  maxItems?: number;
}

export interface InputSchema {
  required?: string[];
  properties: Record<string, InputProperty>;
}

/** A model as Replicate's side knows it. Without `input` its inputs are taken as they come. */
export interface Model {
  name: string;
  kind: ModelKind;
  version: string;
  olderVersions?: string[];
  media: MediaType;
  output: 'one' | 'many';
  /** Real time of a cold start and of a run. */
  seconds: { boot: number; run: number };
  description: string;
  /** Pixels by aspect ratio, where the model has a fixed table. */
  sizes?: Record<string, number[]>;
  /** Pixels when the input says nothing. */
  size?: number[];
  fps?: number;
  sound?: boolean;
  input?: InputSchema;
}
