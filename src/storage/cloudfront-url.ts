import { getSignedUrl } from '@aws-sdk/cloudfront-signer';

/** A key pair whose public half CloudFront trusts. */
export interface CloudFrontSigner {
  keyPairId: string;
  /** PEM. */
  privateKey: string;
}

/** The URL with a signature by which CloudFront serves it for so many seconds. */
export function signForCloudFront(url: string, signer: CloudFrontSigner, seconds: number): string {
  return getSignedUrl({ url, ...signer, dateLessThan: new Date(Date.now() + seconds * 1_000) });
}
