import fc from 'fast-check';

import {
  childrenNamed,
  childText,
  escapeXml,
  parseXml,
  renderXml,
  unescapeXml,
} from '../../../local/s3/xml.js';

describe('XML', () => {
  it('gives back every text it has escaped', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => unescapeXml(escapeXml(text)) === text));
  });

  it('leaves nothing that could be taken for markup', () => {
    expect(escapeXml('<a b="c">&\r\n\u0000')).toBe('&lt;a b=&quot;c&quot;&gt;&amp;&#xD;&#xA;&#x0;');
  });

  it('reads what it writes', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (keys) => {
        const xml = renderXml(
          'Delete',
          keys.map((key) => ['Object', [['Key', key]]]),
        );
        const objects = childrenNamed(parseXml(xml, 'Delete'), 'Object');
        expect(objects.map((object) => childText(object, 'Key'))).toEqual(keys);
      }),
    );
  });

  it('reads prologs, comments, attributes, prefixes, CDATA and empty elements', () => {
    const xml = `\uFEFF<?xml version="1.0"?><!-- c --><s:Rule xmlns:s="a>b"><s:Prefix/><ID><![CDATA[<&]]>&#x41;&#66;</ID></s:Rule>`;
    const rule = parseXml(xml, 'Rule');
    expect(childText(rule, 'Prefix')).toBe('');
    expect(childText(rule, 'ID')).toBe('<&AB');
  });

  it.each([
    ['nothing', ''],
    ['text', 'Delete'],
    ['another root', '<Other/>'],
    ['two roots', '<Delete/><Delete/>'],
    ['an open element', '<Delete><Object></Delete>'],
    ['an unclosed root', '<Delete>'],
    ['a stray end', '</Delete>'],
    ['text after the root', '<Delete/>x'],
    ['a document type', '<!DOCTYPE Delete [<!ENTITY a "b">]><Delete>&a;</Delete>'],
    ['an unknown entity', '<Delete>&nbsp;</Delete>'],
    ['a bare ampersand', '<Delete>a & b</Delete>'],
    ['an impossible character', '<Delete>&#x110000;</Delete>'],
    ['endless nesting', '<Delete>'.repeat(1000)],
  ])('refuses %s', (_, xml) => {
    expect(() => parseXml(xml, 'Delete')).toThrow(expect.objectContaining({ code: 'MalformedXML' }));
  });
});
