const STAGES = ['dev', 'staging', 'homolog', 'prod'] as const;
export type StageName = (typeof STAGES)[number];

/** How large a stage is and what it survives. */
export interface StageSize {
  natGateways: number;
  /** A standby of PostgreSQL and of Valkey in the second availability zone; no data is deleted with its stack. */
  durable: boolean;
  databaseClass: string;
  cacheNodeType: string;
  api: { min: number; max: number };
  worker: { min: number; max: number };
}

const SIZES: Record<StageName, StageSize> = {
  dev: size(1, false, 't4g.small', 'cache.t4g.micro', { min: 1, max: 2 }, { min: 1, max: 4 }),
  staging: size(1, false, 't4g.small', 'cache.t4g.micro', { min: 2, max: 4 }, { min: 1, max: 6 }),
  homolog: size(1, true, 't4g.medium', 'cache.t4g.small', { min: 2, max: 4 }, { min: 2, max: 8 }),
  prod: size(2, true, 'm7g.large', 'cache.m7g.large', { min: 2, max: 12 }, { min: 2, max: 40 }),
};

function size(
  natGateways: number,
  durable: boolean,
  databaseClass: string,
  cacheNodeType: string,
  api: StageSize['api'],
  worker: StageSize['worker'],
): StageSize {
  return { natGateways, durable, databaseClass, cacheNodeType, api, worker };
}

/** What one deployment is made of. */
export interface Deployment {
  stage: StageName;
  size: StageSize;
  region: string;
  /** Region that holds a second copy of table and media; none when absent. */
  secondRegion: string | undefined;
  /** Tag of the image to run: the commit it was built from. */
  imageTag: string;
  /** Name of the API, and the certificate for it in the same region. */
  domainName: string;
  certificateArn: string;
  /** `public`: through CloudFront for everybody; `signed`: links that work for an hour. */
  mediaUrls: 'public' | 'signed';
  /** Public key (PEM) by which CloudFront tells signed links; without it they are S3's own. */
  mediaPublicKey: string | undefined;
  /** Who hears of alarms; nobody when absent. */
  alarmEmail: string | undefined;
}

/** Reads a deployment from context (`cdk -c stage=dev -c imageTag=…`); throws one Error that names every fault. */
export function deploymentFromContext(read: (name: string) => string | undefined): Deployment {
  const faults: string[] = [];
  const required = (name: string, pattern: RegExp): string => {
    const value = read(name) ?? '';
    if (!pattern.test(value)) faults.push(`${name} must match ${pattern.source}, got "${value}"`);
    return value;
  };
  const stage = required('stage', new RegExp(`^(${STAGES.join('|')})$`)) as StageName;
  const imageTag = required('imageTag', /^(?!latest$)[\w.-]{1,128}$/);
  const domainName = required('domainName', /^[a-z0-9-]+(\.[a-z0-9-]+)+$/);
  const certificateArn = required('certificateArn', /^arn:aws[\w-]*:acm:[\w-]+:\d{12}:certificate\/[\w-]+$/);
  const region = read('region') ?? 'us-east-1';
  const secondRegion = read('secondRegion') || undefined;
  if (secondRegion === region) faults.push('secondRegion must differ from region');
  const mediaUrls = read('mediaUrls') ?? 'public';
  if (mediaUrls !== 'public' && mediaUrls !== 'signed') faults.push('mediaUrls must be public or signed');
  const mediaPublicKey = read('mediaPublicKey')?.trim() || undefined;
  if (mediaPublicKey !== undefined && mediaUrls !== 'signed')
    faults.push('mediaPublicKey goes with mediaUrls=signed');
  if (mediaPublicKey !== undefined && !/^-----BEGIN PUBLIC KEY-----\n/.test(mediaPublicKey))
    faults.push('mediaPublicKey must be a public key in PEM');
  if (faults.length > 0) throw new Error(`The deployment has faults:\n- ${faults.join('\n- ')}`);
  return {
    stage,
    size: SIZES[stage],
    region,
    secondRegion,
    imageTag,
    domainName,
    certificateArn,
    mediaUrls: mediaUrls as Deployment['mediaUrls'],
    mediaPublicKey,
    alarmEmail: read('alarmEmail') || undefined,
  };
}
