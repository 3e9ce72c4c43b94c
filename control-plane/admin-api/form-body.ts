/**
 * Form bodies in Kong's notation, to nested text: `paths[]=/a`, `paths[1]=/a`, `config.minute=5`, `config[key]=v`, and
 * a name given several times. Text stays text here; the entity's definition gives it types afterwards (`coerceForm`).
 * Called by request-body.ts for urlencoded and multipart bodies.
 */
import type { JsonObject, JsonValue } from '../../shared/model/definition.ts';

/** A form may carry that many fields (R5); far above any entity's. */
export const MAX_FORM_FIELDS = 10_000;
const MAX_DEPTH = 32;
/** As for JSON (json-door.ts); taking a longer one apart is not worth its cost. */
const MAX_NAME_LENGTH = 1_000;

export type ParsedForm = { readonly kind: 'form'; readonly value: JsonObject } | { readonly kind: 'refused'; readonly field: string; readonly message: string };

type Step = { readonly kind: 'member'; readonly name: string } | { readonly kind: 'item'; readonly index: number } | { readonly kind: 'append' };

/** One place in the form while it is being read. Only one of the three may be in use when it is done. */
interface Place {
  readonly texts: string[];
  readonly members: Map<string, Place>;
  /** Explicit indices as given; appended ones count on from the highest. */
  readonly items: Map<number, Place>;
  highestIndex: number;
}

/** Reads name-value pairs, in their order, into one object. A name that does not follow the notation is taken literally. */
export function parseForm(pairs: Iterable<readonly [name: string, value: string]>): ParsedForm {
  const root = newPlace();
  let count = 0;
  for (const [name, value] of pairs) {
    count += 1;
    if (count > MAX_FORM_FIELDS) return { kind: 'refused', field: '@entity', message: `a form may have at most ${MAX_FORM_FIELDS} fields` };
    if (name.length > MAX_NAME_LENGTH) return { kind: 'refused', field: '@entity', message: `a field name is longer than ${MAX_NAME_LENGTH} characters` };
    const steps = parseName(name);
    if (steps.length > MAX_DEPTH) return { kind: 'refused', field: name.slice(0, 100), message: `may be nested at most ${MAX_DEPTH} levels deep` };
    let place = root;
    for (const step of steps) place = descend(place, step);
    place.texts.push(value);
  }
  const clash = findClash(root, '');
  if (clash !== undefined) return { kind: 'refused', field: clash, message: 'is given both as a value and with parts below it; give one of them' };
  return { kind: 'form', value: membersOf(root) };
}

/**
 * The pairs of an urlencoded body, one by one, so that a reader can stop at its limit: for a whole body URLSearchParams
 * takes the square of their number (11 s for a million). WHATWG URL §5.1.
 */
export function* urlencodedPairs(text: string): Generator<readonly [name: string, value: string]> {
  for (let start = 0; start < text.length; ) {
    const found = text.indexOf('&', start);
    const end = found === -1 ? text.length : found;
    // With an & in front: a ? there would be taken for the beginning of a query.
    yield* new URLSearchParams(`&${text.slice(start, end)}`);
    start = end + 1;
  }
}

function newPlace(): Place {
  return { texts: [], members: new Map(), items: new Map(), highestIndex: 0 };
}

function descend(place: Place, step: Step): Place {
  if (step.kind === 'member') return childOf(place.members, step.name);
  const index = step.kind === 'item' ? step.index : place.highestIndex + 1;
  place.highestIndex = Math.max(place.highestIndex, index);
  return childOf(place.items, index);
}

function childOf<K>(children: Map<K, Place>, key: K): Place {
  const existing = children.get(key);
  if (existing !== undefined) return existing;
  const created = newPlace();
  children.set(key, created);
  return created;
}

function parseName(name: string): readonly Step[] {
  if (!/^[^.[\]]+(?:\.[^.[\]]+|\[[^[\]]*\])*$/.test(name)) return [{ kind: 'member', name }];
  return [...name.matchAll(/\[([^[\]]*)\]|([^.[\]]+)/g)].map(([, inBrackets, plain]): Step => {
    if (plain !== undefined) return { kind: 'member', name: plain };
    if (inBrackets === undefined || inBrackets === '') return { kind: 'append' };
    return /^\d{1,6}$/.test(inBrackets) ? { kind: 'item', index: Number(inBrackets) } : { kind: 'member', name: inBrackets };
  });
}

function findClash(place: Place, path: string): string | undefined {
  const inUse = [place.texts.length, place.members.size, place.items.size].filter((size) => size > 0).length;
  if (inUse > 1) return path;
  for (const [name, child] of [...place.members, ...place.items]) {
    const clash = findClash(child, path === '' ? String(name) : `${path}.${name}`);
    if (clash !== undefined) return clash;
  }
  return undefined;
}

function valueOf(place: Place): JsonValue {
  if (place.items.size > 0) return [...place.items].sort(([a], [b]) => a - b).map(([, child]) => valueOf(child));
  if (place.members.size > 0) return membersOf(place);
  return place.texts.length === 1 ? (place.texts[0] ?? '') : place.texts;
}

/** `Object.fromEntries` defines own properties, so that a field called `__proto__` is data here and is refused later. */
function membersOf(place: Place): JsonObject {
  return Object.fromEntries([...place.members].map(([name, child]) => [name, valueOf(child)]));
}
