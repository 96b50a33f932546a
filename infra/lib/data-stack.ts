import { CfnOutput, Duration, RemovalPolicy, SecretValue, Stack, type StackProps } from 'aws-cdk-lib';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as elasticache from 'aws-cdk-lib/aws-elasticache';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secrets from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { accept, acceptWildcards } from './accepted-findings.ts';
import type { Deployment } from './deployment.ts';
import { logBucket, mediaBucket, mediaBucketName } from './media-bucket.ts';
import type { NetworkStack } from './network-stack.ts';

interface DataProps extends StackProps {
  deployment: Deployment;
  network: NetworkStack;
}

/** The key pair of signed media links. */
export interface MediaSigner {
  publicKey: cloudfront.PublicKey;
  privateKey: secrets.Secret;
}

/** All that outlives a release: PostgreSQL, Valkey, the table, the media, the secrets and the images. */
export class DataStack extends Stack {
  readonly repository: ecr.Repository;
  readonly database: rds.DatabaseInstance;
  readonly cache: elasticache.CfnReplicationGroup;
  readonly table: dynamodb.TableV2;
  readonly logs: s3.Bucket;
  readonly media: s3.Bucket;
  /** Base of media URLs; undefined where they are S3's own signed ones. */
  readonly mediaBaseUrl: string | undefined;
  /** By what CloudFront tells signed links, and where their private key is; undefined where it signs none. */
  readonly mediaSigner: MediaSigner | undefined;
  /** `DATABASE_URL` and `REDIS_URL`, passwords included. */
  readonly connections: secrets.Secret;
  /** What an operator sets: `REPLICATE_API_TOKEN`, `REPLICATE_WEBHOOK_SECRET`, and an `ADMIN_API_KEY` made here. */
  readonly application: secrets.Secret;

  private readonly deployment: Deployment;
  private readonly network: NetworkStack;

  constructor(scope: Construct, id: string, { deployment, network, ...props }: DataProps) {
    super(scope, id, props);
    this.deployment = deployment;
    this.network = network;
    this.repository = this.makeRepository();
    this.database = this.makeDatabase();
    const token = this.makeSecret('CacheToken', { passwordLength: 64, excludePunctuation: true });
    this.cache = this.makeCache(token);
    this.table = this.makeTable();
    this.logs = logBucket(this);
    this.media = this.makeMedia();
    this.mediaSigner = this.makeSigner();
    const throughCdn = deployment.mediaUrls === 'public' || this.mediaSigner !== undefined;
    this.mediaBaseUrl = throughCdn ? this.makeDistribution() : undefined;
    this.connections = this.makeConnections(token);
    this.application = this.makeSecret('Application', {
      secretStringTemplate: JSON.stringify({ REPLICATE_API_TOKEN: '', REPLICATE_WEBHOOK_SECRET: '' }),
      generateStringKey: 'ADMIN_API_KEY',
      passwordLength: 40,
      excludePunctuation: true,
    });
    new CfnOutput(this, 'RepositoryUri', { value: this.repository.repositoryUri });
    new CfnOutput(this, 'ApplicationSecret', { value: this.application.secretName });
  }

  private get removalPolicy(): RemovalPolicy {
    return this.deployment.size.durable ? RemovalPolicy.RETAIN : RemovalPolicy.SNAPSHOT;
  }

  private makeRepository(): ecr.Repository {
    return new ecr.Repository(this, 'Images', {
      imageTagMutability: ecr.TagMutability.IMMUTABLE,
      imageScanOnPush: true,
      lifecycleRules: [{ maxImageCount: 50 }],
    });
  }

  private makeDatabase(): rds.DatabaseInstance {
    const { durable, databaseClass } = this.deployment.size;
    const engine = rds.DatabaseInstanceEngine.postgres({ version: rds.PostgresEngineVersion.of('17', '17') });
    const database = new rds.DatabaseInstance(this, 'Database', {
      engine,
      vpc: this.network.vpc,
      vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
      securityGroups: [this.network.database],
      instanceType: new ec2.InstanceType(databaseClass),
      databaseName: 'vsl',
      // Without punctuation the password can stand in a URL as it is.
      credentials: rds.Credentials.fromGeneratedSecret('vsl', {
        excludeCharacters: ' !"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
      }),
      parameterGroup: new rds.ParameterGroup(this, 'DatabaseParameters', {
        engine,
        parameters: { 'rds.force_ssl': '1' },
      }),
      allocatedStorage: 50,
      maxAllocatedStorage: 500,
      storageType: rds.StorageType.GP3,
      storageEncrypted: true,
      multiAz: durable,
      deletionProtection: durable,
      backupRetention: Duration.days(durable ? 14 : 3),
      copyTagsToSnapshot: true,
      enablePerformanceInsights: true,
      iamAuthentication: true,
      removalPolicy: this.removalPolicy,
    });
    accept(database, 'AwsSolutions-RDS11', 'AwsSolutions-SMG4');
    if (!durable) accept(database, 'AwsSolutions-RDS3', 'AwsSolutions-RDS10');
    return database;
  }

  /** Node-based, without cluster mode: BullMQ's scripts touch several keys, and serverless evicts. */
  private makeCache(token: secrets.Secret): elasticache.CfnReplicationGroup {
    const { durable, cacheNodeType } = this.deployment.size;
    const subnets = new elasticache.CfnSubnetGroup(this, 'CacheSubnets', {
      description: 'Valkey',
      subnetIds: this.network.vpc.isolatedSubnets.map(({ subnetId }) => subnetId),
    });
    const parameters = new elasticache.CfnParameterGroup(this, 'CacheParameters', {
      cacheParameterGroupFamily: 'valkey8',
      description: 'The queues live here: nothing may be evicted',
      properties: { 'maxmemory-policy': 'noeviction' },
    });
    const cache = new elasticache.CfnReplicationGroup(this, 'Cache', {
      replicationGroupDescription: 'Queues and status cache',
      engine: 'valkey',
      engineVersion: '8.0',
      cacheNodeType,
      numCacheClusters: durable ? 2 : 1,
      automaticFailoverEnabled: durable,
      multiAzEnabled: durable,
      cacheSubnetGroupName: subnets.ref,
      cacheParameterGroupName: parameters.ref,
      securityGroupIds: [this.network.cache.securityGroupId],
      transitEncryptionEnabled: true,
      atRestEncryptionEnabled: true,
      authToken: token.secretValue.unsafeUnwrap(),
      snapshotRetentionLimit: durable ? 7 : 1,
    });
    cache.applyRemovalPolicy(this.removalPolicy);
    accept(cache, 'AwsSolutions-AEC5');
    if (!durable) accept(cache, 'AwsSolutions-AEC4');
    return cache;
  }

  private makeTable(): dynamodb.TableV2 {
    const { secondRegion, size } = this.deployment;
    const attribute = (name: string, type = dynamodb.AttributeType.STRING) => ({ name, type });
    const timestamp = attribute('timestamp', dynamodb.AttributeType.NUMBER);
    return new dynamodb.TableV2(this, 'Jobs', {
      partitionKey: attribute('jobId'),
      sortKey: timestamp,
      globalSecondaryIndexes: [
        { indexName: 'UserIdIndex', partitionKey: attribute('userId'), sortKey: timestamp },
        { indexName: 'ReplicateIdIndex', partitionKey: attribute('replicateId') },
      ],
      billing: dynamodb.Billing.onDemand(),
      timeToLiveAttribute: 'ttl',
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      encryption: dynamodb.TableEncryptionV2.awsManagedKey(),
      deletionProtection: size.durable,
      replicas: secondRegion === undefined ? undefined : [{ region: secondRegion }],
      removalPolicy: size.durable ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
  }

  private makeMedia(): s3.Bucket {
    const { secondRegion } = this.deployment;
    const replicateTo =
      secondRegion === undefined
        ? undefined
        : s3.Bucket.fromBucketName(this, 'Replica', mediaBucketName(this.deployment, secondRegion));
    const media = mediaBucket(this, {
      name: mediaBucketName(this.deployment, this.region),
      logs: this.logs,
      replicateTo,
    });
    if (replicateTo) acceptWildcards(media, [media.arnForObjects('*'), replicateTo.arnForObjects('*')]);
    return media;
  }

  /** The operator puts the private key (PEM) into its secret: CloudFormation must not know it. */
  private makeSigner(): MediaSigner | undefined {
    const { mediaPublicKey } = this.deployment;
    if (mediaPublicKey === undefined) return undefined;
    const publicKey = new cloudfront.PublicKey(this, 'MediaPublicKey', { encodedKey: mediaPublicKey });
    const privateKey = this.makeSecret('MediaPrivateKey', {});
    new CfnOutput(this, 'MediaPrivateKeySecret', { value: privateKey.secretName });
    return { publicKey, privateKey };
  }

  private makeDistribution(): string {
    const { mediaSigner } = this;
    const trustedKeyGroups = mediaSigner && [
      new cloudfront.KeyGroup(this, 'MediaKeys', { items: [mediaSigner.publicKey] }),
    ];
    const distribution = new cloudfront.Distribution(this, 'MediaCdn', {
      defaultBehavior: {
        origin: S3BucketOrigin.withOriginAccessControl(this.media),
        viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        allowedMethods: cloudfront.AllowedMethods.ALLOW_GET_HEAD,
        responseHeadersPolicy: cloudfront.ResponseHeadersPolicy.CORS_ALLOW_ALL_ORIGINS,
        ...(trustedKeyGroups && { trustedKeyGroups }),
      },
      enableLogging: true,
      logBucket: this.logs,
      logFilePrefix: 'cdn/',
    });
    accept(distribution, 'AwsSolutions-CFR1', 'AwsSolutions-CFR2', 'AwsSolutions-CFR4');
    return `https://${distribution.distributionDomainName}`;
  }

  /** Whole URLs, because a task can be given a secret but not put one together. */
  private makeConnections(token: secrets.Secret): secrets.Secret {
    const password = this.database.secret!.secretValueFromJson('password').unsafeUnwrap();
    const { dbInstanceEndpointAddress: host, dbInstanceEndpointPort: port } = this.database;
    const cacheHost = this.cache.attrPrimaryEndPointAddress;
    const connections = new secrets.Secret(this, 'Connections', {
      secretObjectValue: {
        DATABASE_URL: SecretValue.unsafePlainText(
          `postgres://vsl:${password}@${host}:${port}/vsl?sslmode=verify-full`,
        ),
        REDIS_URL: SecretValue.unsafePlainText(
          `rediss://:${token.secretValue.unsafeUnwrap()}@${cacheHost}:${this.cache.attrPrimaryEndPointPort}`,
        ),
      },
    });
    accept(connections, 'AwsSolutions-SMG4');
    return connections;
  }

  private makeSecret(name: string, generateSecretString: secrets.SecretStringGenerator): secrets.Secret {
    const secret = new secrets.Secret(this, name, { generateSecretString });
    accept(secret, 'AwsSolutions-SMG4');
    return secret;
  }
}
