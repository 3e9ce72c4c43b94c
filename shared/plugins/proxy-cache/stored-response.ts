/**
 * A response as the cache keeps it, and what a client is answered from it: all of it, `304` where its copy is still good
 * (RFC 9110 §13), or the one range that it asked for (§14). Heads and answers are put together once and used again: a hit must be cheap.
 */
import type { RequestView, Verdict } from '../contract.ts';
import { httpDateMs } from './http-date.ts';

export type HeaderLine = readonly [name: string, value: string];

/** What is known of a response besides its head and body. Times in milliseconds. */
export interface Lifetime {
  /** Of the clock that never goes back, when the request was there that the response answers. What was purged later makes it void. */
  readonly requestedAtMs: number;
  /** Of the same clock, when the head was there. */
  readonly receivedAtMs: number;
  /** How old it was then (Age). */
  readonly initialAgeMs: number;
  /** How old it may be (RFC 9111 §4.2). */
  readonly freshMs: number;
  /** For how long after that it may be sent while it is fetched anew, and where the upstream fails. */
  readonly staleWhileRevalidateMs: number;
  readonly staleIfErrorMs: number;
  /** Never to be sent once it is not fresh, whoever asks for it. */
  readonly mustRevalidate: boolean;
  /** How long it is kept at most. */
  readonly keptMs: number;
}

export interface StoredResponse {
  readonly kind: 'response';
  /** X-Cache-Key. */
  readonly cacheKey: string;
  readonly status: number;
  readonly contentType: string | undefined;
  /** All but Content-Type, and those that the gateway writes. */
  readonly headers: readonly HeaderLine[];
  readonly body: Uint8Array;
  readonly lifetime: Lifetime;
  /** The answer that was made of it last; its age is in it. */
  answer: { readonly seconds: number; readonly status: CacheStatus; readonly verdict: Verdict } | undefined;
}

export type CacheStatus = 'Hit' | 'Miss' | 'Refresh' | 'Bypass';

/** Which of our headers are sent. */
export interface ShownHeaders {
  readonly age: boolean;
  readonly status: boolean;
  readonly key: boolean;
}

const NO_BYTES = new Uint8Array(0);
const NOT_ASKED: readonly string[] = [];

/** Who asks: `header` gives what goes upstream, where plugins may have taken something off because they need the whole response. */
export interface Asking {
  readonly request: RequestView;
  header(lowerCaseName: string): readonly string[];
}

function askedOf(asking: Asking, name: string): readonly string[] {
  return asking.request.header(name) === undefined ? NOT_ASKED : asking.header(name);
}

/** RFC 9110 §15.4.5: what a 304 must repeat; a client updates its copy by the rest of it. */
const IN_NOT_MODIFIED: ReadonlySet<string> = new Set(['cache-control', 'content-location', 'date', 'etag', 'expires', 'vary']);

export function ageMs(lifetime: Lifetime, nowMs: number): number {
  return lifetime.initialAgeMs + Math.max(0, nowMs - lifetime.receivedAtMs);
}

/** Milliseconds that are left of its freshness; less than 0 where it is stale. */
export function freshnessLeftMs(lifetime: Lifetime, nowMs: number): number {
  return lifetime.freshMs - ageMs(lifetime, nowMs);
}

export function headerOf(headers: readonly HeaderLine[], lowerCaseName: string): string | undefined {
  for (const [name, value] of headers) if (name.length === lowerCaseName.length && name.toLowerCase() === lowerCaseName) return value;
  return undefined;
}

export class StoredAnswers {
  readonly #shown: ShownHeaders;

  constructor(shown: ShownHeaders) {
    this.#shown = shown;
  }

  /** What `request` is answered from the response, which may be sent. */
  answer(stored: StoredResponse, asking: Asking, status: CacheStatus, nowMs: number): Verdict {
    const { method } = asking.request;
    const tags = askedOf(asking, 'if-none-match');
    if ((method === 'GET' || method === 'HEAD') && isNotModified(stored, tags, askedOf(asking, 'if-modified-since')[0])) return this.#notModified(stored, tags, status, nowMs);
    const [range] = method === 'GET' && stored.status === 200 ? askedOf(asking, 'range') : NOT_ASKED;
    return (range === undefined ? undefined : this.#part(stored, askedOf(asking, 'if-range')[0], range, status, nowMs)) ?? this.#whole(stored, status, nowMs);
  }

  /** The same object for as long as its Age is the same. */
  #whole(stored: StoredResponse, status: CacheStatus, nowMs: number): Verdict {
    const seconds = Math.floor(ageMs(stored.lifetime, nowMs) / 1_000);
    const known = stored.answer;
    if (known !== undefined && known.seconds === seconds && known.status === status) return known.verdict;
    const headers = [...stored.headers, ...this.#ours(stored, status, seconds)];
    const verdict: Verdict = Object.freeze({ kind: 'respond', stored: true, status: stored.status, headers, body: { contentType: stored.contentType, bytes: stored.body } });
    stored.answer = { seconds, status, verdict };
    return verdict;
  }

  #ours(stored: StoredResponse, status: CacheStatus, seconds: number): readonly HeaderLine[] {
    const { age, key, status: showsStatus } = this.#shown;
    const lines: HeaderLine[] = [];
    if (age) lines.push(['Age', String(seconds)]);
    if (key) lines.push(['X-Cache-Key', stored.cacheKey]);
    if (showsStatus) lines.push(['X-Cache-Status', status]);
    return lines;
  }

  /** A client that has our compressed copy knows it by a weak tag, and would not know it again by the strong one (RFC 9111 §4.3.4). */
  #notModified(stored: StoredResponse, tags: readonly string[], status: CacheStatus, nowMs: number): Verdict {
    const kept = stored.headers.filter(([name]) => IN_NOT_MODIFIED.has(name.toLowerCase())).map(([name, value]): HeaderLine => [name, name.toLowerCase() === 'etag' && tags.some((line) => line.includes(`W/${value}`)) ? `W/${value}` : value]);
    return { kind: 'respond', stored: true, status: 304, headers: [...kept, ...this.#ours(stored, status, Math.floor(ageMs(stored.lifetime, nowMs) / 1_000))] };
  }

  /** Undefined where the whole is to be sent: for several ranges too, which RFC 9110 §14.2 allows and which nobody can abuse. */
  #part(stored: StoredResponse, ifRange: string | undefined, range: string, status: CacheStatus, nowMs: number): Verdict | undefined {
    if (!isSameRepresentation(stored, ifRange)) return undefined;
    const { length } = stored.body;
    const part = onlyRange(range, length);
    if (part === undefined) return undefined;
    const ours = this.#ours(stored, status, Math.floor(ageMs(stored.lifetime, nowMs) / 1_000));
    if (part === 'unsatisfiable') return { kind: 'respond', stored: true, status: 416, headers: [['Content-Range', `bytes */${length}`], ...ours], body: { contentType: undefined, bytes: NO_BYTES } };
    const headers: readonly HeaderLine[] = [...stored.headers, ['Content-Range', `bytes ${part.first}-${part.last}/${length}`], ...ours];
    return { kind: 'respond', stored: true, status: 206, headers, body: { contentType: stored.contentType, bytes: stored.body.subarray(part.first, part.last + 1) } };
  }
}

/** RFC 9110 §13.2.2, for a cache: If-Modified-Since counts only where there is no If-None-Match. Only of a 200 is a copy kept. */
function isNotModified(stored: StoredResponse, tags: readonly string[], since: string | undefined): boolean {
  if (tags.length === 0) {
    if (since === undefined || stored.status !== 200) return false;
    return httpDateMs(headerOf(stored.headers, 'last-modified')) <= httpDateMs(since);
  }
  if (stored.status !== 200) return false;
  const tag = headerOf(stored.headers, 'etag');
  return tags.some((line) => namesTag(line, tag));
}

/** Weak comparison (RFC 9110 §8.8.3.2). */
function namesTag(line: string, tag: string | undefined): boolean {
  if (line === '*') return true;
  if (tag === undefined) return false;
  const opaque = tag.startsWith('W/') ? tag.slice(2) : tag;
  return opaque.startsWith('"') && opaque.length >= 2 && splitTags(line).includes(opaque);
}

/** The tags of a list, without `W/`. A comma may stand in a tag. */
function splitTags(line: string): readonly string[] {
  return line.match(/"[^"]*"/g) ?? [];
}

/** Strong comparison (RFC 9110 §13.1.5): a part is only worth something to who has other parts of the same bytes. */
function isSameRepresentation(stored: StoredResponse, ifRange: string | undefined): boolean {
  if (ifRange === undefined) return true;
  if (ifRange.startsWith('"')) return ifRange === headerOf(stored.headers, 'etag');
  return !ifRange.startsWith('W/') && ifRange === headerOf(stored.headers, 'last-modified');
}

interface ByteRange {
  readonly first: number;
  /** Inclusive. */
  readonly last: number;
}

/** Undefined where the header asks for no single range of bytes. */
function onlyRange(range: string, length: number): ByteRange | 'unsatisfiable' | undefined {
  const [, from, to] = /^bytes=[ \t]*(\d{0,15})-(\d{0,15})[ \t]*$/i.exec(range) ?? [];
  if (from === undefined || to === undefined || (from === '' && to === '')) return undefined;
  if (from === '') return Number(to) === 0 || length === 0 ? 'unsatisfiable' : { first: Math.max(0, length - Number(to)), last: length - 1 };
  const first = Number(from);
  if (to !== '' && Number(to) < first) return undefined;
  if (first >= length) return 'unsatisfiable';
  return { first, last: to === '' ? length - 1 : Math.min(Number(to), length - 1) };
}
