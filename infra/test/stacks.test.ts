import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { deployment, synthesise } from './synthesised.ts';

type Properties = Record<string, any>;

function all(template: Template, type: string): Properties[] {
  const found = Object.values(template.findResources(type)).map(({ Properties }) => Properties as Properties);
  assert.ok(found.length > 0, `there is no ${type}`);
  return found;
}

const prod = synthesise();

const mediaPublicKey = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .publicKey.export({ type: 'spki', format: 'pem' })
  .toString();

describe('Every stage', () => {
  for (const stage of ['dev', 'staging', 'homolog', 'prod']) {
    it(`synthesises ${stage} without a broken rule, media public or signed`, () => {
      assert.ok(synthesise({ stage }));
      assert.ok(synthesise({ stage, mediaUrls: 'signed' }));
    });
  }

  it('names every fault of its context at once', () => {
    const broken = {
      stage: 'test',
      imageTag: 'latest',
      domainName: 'nowhere',
      certificateArn: '',
      mediaUrls: 'x',
    };
    assert.throws(
      () => deployment({ ...broken, region: 'eu-west-1', secondRegion: 'eu-west-1' }),
      (error: Error) =>
        ['stage', 'imageTag', 'domainName', 'certificateArn', 'mediaUrls', 'secondRegion'].every((name) =>
          error.message.includes(name),
        ),
    );
  });
});

describe('Tasks', () => {
  const definitions = [prod.release, prod.services].flatMap((stack) =>
    all(stack, 'AWS::ECS::TaskDefinition'),
  );
  const containers = definitions.flatMap(({ ContainerDefinitions }) => ContainerDefinitions as Properties[]);

  it('are three: API, worker and migration, of one image by its tag', () => {
    assert.deepEqual(containers.map(({ Name }) => Name).sort(), ['api', 'migrate', 'worker']);
    const images = containers.map(({ Image }) => JSON.stringify(Image));
    assert.equal(new Set(images).size, 1);
    assert.match(images[0]!, /:0123abc"/);
  });

  it('run without root on a read-only root, with no capability, and stop within 120 s', () => {
    for (const {
      Name,
      User,
      ReadonlyRootFilesystem,
      LinuxParameters,
      StopTimeout,
      MountPoints,
    } of containers) {
      assert.equal(User, '1000:1000', Name);
      assert.equal(ReadonlyRootFilesystem, true, Name);
      assert.deepEqual(LinuxParameters.Capabilities.Drop, ['ALL'], Name);
      assert.ok(StopTimeout <= 120, Name);
      assert.deepEqual(
        MountPoints.map(({ ContainerPath }: Properties) => ContainerPath),
        ['/tmp'],
        Name,
      );
    }
  });

  it('get what is secret from Secrets Manager only', () => {
    for (const { Name, Environment = [], Secrets } of containers) {
      const plain = (Environment as Properties[]).map((variable) => variable.Name as string);
      assert.deepEqual(
        plain.filter((name) => /PASSWORD|SECRET|TOKEN|KEY|DATABASE_URL|REDIS_URL/.test(name)),
        [],
        Name,
      );
      assert.ok(
        (Secrets as Properties[]).some((secret) => secret.Name === 'DATABASE_URL'),
        Name,
      );
    }
  });

  it('have a health check where they serve', () => {
    for (const { Name, HealthCheck } of containers)
      assert.equal(HealthCheck !== undefined, Name !== 'migrate', Name);
  });

  it('may do named actions on named resources', () => {
    const policies = [prod.release, prod.services].flatMap((stack) => all(stack, 'AWS::IAM::Policy'));
    const statements = policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement as Properties[]);
    for (const { Action, Resource } of statements) {
      const actions = [Action].flat() as string[];
      assert.deepEqual(
        actions.filter((action) => action.includes('*')),
        [],
      );
      if (Resource === '*') assert.deepEqual(actions, ['ecr:GetAuthorizationToken']);
    }
    assert.equal(statements.filter(({ Action }) => Action === 's3:ListBucket').length, 2);
  });
});

describe('A release', () => {
  it('replaces nothing that another stack imports', () => {
    // A new image replaces the task definitions: their names change.
    for (const template of [prod.release, prod.services]) {
      const exported = JSON.stringify(
        Object.values(template.findOutputs('*')).filter(({ Export }) => Export !== undefined),
      );
      for (const id of Object.keys(template.findResources('AWS::ECS::TaskDefinition'))) {
        assert.equal(exported.includes(id), false, id);
      }
    }
  });
});

describe('Services', () => {
  it('roll back when a release does not become healthy', () => {
    const services = all(prod.services, 'AWS::ECS::Service');
    assert.equal(services.length, 2);
    for (const { DeploymentConfiguration } of services) {
      assert.deepEqual(DeploymentConfiguration.DeploymentCircuitBreaker, { Enable: true, Rollback: true });
      assert.equal(DeploymentConfiguration.MinimumHealthyPercent, 100);
    }
  });

  it('add workers by the backlog of each', () => {
    const policy = all(prod.services, 'AWS::ApplicationAutoScaling::ScalingPolicy').find(({ PolicyName }) =>
      String(PolicyName).endsWith('backlog-per-task'),
    );
    const { Metrics } = policy!.TargetTrackingScalingPolicyConfiguration.CustomizedMetricSpecification;
    assert.deepEqual(
      Metrics.map(({ Id, ReturnData }: Properties) => [Id, ReturnData]),
      [
        ['backlog', false],
        ['running', false],
        ['perTask', true],
      ],
    );
  });

  it('answer over TLS, and redirect what is not', () => {
    const listeners = all(prod.services, 'AWS::ElasticLoadBalancingV2::Listener');
    const byPort = Object.fromEntries(listeners.map((listener) => [listener.Port, listener]));
    assert.equal(byPort[443]?.Protocol, 'HTTPS');
    assert.equal(byPort[80]?.DefaultActions[0].Type, 'redirect');
    prod.services.hasResourceProperties('AWS::ElasticLoadBalancingV2::TargetGroup', {
      HealthCheckPath: '/health/ready',
    });
  });

  it('tell one topic of every alarm', () => {
    const alarms = all(prod.services, 'AWS::CloudWatch::Alarm').filter(
      ({ AlarmActions }) => AlarmActions?.length > 0,
    );
    assert.equal(alarms.length, 17);
    const watched = alarms.map(({ MetricName }) => MetricName as string);
    for (const name of ['OldestJobAge', 'DeadLetters', 'QueueBacklog'])
      assert.ok(watched.includes(name), name);
    prod.services.resourceCountIs('AWS::CloudWatch::Dashboard', 1);
  });
});

describe('Log queries', () => {
  it('are saved for each stage, over the logs of API and worker', () => {
    const queries = all(prod.services, 'AWS::Logs::QueryDefinition');
    assert.ok(queries.length >= 7);
    for (const { Name, LogGroupNames } of queries) {
      assert.match(Name, /^vsl-media-prod\//);
      assert.equal(LogGroupNames.length, 2);
    }
    assert.ok(queries.some(({ QueryString }) => /filter jobId = "JOB"/.test(QueryString)));
  });
});

describe('Data', () => {
  it('expires temporary files, archives media, and keeps the bucket closed', () => {
    const media = all(prod.data, 'AWS::S3::Bucket').find(({ CorsConfiguration }) => CorsConfiguration)!;
    const rules = media.LifecycleConfiguration.Rules as Properties[];
    assert.equal(rules.find(({ Prefix }) => Prefix === 'temp/')?.ExpirationInDays, 1);
    for (const folder of ['image/', 'video/', 'audio/', 'compiled/']) {
      const [transition] = rules.find(({ Prefix }) => Prefix === folder)?.Transitions ?? [];
      assert.deepEqual(transition, { StorageClass: 'GLACIER_IR', TransitionInDays: 90 });
    }
    for (const bucket of all(prod.data, 'AWS::S3::Bucket')) {
      assert.deepEqual(new Set(Object.values(bucket.PublicAccessBlockConfiguration)), new Set([true]));
      const [encryption] = bucket.BucketEncryption.ServerSideEncryptionConfiguration;
      assert.equal(encryption.ServerSideEncryptionByDefault.SSEAlgorithm, 'AES256');
    }
  });

  it('has the table of the contract', () => {
    prod.data.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: 'jobId', KeyType: 'HASH' },
        { AttributeName: 'timestamp', KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: [
        Match.objectLike({ IndexName: 'UserIdIndex' }),
        Match.objectLike({ IndexName: 'ReplicateIdIndex' }),
      ],
      TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
      Replicas: [
        Match.objectLike({ PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }),
      ],
    });
  });

  it('keeps the queues from being evicted, and encrypts what travels', () => {
    prod.data.hasResourceProperties('AWS::ElastiCache::ParameterGroup', {
      Properties: { 'maxmemory-policy': 'noeviction' },
    });
    prod.data.hasResourceProperties('AWS::ElastiCache::ReplicationGroup', { TransitEncryptionEnabled: true });
    prod.data.hasResourceProperties('AWS::RDS::DBParameterGroup', { Parameters: { 'rds.force_ssl': '1' } });
  });

  it('protects the database of production', () => {
    prod.data.hasResource('AWS::RDS::DBInstance', {
      DeletionPolicy: 'Retain',
      Properties: {
        DeletionProtection: true,
        MultiAZ: true,
        StorageEncrypted: true,
        PubliclyAccessible: false,
      },
    });
  });

  it('shows public media through CloudFront, and media that S3 signs for not at all', () => {
    prod.data.resourceCountIs('AWS::CloudFront::Distribution', 1);
    prod.data.resourceCountIs('AWS::CloudFront::KeyGroup', 0);
    synthesise({ mediaUrls: 'signed' }).data.resourceCountIs('AWS::CloudFront::Distribution', 0);
  });

  it('shows media only to holders of links signed with the private key, where a public one is given', () => {
    const { data, services } = synthesise({ mediaUrls: 'signed', mediaPublicKey });
    const [distribution] = all(data, 'AWS::CloudFront::Distribution');
    const [group] = Object.keys(data.findResources('AWS::CloudFront::KeyGroup'));
    assert.deepEqual(distribution!.DistributionConfig.DefaultCacheBehavior.TrustedKeyGroups, [
      { Ref: group },
    ]);
    const containers = all(services, 'AWS::ECS::TaskDefinition').flatMap(
      ({ ContainerDefinitions }) => ContainerDefinitions as Properties[],
    );
    for (const { Environment, Secrets } of containers) {
      assert.ok(Environment.some(({ Name }: Properties) => Name === 'CLOUDFRONT_KEY_PAIR_ID'));
      assert.ok(Environment.some(({ Name }: Properties) => Name === 'S3_PUBLIC_BASE_URL'));
      assert.ok(Secrets.some(({ Name }: Properties) => Name === 'CLOUDFRONT_PRIVATE_KEY'));
    }
    assert.throws(() => synthesise({ mediaPublicKey }), /mediaPublicKey/);
  });

  it('is copied to a second region where one is named', () => {
    const { data, replica } = synthesise({ secondRegion: 'us-west-2' });
    const [table] = all(data, 'AWS::DynamoDB::GlobalTable');
    assert.deepEqual(table!.Replicas.map(({ Region }: Properties) => Region).sort(), [
      'us-east-1',
      'us-west-2',
    ]);
    const media = all(data, 'AWS::S3::Bucket').find(({ CorsConfiguration }) => CorsConfiguration)!;
    assert.equal(media.ReplicationConfiguration.Rules[0].Status, 'Enabled');
    assert.ok(replica);
    assert.equal(prod.replica, undefined);
  });
});

describe('Logs', () => {
  it('are kept for 30 days', () => {
    for (const template of [prod.network, prod.release, prod.services]) {
      for (const { RetentionInDays } of all(template, 'AWS::Logs::LogGroup'))
        assert.equal(RetentionInDays, 30);
    }
  });
});
