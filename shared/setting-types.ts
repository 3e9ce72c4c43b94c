/**
 * The kinds of value a setting can have: one parser each, from what a person wrote (a flag, a variable, a YAML value)
 * to the typed value. Called by settings.ts only; a refusal states the rule, settings.ts adds which setting it was.
 */
import { resolve } from 'node:path';
import { didYouMean } from './nearest.ts';

/** `host:port`, with an IPv6 host in brackets in text and without them here. */
export interface SocketAddress {
  readonly host: string;
  /** 0 asks the system for a free port. */
  readonly port: number;
}

/** One place to listen on, with what is special about it. */
export interface ListenAddress extends SocketAddress {
  /** Of those that the setting allows. */
  readonly options: readonly string[];
}

/** The type of the parsed value, by the name used in a definition. Durations are milliseconds. */
export interface SettingValues {
  readonly string: string;
  readonly integer: number;
  readonly boolean: boolean;
  readonly port: number;
  readonly address: SocketAddress;
  readonly list: readonly string[];
  /** Addresses with options, separated by commas; none where it is `off`. */
  readonly listen: readonly ListenAddress[];
  /** Absolute: a relative one counts from the working folder of the process. */
  readonly path: string;
  readonly duration: number;
  /** `name=word`, separated by commas; names and words of those that the setting allows. */
  readonly pairs: ReadonlyMap<string, string>;
}

export type SettingType = keyof SettingValues | 'enum';
export type SettingValue = SettingValues[keyof SettingValues];

/** What a parser needs to know besides the text. */
export interface ValueRules {
  readonly type: SettingType;
  /** The allowed words of an `enum`. */
  readonly values?: readonly string[];
  /** Inclusive bounds of an integer, or of a duration in milliseconds. */
  readonly between?: readonly [number, number];
  /** The words that may stand behind an address of a `listen`. */
  readonly options?: readonly string[];
  /** What may stand before and behind the = of `pairs`. */
  readonly names?: readonly string[];
  readonly words?: readonly string[];
  readonly workingFolder: string;
}

export type ParsedValue = { readonly kind: 'value'; readonly value: SettingValue } | { readonly kind: 'refused'; readonly rule: string };

const DURATION_UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const BOOLEAN_WORDS: Readonly<Record<string, boolean>> = { true: true, on: true, yes: true, '1': true, false: false, off: false, no: false, '0': false };

/** Parses one value; `raw` is a string, or what YAML made of it. */
export function parseSettingValue(raw: unknown, rules: ValueRules): ParsedValue {
  if (rules.type === 'list') return parseList(raw);
  if (rules.type === 'pairs') return parsePairs(raw, rules.names ?? [], rules.words ?? []);
  if (rules.type === 'listen') return parseListen(raw, rules.options ?? []);
  if (typeof raw !== 'string' && typeof raw !== 'number' && typeof raw !== 'boolean') return refused('must be a single value, not a list or a map');
  const text = String(raw).trim();
  switch (rules.type) {
    case 'string':
      return accepted(text);
    case 'path':
      return accepted(resolve(rules.workingFolder, text));
    case 'boolean':
      return parseBoolean(text);
    case 'integer':
      return parseInteger(text, rules.between ?? [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]);
    case 'port':
      return parseInteger(text, [0, 65_535]);
    case 'duration':
      return parseDuration(text, rules.between ?? [0, Number.MAX_SAFE_INTEGER]);
    case 'address':
      return parseAddress(text);
    case 'enum':
      return rules.values?.includes(text) === true ? accepted(text) : refused(`must be one of ${(rules.values ?? []).join(', ')}`);
  }
}

/** Milliseconds in the largest unit that divides them: `90s`, `1h`. */
export function formatDuration(durationMs: number): string {
  const unit = ['d', 'h', 'm', 's'].find((name) => durationMs % (DURATION_UNITS[name] ?? 1) === 0 && durationMs !== 0) ?? 'ms';
  return `${durationMs / (DURATION_UNITS[unit] ?? 1)}${unit}`;
}

/** `127.0.0.1:8001`, `[::1]:8001`. */
export function formatAddress(address: SocketAddress): string {
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

function accepted(value: SettingValue): ParsedValue {
  return { kind: 'value', value };
}

function refused(rule: string): ParsedValue {
  return { kind: 'refused', rule };
}

function parseBoolean(text: string): ParsedValue {
  const value = Object.hasOwn(BOOLEAN_WORDS, text.toLowerCase()) ? BOOLEAN_WORDS[text.toLowerCase()] : undefined;
  return value === undefined ? refused('must be true or false') : accepted(value);
}

function parseInteger(text: string, [least, most]: readonly [number, number]): ParsedValue {
  const value = Number(text);
  if (/^-?\d+$/.test(text) && Number.isSafeInteger(value) && value >= least && value <= most) return accepted(value);
  const bounded = least !== Number.MIN_SAFE_INTEGER || most !== Number.MAX_SAFE_INTEGER;
  return refused(bounded ? `must be a whole number from ${least} to ${most}` : 'must be a whole number');
}

function parseDuration(text: string, [leastMs, mostMs]: readonly [number, number]): ParsedValue {
  const match = /^(\d+)(ms|s|m|h|d)$/.exec(text);
  const durationMs = Number(match?.[1]) * (DURATION_UNITS[match?.[2] ?? ''] ?? NaN);
  if (Number.isSafeInteger(durationMs) && durationMs >= leastMs && durationMs <= mostMs) return accepted(durationMs);
  const bounds = mostMs === Number.MAX_SAFE_INTEGER ? '' : ` from ${formatDuration(leastMs)} to ${formatDuration(mostMs)}`;
  return refused(`must be a duration${bounds}, written as a number and ms, s, m, h or d (500ms, 30s)`);
}

function parseAddress(text: string): ParsedValue {
  const address = addressIn(text);
  return address === undefined ? refused('must be host:port (127.0.0.1:8001, [::1]:8001)') : accepted(address);
}

function addressIn(text: string): SocketAddress | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]/]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host === undefined || !(port <= 65_535) ? undefined : { host, port };
}

function parseListen(raw: unknown, known: readonly string[]): ParsedValue {
  const list = parseList(raw);
  if (list.kind === 'refused' || !Array.isArray(list.value)) return refused('must be addresses, separated by commas');
  if (list.value.length === 1 && list.value[0] === 'off') return accepted(Object.freeze([]));
  const places: ListenAddress[] = [];
  for (const item of list.value) {
    const [text = '', ...options] = String(item).split(/\s+/);
    const address = addressIn(text);
    if (address === undefined) return refused(`must be host:port (0.0.0.0:8000, [::]:8000), several separated by commas, or off${known.length === 0 ? '' : `; options stand behind the address (0.0.0.0:8000 ${known[0]})`}`);
    const unknown = options.find((option) => !known.includes(option));
    if (unknown !== undefined) return refused(`has the option "${unknown}" at ${text}, which is not known here${known.length === 0 ? '' : `; there is ${known.join(', ')}${didYouMean(unknown, known)}`}`);
    if (new Set(options).size < options.length) return refused(`has an option twice at ${text}`);
    if (address.port !== 0 && places.some((place) => place.host === address.host && place.port === address.port)) return refused(`has ${text} twice`);
    places.push({ ...address, options });
  }
  return places.length === 0 ? refused('must name an address, or be off') : accepted(Object.freeze(places));
}

function parsePairs(raw: unknown, names: readonly string[], words: readonly string[]): ParsedValue {
  const list = parseList(raw);
  if (list.kind === 'refused' || !Array.isArray(list.value)) return refused(`must be ${names[0]}=${words[0]}, several separated by commas`);
  const pairs = new Map<string, string>();
  for (const item of list.value) {
    const [name = '', word = '', ...more] = String(item).split('=').map((part) => part.trim());
    if (more.length > 0 || !words.includes(word)) return refused(`must be ${names[0]}=${words[0]}, several separated by commas, with one of ${words.join(', ')} behind the =`);
    if (!names.includes(name)) return refused(`has "${name}", which is not known here; there is ${names.join(', ')}${didYouMean(name, names)}`);
    if (pairs.has(name)) return refused(`has ${name} twice`);
    pairs.set(name, word);
  }
  return accepted(pairs);
}

function parseList(raw: unknown): ParsedValue {
  const items: unknown[] = Array.isArray(raw) ? raw : typeof raw === 'string' ? raw.split(',') : [raw];
  if (items.some((item) => typeof item !== 'string' && typeof item !== 'number')) return refused('must be a list of words');
  return accepted(Object.freeze(items.map((item) => String(item).trim()).filter((item) => item !== '')));
}
