import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';

/** An OpenID Connect issuer on this machine. */
export interface TokenIssuer {
  url: string;
  /** How often its keys were fetched. */
  fetches(): number;
  /** Signs with the newest key; `claims` on top of a token that is valid for five minutes. */
  sign(claims?: Record<string, unknown>, key?: CryptoKey): Promise<string>;
  /** From now on signs with another key; those before are withdrawn. */
  rotate(): Promise<void>;
  close(): void;
}

export const AUDIENCE = 'vsl-clients';

export async function startTokenIssuer(): Promise<TokenIssuer> {
  let fetched = 0;
  let turn = 0;
  let pair = await generateKeyPair('RS256');
  const server = createServer((request, response) => {
    void answer(request.url ?? '').then((body) => {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const answer = async (path: string) => {
    if (path === '/.well-known/openid-configuration') return { issuer: url, jwks_uri: `${url}/keys` };
    fetched += 1;
    return { keys: [{ ...(await exportJWK(pair.publicKey)), kid: `key-${turn}`, alg: 'RS256', use: 'sig' }] };
  };
  return {
    url,
    fetches: () => fetched,
    sign: (claims = {}, key = pair.privateKey) =>
      new SignJWT({ iss: url, aud: AUDIENCE, sub: 'subject-1', ...claims })
        .setProtectedHeader({ alg: 'RS256', kid: `key-${turn}` })
        .setExpirationTime(claims.exp === undefined ? '5m' : (claims.exp as number))
        .sign(key),
    rotate: async () => {
      turn += 1;
      pair = await generateKeyPair('RS256');
    },
    close: () => void server.close(),
  };
}
