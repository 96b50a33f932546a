import { RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { accept } from './accepted-findings.ts';
import type { Deployment } from './deployment.ts';

/** Endpoints that keep traffic to AWS off the internet, beside the free ones of S3 and DynamoDB. */
const INTERFACE_ENDPOINTS = {
  EcrApi: ec2.InterfaceVpcEndpointAwsService.ECR,
  EcrDocker: ec2.InterfaceVpcEndpointAwsService.ECR_DOCKER,
  Logs: ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
  Secrets: ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
};

/** Two availability zones: public for the load balancer, private for the tasks, isolated for the data. */
export class NetworkStack extends Stack {
  readonly vpc: ec2.Vpc;
  /** Of the load balancer; it stands here because its rules and the tasks’ name each other. */
  readonly balancer: ec2.SecurityGroup;
  readonly tasks: ec2.SecurityGroup;
  readonly database: ec2.SecurityGroup;
  readonly cache: ec2.SecurityGroup;

  constructor(
    scope: Construct,
    id: string,
    { deployment, ...props }: StackProps & { deployment: Deployment },
  ) {
    super(scope, id, props);
    this.vpc = new ec2.Vpc(this, 'Vpc', {
      maxAzs: 2,
      natGateways: deployment.size.natGateways,
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [
        { name: 'public', subnetType: ec2.SubnetType.PUBLIC, cidrMask: 24, mapPublicIpOnLaunch: false },
        { name: 'tasks', subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 22 },
        { name: 'data', subnetType: ec2.SubnetType.PRIVATE_ISOLATED, cidrMask: 24 },
      ],
      gatewayEndpoints: {
        S3: { service: ec2.GatewayVpcEndpointAwsService.S3 },
        DynamoDb: { service: ec2.GatewayVpcEndpointAwsService.DYNAMODB },
      },
      flowLogs: {
        Rejected: {
          trafficType: ec2.FlowLogTrafficType.REJECT,
          destination: ec2.FlowLogDestination.toCloudWatchLogs(
            new logs.LogGroup(this, 'FlowLogs', {
              retention: logs.RetentionDays.ONE_MONTH,
              removalPolicy: RemovalPolicy.DESTROY,
            }),
          ),
        },
      },
    });
    for (const [name, service] of Object.entries(INTERFACE_ENDPOINTS)) {
      accept(this.vpc.addInterfaceEndpoint(name, { service }), 'AwsSolutions-EC23');
    }
    this.balancer = this.group('Balancer', 'The public side of the API');
    accept(this.balancer, 'AwsSolutions-EC23');
    this.tasks = this.group('Tasks', 'API, worker and migration');
    this.database = this.group('Database', 'PostgreSQL');
    this.cache = this.group('Cache', 'Valkey');
    this.database.addIngressRule(this.tasks, ec2.Port.tcp(5432), 'PostgreSQL from the tasks');
    this.cache.addIngressRule(this.tasks, ec2.Port.tcp(6379), 'Valkey from the tasks');
  }

  private group(name: string, description: string): ec2.SecurityGroup {
    const allowAllOutbound = name === 'Tasks';
    return new ec2.SecurityGroup(this, `${name}Group`, { vpc: this.vpc, description, allowAllOutbound });
  }
}
