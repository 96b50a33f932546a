import { Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Every finding of cdk-nag that stands, and why. */
export const REASONS = {
  'AwsSolutions-EC23': 'The rule cannot read the VPC’s own address range, which alone may reach an endpoint.',
  'AwsSolutions-SMG4':
    'Tasks read secrets at their start: rotation is a deployment step (docs/deployment.md), since one by itself would cut running tasks off.',
  'AwsSolutions-RDS3':
    'Only stages that are durable pay for a standby; the others can be restored from a backup.',
  'AwsSolutions-RDS10':
    'Stages that are not durable are made and removed at will; the durable ones are protected.',
  'AwsSolutions-RDS11':
    'The database is reached only from the tasks’ security group: another port would hide nothing.',
  'AwsSolutions-AEC5':
    'Valkey is reached only from the tasks’ security group: another port would hide nothing.',
  'AwsSolutions-AEC4':
    'Only stages that are durable pay for a second node; the others lose queues, which are made anew.',
  'AwsSolutions-S1': 'This bucket takes the access logs; a log of it would log itself.',
  'AwsSolutions-ECS2': 'Variables hold addresses and names only; what is secret comes from Secrets Manager.',
  'AwsSolutions-CFR1': 'Media may be looked at from every country.',
  'AwsSolutions-CFR2':
    'Static files of a bucket, GET and HEAD only: there is nothing for a firewall to filter.',
  'AwsSolutions-CFR4': 'CloudFront’s own name and certificate are used, whose minimum is not ours to set.',
} as const;

const WILDCARD_REASON =
  'The star stands for what cannot be named beforehand: objects of the media bucket and its copy, or it belongs to an action that takes no resource.';

/** Lets the findings stand on this construct and below it, each with its reason. */
export function accept(construct: IConstruct, ...ids: (keyof typeof REASONS)[]): void {
  for (const id of ids) Validations.of(construct).acknowledge({ id, reason: REASONS[id] });
}

/** Lets a role's policy name these resources that hold a star. */
export function acceptWildcards(construct: IConstruct, resources: string[]): void {
  for (const resource of Stack.of(construct).resolve(resources) as unknown[]) {
    const id = `AwsSolutions-IAM5[Resource::${asText(resource)}]`;
    Validations.of(construct).acknowledge({ id, reason: WILDCARD_REASON });
  }
}

/** A resolved value as the rules write it, references in angle brackets. */
function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  const { Ref, 'Fn::Join': join, 'Fn::GetAtt': attribute } = value as Record<string, never>;
  if (join) return (join as [string, unknown[]])[1].map(asText).join((join as [string])[0]);
  return attribute ? `<${(attribute as string[]).join('.')}>` : `<${String(Ref)}>`;
}
