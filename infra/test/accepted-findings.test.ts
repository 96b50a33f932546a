import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { App, Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { REASONS } from '../lib/accepted-findings.ts';

it('fails the synthesis when a rule is broken without a reason', () => {
  const app = new App();
  new Bucket(new Stack(app, 'Open'), 'Bucket');
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  assert.throws(() => app.synth());
});

it('holds no reason that nothing needs', () => {
  const folder = join(import.meta.dirname, '..', 'lib');
  const sources = readdirSync(folder)
    .filter((name) => name !== 'accepted-findings.ts')
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
  assert.deepEqual(
    Object.keys(REASONS).filter((id) => !sources.includes(`'${id}'`)),
    [],
  );
});
