import { renderXml, type XmlField } from './xml.js';

/** What an operation answers. Text bodies get their length; a stream must bring `content-length` itself. */
export interface S3Reply {
  status: number;
  headers?: Record<string, string>;
  body?: string | AsyncIterable<Uint8Array>;
  /** Called once the reply was sent or given up. */
  release?: () => void;
}

export function emptyReply(status: number, headers: Record<string, string> = {}): S3Reply {
  return { status, headers };
}

export function xmlReply(
  root: string,
  content: XmlField[] | string,
  headers: Record<string, string> = {},
): S3Reply {
  return documentReply(renderXml(root, content), headers);
}

/** A ready XML document. */
export function documentReply(body: string, headers: Record<string, string> = {}): S3Reply {
  return { status: 200, headers: { 'content-type': 'application/xml', ...headers }, body };
}
