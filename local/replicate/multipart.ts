/** One field of a `multipart/form-data` body. */
export interface FormPart {
  content: Buffer;
  contentType: string | undefined;
}

/** Fields by name (the last of each); empty when the body is no form. `contentType` is the request's header. */
export function readForm(body: Buffer, contentType: string): Map<string, FormPart> {
  const [, quoted, plain] = /boundary=(?:"([^"]+)"|([^;]+))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  return new Map(boundary === undefined ? [] : sections(body, `--${boundary.trim()}`).flatMap(readPart));
}

function sections(body: Buffer, delimiter: string): Buffer[] {
  const found: Buffer[] = [];
  let from = body.indexOf(delimiter);
  while (from !== -1) {
    const to = body.indexOf(`\r\n${delimiter}`, from + delimiter.length);
    if (to !== -1) found.push(body.subarray(from + delimiter.length + 2, to));
    from = to === -1 ? -1 : to + 2;
  }
  return found;
}

function readPart(section: Buffer): [string, FormPart][] {
  const headEnd = section.indexOf('\r\n\r\n');
  const head = section.subarray(0, Math.max(0, headEnd)).toString('utf8');
  const name = /;\s*name="([^"]*)"/i.exec(head)?.[1];
  if (headEnd === -1 || name === undefined) return [];
  const contentType = /^content-type:\s*(\S+)/im.exec(head)?.[1];
  return [[name, { content: section.subarray(headEnd + 4), contentType }]];
}
