import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';
import type { Environment } from '../../support/app-process.js';

export interface MirrorItem {
  jobId: string;
  version: number;
  status: string;
}

/** Every item of the run's table. */
export async function readTable(env: Environment): Promise<MirrorItem[]> {
  const client = DynamoDBDocumentClient.from(
    new DynamoDBClient({ endpoint: env.DYNAMODB_ENDPOINT, region: env.AWS_REGION ?? 'us-east-1' }),
  );
  const items: MirrorItem[] = [];
  for await (const page of paginateScan({ client }, { TableName: env.DYNAMODB_TABLE, ConsistentRead: true }))
    items.push(...((page.Items ?? []) as MirrorItem[]));
  client.destroy();
  return items;
}
