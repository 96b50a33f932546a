import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { buildApp } from '../lib/build-app.ts';
import { deploymentFromContext } from '../lib/deployment.ts';

const CONTEXT: Record<string, string> = {
  stage: 'prod',
  imageTag: '0123abc',
  domainName: 'api.example.com',
  certificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/0',
};

/** The deployment that these changes to a usual context give. */
export const deployment = (changes: Record<string, string> = {}) => {
  const context = { ...CONTEXT, ...changes };
  return deploymentFromContext((name) => context[name]);
};

/** Synthesises a deployment under all rules, cdk-nag's included: throws when one is broken. */
export function synthesise(changes: Record<string, string> = {}) {
  const app = new App({
    context: {
      '@aws-cdk/core:validateAgainstDefaultRules': true,
      '@aws-cdk/core:defaultCrossStackReferences': 'strong',
    },
  });
  const stacks = buildApp(app, deployment(changes));
  app.synth();
  return {
    network: Template.fromStack(stacks.network),
    data: Template.fromStack(stacks.data),
    release: Template.fromStack(stacks.release),
    services: Template.fromStack(stacks.services),
    replica: stacks.replica && Template.fromStack(stacks.replica),
  };
}
