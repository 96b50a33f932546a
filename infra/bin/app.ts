import { App } from 'aws-cdk-lib';
import { buildApp } from '../lib/build-app.ts';
import { deploymentFromContext } from '../lib/deployment.ts';

const app = new App();
buildApp(
  app,
  deploymentFromContext((name) => app.node.tryGetContext(name) as string | undefined),
);
app.synth();
