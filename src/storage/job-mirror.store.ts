import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  DescribeTableCommand,
} from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { OnApplicationShutdown } from '@nestjs/common';
import type { StatusSnapshot } from './status-cache.store.js';

/** What the table holds about one job; `timestamp` is the job's creation (ms), so there is one item a job. */
export interface JobMirrorItem {
  jobId: string;
  timestamp: number;
  version: number;
  /** Who may see it besides admins. */
  owner: string | null;
  userId: string;
  mediaType: string;
  modelId: string;
  status: string;
  replicateId?: string;
  updatedAt: string;
  final: boolean;
  /** The status body as JSON. */
  body: string;
}

type StoredItem = Omit<JobMirrorItem, 'owner'> & { owner?: string | null; ttl: number };

interface JobMirrorChoices {
  table: string;
  region: string;
  endpoint: string | undefined;
}

const TTL_SECONDS = 30 * 24 * 3600;

/** A reader passes on to PostgreSQL after this time; a write, which nobody waits for, may take longer. */
const READ_TIMEOUT_MS = 500;
const REQUEST_TIMEOUT_MS = 5_000;

/** The DynamoDB mirror of job status. A write never replaces a newer version; items expire 30 days after creation. */
export class JobMirror implements OnApplicationShutdown {
  private readonly client: DynamoDBDocumentClient;
  private readonly table: string;

  constructor({ table, region, endpoint }: JobMirrorChoices) {
    this.table = table;
    this.client = DynamoDBDocumentClient.from(
      new DynamoDBClient({
        region,
        endpoint,
        maxAttempts: 1,
        requestHandler: {
          connectionTimeout: REQUEST_TIMEOUT_MS,
          requestTimeout: REQUEST_TIMEOUT_MS,
          throwOnRequestTimeout: true,
        },
      }),
      { marshallOptions: { removeUndefinedValues: true } },
    );
  }

  onApplicationShutdown(): void {
    this.client.destroy();
  }

  /** Stores the item unless the table already holds this version or a newer one; gives up after `timeoutMs`. */
  async put(item: JobMirrorItem, timeoutMs = REQUEST_TIMEOUT_MS): Promise<void> {
    const ttl = Math.floor(item.timestamp / 1000) + TTL_SECONDS;
    try {
      await this.client.send(
        new PutCommand({
          TableName: this.table,
          Item: { ...item, ttl },
          ConditionExpression: 'attribute_not_exists(#version) OR #version < :version',
          ExpressionAttributeNames: { '#version': 'version' },
          ExpressionAttributeValues: { ':version': item.version },
        }),
        { abortSignal: AbortSignal.timeout(timeoutMs) },
      );
    } catch (error) {
      // Refused means that someone newer was there: the mirror is as it should be.
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }

  /**
   * The job's newest snapshot, or undefined; expired items, which AWS deletes late, count as absent, and so do those
   * of a version that told no owner.
   */
  async get(jobId: string): Promise<StatusSnapshot | undefined> {
    const { Items } = await this.client.send(
      new QueryCommand({
        TableName: this.table,
        KeyConditionExpression: 'jobId = :jobId',
        ExpressionAttributeValues: { ':jobId': jobId },
        ScanIndexForward: false,
        Limit: 1,
        ConsistentRead: true,
      }),
      { abortSignal: AbortSignal.timeout(READ_TIMEOUT_MS) },
    );
    const item = Items?.[0] as StoredItem | undefined;
    if (!item || item.ttl <= Date.now() / 1000 || item.owner === undefined) return undefined;
    const { version, owner, final, body } = item;
    return { version, owner, final, body: Buffer.from(body) };
  }

  /** Resolves when the table can be described. */
  async ping(): Promise<void> {
    await this.client.send(new DescribeTableCommand({ TableName: this.table }));
  }
}
