import { addressOf, isListedHost, isPublicAddress } from '../../egress/public-address.js';

const FORM = /^https?:\/\/[^\s\\]+$/i;
const HTTPS_PORT = 443;
/** Below it other services listen, which must not be spoken to in our name. */
const FIRST_FREE_PORT = 1024;

/**
 * What is wrong with an endpoint's URL, to follow "url "; undefined when nothing is. It must be https, on port 443 or one
 * from 1024 on, without user name and password; an address must be public. `privateHosts` are exempt from all but the
 * form. What a name stands for is checked when it is connected to.
 */
export function endpointUrlFault(text: string, privateHosts: readonly string[]): string | undefined {
  if (!FORM.test(text) || !URL.canParse(text)) return 'must be an https URL';
  const url = new URL(text);
  if (url.username || url.password) return 'must not carry a user name or password';
  if (url.hash) return 'must not have a fragment';
  if (isListedHost(privateHosts, url)) return undefined;
  if (url.protocol !== 'https:') return 'must be an https URL';
  const port = Number(url.port || HTTPS_PORT);
  if (port !== HTTPS_PORT && port < FIRST_FREE_PORT) {
    return `must be on port ${HTTPS_PORT} or one from ${FIRST_FREE_PORT} on`;
  }
  const address = addressOf(url);
  if (address !== undefined && !isPublicAddress(address)) return 'must be on a public address';
  return undefined;
}
