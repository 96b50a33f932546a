import { prefersCsv, usageCsv } from '../../../src/money/usage-csv.js';

const item = (group: string | null) => ({
  ...{ group, jobs: 3, completed: 2, failed: 1 },
  ...{ estimatedCost: 0.009, actualCost: 0.006, seconds: 16.5 },
});

describe('the wish for CSV', () => {
  it.each([
    [undefined, false],
    ['*/*', false],
    ['application/json', false],
    ['text/csv', true],
    ['Text/CSV; header=present', true],
    ['text/*', true],
    ['text/csv;q=0.5, application/json', false],
    ['text/csv, application/json;q=0.9', true],
    ['text/csv;q=0, */*;q=0.1', false],
    ['text/html, */*;q=0.8', false],
    ['text/csv;q=x', false],
    ['', false],
  ])('of Accept %p is %p', (accept, wanted) => {
    expect(prefersCsv(accept)).toBe(wanted);
  });
});

describe('usage as CSV', () => {
  it('has a line of names and one for each group', () => {
    expect(usageCsv([item('2026-11-01'), item(null)])).toBe(
      'group,jobs,completed,failed,estimatedCost,actualCost,seconds\r\n' +
        '2026-11-01,3,2,1,0.009,0.006,16.5\r\n,3,2,1,0.009,0.006,16.5\r\n',
    );
  });

  it.each([
    ['a,b', '"a,b"'],
    ['say "hi"', '"say ""hi"""'],
    ['two\nlines', '"two\nlines"'],
    ['=1+1', "'=1+1"],
    ['-2', "'-2"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['+1,"x"', '"\'+1,""x"""'],
    ['plain-user@example.com', 'plain-user@example.com'],
  ])('writes the group %p as %s', (group, written) => {
    expect(
      usageCsv([item(group)])
        .split('\r\n')
        .slice(1)
        .join('\r\n'),
    ).toBe(`${written},3,2,1,0.009,0.006,16.5\r\n`);
  });
});
