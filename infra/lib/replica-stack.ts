import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Deployment } from './deployment.ts';
import { logBucket, mediaBucket, mediaBucketName } from './media-bucket.ts';

/** The second region's copy of the media; that of the table belongs to the table itself. */
export class ReplicaStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    { deployment, ...props }: StackProps & { deployment: Deployment },
  ) {
    super(scope, id, props);
    mediaBucket(this, { name: mediaBucketName(deployment, this.region), logs: logBucket(this) });
  }
}
