import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One stored output file of a job. */
@Entity({ schema: 'replicate', name: 'media_outputs' })
export class MediaOutputEntity {
  @PrimaryColumn('uuid', { name: 'job_id' })
  jobId!: string;

  /** From 0. */
  @PrimaryColumn('integer', { name: 'output_index' })
  outputIndex!: number;

  @Column('text', { name: 'object_key', unique: true })
  objectKey!: string;

  /** Bytes. */
  @Column('bigint', { name: 'file_size' })
  fileSize!: number;

  @Column('text', { name: 'content_type' })
  contentType!: string;

  /** Hex. */
  @Column('text')
  sha256!: string;

  @Column('integer', { nullable: true })
  width!: number | null;

  @Column('integer', { nullable: true })
  height!: number | null;

  @Column('double precision', { name: 'duration_seconds', nullable: true })
  durationSeconds!: number | null;

  @Column('text', { name: 'thumbnail_key', nullable: true })
  thumbnailKey!: string | null;

  @Column('text', { name: 'preview_key', nullable: true })
  previewKey!: string | null;

  @Column('text', { name: 'waveform_key', nullable: true })
  waveformKey!: string | null;

  /** The streams as probed at ingest: what a compilation is planned from. None for images. */
  @Column('jsonb', { nullable: true })
  signature!: object | null;

  @Column({
    type: 'timestamptz',
    name: 'created_at',
    precision: 3,
    default: () => 'clock_timestamp()',
    insert: false,
  })
  createdAt!: Date;
}
