import { IsOptional } from 'class-validator';
import { IsText } from '../../../src/http/is-text.js';
import { bodyIssues } from '../../../src/http/validate-body.js';

class Titled {
  @IsText(1, 4)
  title!: string;

  @IsOptional()
  @IsText(0, 4)
  note?: string;
}

const faults = (body: object) => bodyIssues(Titled, body).map(({ path }) => path);

describe('text', () => {
  it.each(['a', ' a', 'four', '🎬🎬🎬🎬'])(
    'may be %j: characters are counted, not units of UTF-16',
    (title) => {
      expect(faults({ title, note: title })).toEqual([]);
    },
  );

  it.each(['fives', '🎬🎬🎬🎬🎬', 'a\0', '\ud800', 5, ['a']])('is not %j', (title) => {
    expect(faults({ title, note: title })).toEqual(['title', 'note']);
  });

  it.each(['', ' \n\u00a0\ufeff'])('such as %j is nothing where something must be said', (title) => {
    expect(faults({ title, note: title })).toEqual(['title']);
  });
});
