import { S3Error } from './errors.js';

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';
const PROLOG = '<?xml version="1.0" encoding="UTF-8"?>\n';
const MAX_DEPTH = 20;

/** One element to write: a value, or more elements; `undefined` leaves the element out. */
export type XmlField = readonly [name: string, content: string | number | boolean | XmlField[] | undefined];

/** One element that was read. `text` is the unescaped text directly inside it. */
export interface XmlElement {
  name: string;
  text: string;
  children: XmlElement[];
}

const ENTITY_OF: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Escapes text for an element. Control characters, which keys may hold, become numeric references. */
export function escapeXml(text: string): string {
  return text.replace(
    // eslint-disable-next-line no-control-regex -- control characters are what must be escaped
    /[&<>"\u0000-\u001f\u007f]/g,
    (character) => ENTITY_OF[character] ?? `&#x${character.charCodeAt(0).toString(16).toUpperCase()};`,
  );
}

function renderContent(content: NonNullable<XmlField[1]>): string {
  return Array.isArray(content) ? content.map(renderField).join('') : escapeXml(String(content));
}

function renderField([name, content]: XmlField): string {
  return content === undefined ? '' : `<${name}>${renderContent(content)}</${name}>`;
}

/** A whole reply document in S3's namespace. */
export function renderXml(root: string, content: NonNullable<XmlField[1]>): string {
  return `${PROLOG}<${root} xmlns="${NAMESPACE}">${renderContent(content)}</${root}>`;
}

/** An `Error` document, which S3 writes without a namespace. */
export function renderErrorXml(fields: XmlField[]): string {
  return `${PROLOG}${renderField(['Error', fields])}`;
}

const CHARACTER_OF: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Undoes XML escaping; an unknown entity or an impossible character reference is malformed. */
export function unescapeXml(text: string): string {
  return text.replace(/&([^;&\s]*);?/g, (reference, name: string) => {
    const number = /^#(?:x([0-9a-f]{1,6})|([0-9]{1,7}))$/i.exec(name);
    const codePoint = number ? parseInt(number[1] ?? number[2] ?? '', number[1] ? 16 : 10) : undefined;
    const character =
      codePoint === undefined
        ? CHARACTER_OF[name]
        : codePoint <= 0x10ffff
          ? String.fromCodePoint(codePoint)
          : undefined;
    if (character === undefined || !reference.endsWith(';')) throw malformed();
    return character;
  });
}

const malformed = () =>
  new S3Error('MalformedXML', 'The XML you provided was not well-formed or did not validate.');

const TOKEN =
  /<\?[\s\S]*?\?>|<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<(\/?)([A-Za-z_][\w.:-]*)((?:"[^"]*"|'[^']*'|[^"'<>])*?)(\/?)>|([^<]+)/y;

/**
 * Reads the small documents that S3 clients send. Attributes are dropped, prefixes are cut off, document types
 * (and so entity bombs) are refused.
 */
export function parseXml(source: string, rootName: string): XmlElement {
  const document: XmlElement = { name: '', text: '', children: [] };
  const open = [document];
  const text = source.replace(/^\uFEFF/, '');
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const token = TOKEN.exec(text);
    if (!token) throw malformed();
    addToken(open, token);
  }
  const [root, ...more] = document.children;
  if (
    open.length !== 1 ||
    !root ||
    more.length > 0 ||
    root.name !== rootName ||
    document.text.trim() !== ''
  ) {
    throw malformed();
  }
  return root;
}

function addToken(open: XmlElement[], [, cdata, closing, tag, , selfClosing, text]: RegExpExecArray): void {
  const current = open.at(-1);
  if (!current) throw malformed();
  if (cdata !== undefined) current.text += cdata;
  if (text !== undefined) current.text += unescapeXml(text);
  if (tag === undefined) return;
  const name = tag.slice(tag.indexOf(':') + 1);
  if (closing) {
    if (open.length < 2 || current.name !== name) throw malformed();
    open.pop();
    return;
  }
  const element: XmlElement = { name, text: '', children: [] };
  current.children.push(element);
  if (selfClosing) return;
  if (open.length > MAX_DEPTH) throw malformed();
  open.push(element);
}

/** The children of that name. */
export function childrenNamed(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter((child) => child.name === name);
}

/** The text of the first child of that name. */
export function childText(element: XmlElement, name: string): string | undefined {
  return childrenNamed(element, name)[0]?.text;
}
