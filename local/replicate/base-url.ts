import type { IncomingMessage } from 'node:http';

/** Scheme and host for URLs in answers: as configured, else as the caller addressed this server. */
export function baseUrlOf(
  { publicUrl }: { publicUrl: string | undefined },
  request: IncomingMessage,
): string {
  const { localAddress, localPort } = request.socket;
  return (publicUrl ?? `http://${request.headers.host ?? `${localAddress}:${localPort}`}`).replace(
    /\/+$/,
    '',
  );
}
