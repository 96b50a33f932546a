import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A model's registry entry as it was loaded; a changed entry is another row, so that old jobs can be explained. */
@Entity({ schema: 'replicate', name: 'model_configurations' })
export class ModelConfigurationEntity {
  @PrimaryColumn('text', { name: 'model_id' })
  modelId!: string;

  /** SHA-256 of the entry, hex. */
  @PrimaryColumn('text')
  fingerprint!: string;

  @Column('jsonb')
  configuration!: object;

  @Column({
    type: 'timestamptz',
    name: 'first_loaded_at',
    precision: 3,
    default: () => 'clock_timestamp()',
    insert: false,
  })
  firstLoadedAt!: Date;
}
