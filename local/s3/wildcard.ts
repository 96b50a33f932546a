/** Whether the text matches a pattern in which `*` stands for any characters and `?` for one. Linear, no backtracking blow-up. */
export function matchesWildcard(pattern: string, text: string): boolean {
  let position = 0;
  let patternPosition = 0;
  let star = -1;
  let starText = 0;
  while (position < text.length) {
    const token = pattern[patternPosition];
    if (token === '*') {
      star = patternPosition++;
      starText = position;
    } else if (token === '?' || token === text[position]) {
      patternPosition++;
      position++;
    } else if (star >= 0) {
      patternPosition = star + 1;
      position = ++starText;
    } else {
      return false;
    }
  }
  return /^\**$/.test(pattern.slice(patternPosition));
}
