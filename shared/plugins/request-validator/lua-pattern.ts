/** Patterns of Kong's own schemas are Lua's. This writes one as an RE2 expression, which runs in linear time. */

const CLASSES: ReadonlyMap<string, string> = new Map([
  ['a', 'A-Za-z'], ['c', String.raw`\x00-\x1f\x7f`], ['d', '0-9'], ['g', String.raw`\x21-\x7e`], ['l', 'a-z'], ['p', String.raw`!-/:-@\[-\x60{-~`],
  ['s', String.raw`\t-\r `], ['u', 'A-Z'], ['w', '0-9A-Za-z'], ['x', '0-9A-Fa-f'],
]);

/** Undefined for what RE2 has no words for: `%b()`, `%f[set]`, back references. */
export function luaPatternToRe2(pattern: string): string | undefined {
  let at = pattern.startsWith('^') ? 1 : 0;
  let expression = at === 1 ? '^' : '';
  while (at < pattern.length) {
    const character = pattern[at] ?? '';
    if (character === '$' && at === pattern.length - 1) return `${expression}$`;
    if (character === '(' || character === ')') {
      expression += character;
      at += 1;
      continue;
    }
    const single = character === '[' ? readSet(pattern, at) : readSingle(pattern, at);
    if (single === undefined) return undefined;
    at = single.end;
    const repeat = pattern[at] ?? '';
    if ('*+?-'.includes(repeat) && repeat !== '') {
      expression += single.text + (repeat === '-' ? '*?' : repeat);
      at += 1;
    } else expression += single.text;
  }
  return expression;
}

interface Single {
  readonly text: string;
  readonly end: number;
}

function readSingle(pattern: string, at: number): Single | undefined {
  const character = pattern[at] ?? '';
  if (character === '.') return { text: '(?s:.)', end: at + 1 };
  if (character !== '%') return { text: quoted(character), end: at + 1 };
  const escaped = pattern[at + 1];
  if (escaped === undefined || /[0-9bf]/.test(escaped)) return undefined;
  const members = CLASSES.get(escaped.toLowerCase());
  if (members === undefined) return { text: quoted(escaped), end: at + 2 };
  return { text: escaped === escaped.toLowerCase() ? `[${members}]` : `[^${members}]`, end: at + 2 };
}

function readSet(pattern: string, from: number): Single | undefined {
  let at = from + 1;
  let text = '[';
  if (pattern[at] === '^') {
    text += '^';
    at += 1;
  }
  for (let isFirst = true; isFirst || pattern[at] !== ']'; isFirst = false) {
    const character = pattern[at];
    if (character === undefined) return undefined;
    if (character === '%') {
      const escaped = pattern[at + 1] ?? '';
      const members = CLASSES.get(escaped);
      if (escaped === '' || (members === undefined && /[A-Za-z0-9]/.test(escaped))) return undefined;
      text += members ?? quoted(escaped);
      at += 2;
    } else {
      text += character === '-' && !isFirst && pattern[at + 1] !== ']' ? '-' : quoted(character);
      at += 1;
    }
  }
  return { text: `${text}]`, end: at + 1 };
}

function quoted(character: string): string {
  return /[A-Za-z0-9\u0080-\uffff]/.test(character) ? character : `\\x{${character.charCodeAt(0).toString(16)}}`;
}
