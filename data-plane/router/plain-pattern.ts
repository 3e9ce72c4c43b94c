/**
 * Reads the plain regular expressions that routes mostly have, for path-pattern.ts: what is certain of every match, and whether
 * the JavaScript engine may run it. It may where the pattern is a run of single characters and classes with quantifiers, in
 * groups that are not repeated, such that backtracking costs linear time: a repeated class either has no character in common
 * with what may follow it, so that giving one back fails at once, or it is the only variable part left, so that each length
 * is tried once. Anything else (alternatives, nested repetition, lookaround, unusual syntax) is undefined: for RE2 to judge.
 */
export interface ReadPattern {
  /** For a RegExp with the `y` flag, without groups; undefined where the JavaScript engine may not run it. */
  readonly source: string | undefined;
  /** Undefined where the pattern is none that this file reads. */
  readonly skeleton: Skeleton | undefined;
}

/**
 * Text that every match of a pattern has: the first part at the start of the path, each further one, which begins with `/`, at
 * the next `/` after the one before it. What the path tree needs to tell patterns apart without trying them.
 */
export type Skeleton = readonly string[];

/** Which of the 256 latin1 characters an atom takes; paths have no others. */
type CharacterSet = Uint8Array;

interface Atom {
  readonly set: CharacterSet;
  /** The code of the one character in a set of one; -1 for any other set. */
  readonly sole: number;
  readonly min: number;
  readonly max: number;
  readonly lazy: boolean;
}

/** RE2's own bound on counted repetition. */
const MAX_REPEAT = 1_000;
/** Bounds what is tried again after each character that an overlapping repetition gives back. */
const MAX_TAIL = 64;
/** A group, repeated or not, that can match nothing with a `/`. Not behind a `\`, which would make its parenthesis a character. */
const ALTERNATIVES = /(?<!\\)\((?:\?:|\?P?<[A-Za-z_]\w*>)?[\w-]*(?:\|[\w-]*)+\)(?:[*+?]\??)?/g;
const SLASH = 0x2f;
/** More tell no routes apart, and a search calls itself for each (R5). */
export const MAX_PARTS = 64;
const GROUP_START = /\((?:\?:|\?P?<([A-Za-z_]\w*)>)?(?!\?)/y;
const QUANTIFIER = /(?:([*+?])|\{(\d{1,4})(?:(,)(\d{1,4})?)?\})(\?)?/y;
const LITERAL = /[A-Za-z0-9/_~%@!&=:;,'"<># -]/;
const CLASS_CHARACTER = /[A-Za-z0-9/_~%@!&=:;,'"<>#.+*?()|{}$ ]/;

/** For the skeleton, a group of alternatives inside a segment is taken for any text. */
export function readPattern(pattern: string): ReadPattern {
  const parsed = new PatternReader(pattern).read();
  if (parsed === undefined) {
    const wider = pattern.includes('|') ? new PatternReader(pattern.replace(ALTERNATIVES, '[^/]*')).read() : undefined;
    return { source: undefined, skeleton: wider === undefined ? undefined : skeletonOf(wider.atoms) };
  }
  const source = isLinear(parsed.atoms) ? parsed.atoms.map(sourceOf).join('') + (parsed.anchored ? '$' : '') : undefined;
  return { source, skeleton: skeletonOf(parsed.atoms) };
}

/** Reads left to right; any method may answer undefined, which ends the reading. */
class PatternReader {
  readonly #pattern: string;
  readonly #groupNames = new Set<string>();
  #at = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  read(): { readonly atoms: readonly Atom[]; readonly anchored: boolean } | undefined {
    const atoms: Atom[] = [];
    let depth = 0;
    if (this.#pattern.startsWith('^')) this.#at = 1;
    while (this.#at < this.#pattern.length) {
      const character = this.#pattern[this.#at];
      if (character === '$' && this.#at === this.#pattern.length - 1 && depth === 0) return { atoms, anchored: true };
      if (character === '(') {
        if (!this.#readGroupStart()) return undefined;
        depth += 1;
      } else if (character === ')') {
        depth -= 1;
        this.#at += 1;
        if (depth < 0 || this.#take(QUANTIFIER) !== undefined) return undefined;
      } else {
        const atom = this.#readAtom();
        if (atom === undefined) return undefined;
        atoms.push(atom);
      }
    }
    return depth === 0 ? { atoms, anchored: false } : undefined;
  }

  #readGroupStart(): boolean {
    const start = this.#take(GROUP_START);
    const name = start?.[1];
    if (start === undefined || (name !== undefined && this.#groupNames.has(name))) return false;
    if (name !== undefined) this.#groupNames.add(name);
    return true;
  }

  #readAtom(): Atom | undefined {
    const set = this.#readSet();
    if (set === undefined) return undefined;
    const quantifier = '*+?{'.includes(this.#pattern[this.#at] ?? ' ') ? this.#take(QUANTIFIER) : undefined;
    // A second quantifier would be a possessive or nested one.
    const sole = SINGLE[set.indexOf(1)] === set ? set.indexOf(1) : soleCharacter(set);
    if (quantifier === undefined) return { set, sole, min: 1, max: 1, lazy: false };
    if (this.#take(QUANTIFIER) !== undefined) return undefined;
    const [, sign, least, comma, most, lazy] = quantifier;
    const min = sign === undefined ? Number(least) : sign === '+' ? 1 : 0;
    const max = sign === '?' ? 1 : sign !== undefined || (comma !== undefined && most === undefined) ? Infinity : Number(most ?? least);
    const isCount = min <= max && min <= MAX_REPEAT && (max === Infinity || max <= MAX_REPEAT);
    return isCount ? { set, sole, min, max, lazy: lazy !== undefined } : undefined;
  }

  #readSet(): CharacterSet | undefined {
    const character = this.#pattern[this.#at] ?? '';
    if (character === '[') return this.#readClass();
    if (character === '\\') return this.#readEscape();
    this.#at += 1;
    if (character === '.') return inverted(setOf('\n'));
    return LITERAL.test(character) ? setOf(character) : undefined;
  }

  #readEscape(): CharacterSet | undefined {
    const escaped = this.#pattern[this.#at + 1] ?? '';
    this.#at += 2;
    if (escaped === 'd') return DIGITS;
    if (escaped === 'D') return inverted(DIGITS);
    if (escaped === 'w') return WORD;
    if (escaped === 'W') return inverted(WORD);
    return /^[!-/:-@[-`{-~]$/.test(escaped) ? setOf(escaped) : undefined;
  }

  #readClass(): CharacterSet | undefined {
    this.#at += 1;
    const isInverted = this.#pattern[this.#at] === '^';
    if (isInverted) this.#at += 1;
    const set = new Uint8Array(256);
    while (this.#pattern[this.#at] !== ']') {
      const item = this.#readClassItem();
      if (item === undefined) return undefined;
      for (const [code, isIn] of item.entries()) if (isIn === 1) set[code] = 1;
    }
    this.#at += 1;
    if (!set.includes(1)) return undefined;
    return isInverted ? inverted(set) : set;
  }

  #readClassItem(): CharacterSet | undefined {
    const first = this.#readClassCharacter();
    if (first === undefined) return undefined;
    const next = this.#pattern[this.#at + 1] ?? '';
    if (this.#pattern[this.#at] !== '-' || next === ']') return first;
    this.#at += 1;
    const last = this.#readClassCharacter();
    const [from, to] = [soleCharacter(first), last === undefined ? -1 : soleCharacter(last)];
    if (from < 0 || to < 0 || from > to) return undefined;
    return new Uint8Array(256).fill(1, from, to + 1);
  }

  #readClassCharacter(): CharacterSet | undefined {
    const character = this.#pattern[this.#at] ?? '';
    if (character === '\\') return this.#readEscape();
    this.#at += 1;
    const isPlainDash = character === '-' && this.#pattern[this.#at] === ']';
    return isPlainDash || CLASS_CHARACTER.test(character) ? setOf(character) : undefined;
  }

  #take(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.#at;
    const match = expression.exec(this.#pattern);
    if (match === null) return undefined;
    this.#at = expression.lastIndex;
    return match;
  }
}

const DIGITS = new Uint8Array(256).fill(1, 0x30, 0x3a);
const WORD = new Uint8Array(256).fill(1, 0x30, 0x3a).fill(1, 0x41, 0x5b).fill(1, 0x61, 0x7b);
WORD[0x5f] = 1;

function isLinear(atoms: readonly Atom[]): boolean {
  return atoms.every((atom, index) => atom.min === atom.max || !overlaps(atom.set, mayFollow(atoms, index)) || hasShortFixedTail(atoms, index));
}

/** Every character that can come right after the atom's repetition. */
function mayFollow(atoms: readonly Atom[], index: number): CharacterSet {
  const follow = new Uint8Array(256);
  for (const atom of atoms.slice(index + 1)) {
    for (const [code, isIn] of atom.set.entries()) if (isIn === 1) follow[code] = 1;
    if (atom.min > 0) break;
  }
  return follow;
}

function hasShortFixedTail(atoms: readonly Atom[], index: number): boolean {
  const tail = atoms.slice(index + 1);
  return tail.every((atom) => atom.min === atom.max) && tail.reduce((length, atom) => length + atom.max, 0) <= MAX_TAIL;
}

function overlaps(one: CharacterSet, other: CharacterSet): boolean {
  return one.some((isIn, code) => isIn === 1 && other[code] === 1);
}

function skeletonOf(atoms: readonly Atom[]): Skeleton {
  const parts: string[] = [];
  let text = '';
  let isCertain = true;
  for (const atom of atoms) {
    const code = atom.min === atom.max ? atom.sole : -1;
    if (code >= 0 && (isCertain || (code === SLASH && atom.min > 0))) {
      if (!isCertain) {
        if (parts.length === MAX_PARTS) break;
        parts.push(text);
        text = '';
      }
      text += String.fromCharCode(code).repeat(atom.min);
      isCertain = true;
    } else if (atom.set[SLASH] === 1) break;
    else isCertain = false;
  }
  return [...parts, text];
}

/** Written from the set, so that nothing of the pattern's own syntax reaches the JavaScript engine. */
function sourceOf(atom: Atom): string {
  const characters = atom.sole >= 0 ? escaped(atom.sole) : classSource(atom.set);
  if (atom.min === 1 && atom.max === 1) return characters;
  const repeat = atom.max === Infinity ? `{${atom.min},}` : `{${atom.min},${atom.max}}`;
  return `${characters}${repeat}${atom.lazy ? '?' : ''}`;
}

function classSource(set: CharacterSet): string {
  let ranges = '';
  for (let code = 0; code < 256; code += 1) {
    if (set[code] !== 1) continue;
    const from = code;
    while (set[code + 1] === 1) code += 1;
    ranges += `${escaped(from)}-${escaped(code)}`;
  }
  return `[${ranges}]`;
}

function escaped(code: number): string {
  return `\\x${code.toString(16).padStart(2, '0')}`;
}

/** Shared and never changed: patterns are mostly single characters. */
const SINGLE: readonly CharacterSet[] = Array.from({ length: 256 }, (_, code) => {
  const set = new Uint8Array(256);
  set[code] = 1;
  return set;
});

/** Of an ASCII character. */
function setOf(character: string): CharacterSet {
  return SINGLE[character.charCodeAt(0)] ?? new Uint8Array(256);
}

function inverted(set: CharacterSet): CharacterSet {
  return set.map((isIn) => 1 - isIn);
}

function soleCharacter(set: CharacterSet): number {
  const code = set.indexOf(1);
  return code >= 0 && set.indexOf(1, code + 1) < 0 ? code : -1;
}
