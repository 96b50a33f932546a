import { type App, Tags, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { DataStack } from './data-stack.ts';
import type { Deployment } from './deployment.ts';
import { NetworkStack } from './network-stack.ts';
import { ReleaseStack } from './release-stack.ts';
import { ReplicaStack } from './replica-stack.ts';
import { ServicesStack } from './services-stack.ts';

/** The stacks in the order of their deployment; between Release and Services the migration runs. */
export function buildApp(app: App, deployment: Deployment) {
  const { stage, region, secondRegion, size } = deployment;
  const name = (part: string) => `VslMedia-${stage}-${part}`;
  const props = { env: { region }, deployment };
  const replica =
    secondRegion === undefined
      ? undefined
      : new ReplicaStack(app, name('Replica'), { env: { region: secondRegion }, deployment });
  const network = new NetworkStack(app, name('Network'), props);
  const data = new DataStack(app, name('Data'), { ...props, network, terminationProtection: size.durable });
  if (replica) data.addStackDependency(replica);
  const release = new ReleaseStack(app, name('Release'), { ...props, network, data });
  const services = new ServicesStack(app, name('Services'), { ...props, network, data, release });
  Tags.of(app).add('service', 'vsl-media');
  Tags.of(app).add('stage', stage);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return { network, data, release, services, replica };
}
