/** What stands before `/{key}` in the URLs of a bucket. */
export function bucketUrl(bucket: string, region: string, endpoint: string | undefined): string {
  return endpoint
    ? `${endpoint.replace(/\/+$/, '')}/${bucket}`
    : `https://${bucket}.s3.${region}.amazonaws.com`;
}

/** Each segment percent-encoded as SigV4 does, so that a public URL and a signed one name the object alike. */
export function encodeKey(key: string): string {
  const encoded = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  return key
    .split('/')
    .map((segment) => encodeURIComponent(segment).replace(/[!'()*]/g, encoded))
    .join('/');
}
