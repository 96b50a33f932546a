import {
  CreateTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  ResourceInUseException,
  ResourceNotFoundException,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
  type CreateTableCommandInput,
} from '@aws-sdk/client-dynamodb';

const TTL_ATTRIBUTE = 'ttl';
const READY_TIMEOUT_SECONDS = 60;

/**
 * Makes the table that mirrors job status, with its indexes and its time to live, unless it is there. Running it
 * again changes nothing.
 */
export async function ensureTable(client: DynamoDBClient, table: string): Promise<void> {
  if (!(await exists(client, table))) await create(client, table);
  await waitUntilTableExists(
    { client, maxWaitTime: READY_TIMEOUT_SECONDS, minDelay: 1 },
    { TableName: table },
  );
  await expireItems(client, table);
}

function definition(table: string): CreateTableCommandInput {
  const hash = (name: string) => ({ AttributeName: name, KeyType: 'HASH' as const });
  const range = (name: string) => ({ AttributeName: name, KeyType: 'RANGE' as const });
  const Projection = { ProjectionType: 'ALL' as const };
  return {
    TableName: table,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      { AttributeName: 'jobId', AttributeType: 'S' },
      { AttributeName: 'timestamp', AttributeType: 'N' },
      { AttributeName: 'userId', AttributeType: 'S' },
      { AttributeName: 'replicateId', AttributeType: 'S' },
    ],
    KeySchema: [hash('jobId'), range('timestamp')],
    GlobalSecondaryIndexes: [
      { IndexName: 'UserIdIndex', KeySchema: [hash('userId'), range('timestamp')], Projection },
      { IndexName: 'ReplicateIdIndex', KeySchema: [hash('replicateId')], Projection },
    ],
  };
}

async function exists(client: DynamoDBClient, table: string): Promise<boolean> {
  try {
    await client.send(new DescribeTableCommand({ TableName: table }));
    return true;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return false;
    throw error;
  }
}

async function create(client: DynamoDBClient, table: string): Promise<void> {
  try {
    await client.send(new CreateTableCommand(definition(table)));
  } catch (error) {
    // Another bootstrap was quicker.
    if (!(error instanceof ResourceInUseException)) throw error;
  }
}

async function expireItems(client: DynamoDBClient, table: string): Promise<void> {
  const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName: table }));
  if (TimeToLiveDescription?.TimeToLiveStatus?.startsWith('ENABL')) return;
  try {
    await client.send(
      new UpdateTimeToLiveCommand({
        TableName: table,
        TimeToLiveSpecification: { AttributeName: TTL_ATTRIBUTE, Enabled: true },
      }),
    );
  } catch (error) {
    // Emulators such as dynalite know no time to live; readers pass over expired items anyway.
    if ((error as Error).name !== 'UnknownOperationException') throw error;
  }
}
