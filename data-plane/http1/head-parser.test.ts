import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseRequestHead, parseResponseHead, type ParseResult } from './head-parser.ts';
import { DROPPED_FROM_REQUEST, DROPPED_FROM_RESPONSE } from './header-names.ts';
import { type MessageHead, RequestHead, ResponseHead } from './message-head.ts';
import { Http1RequestView } from './request-view.ts';
import { connectionFacts } from '../../test/support/connection-facts.ts';

interface Case {
  readonly name: string;
  /** latin1 */
  readonly wire: string;
  readonly expect: { readonly outcome: ParseResult; readonly code?: string; readonly rest?: string; readonly [fact: string]: unknown };
}

const MAX_LINES = 20;
const LIMITS = { maxHeadBytes: 600, maxTargetBytes: 150 };
const cases = (file: string): readonly Case[] => JSON.parse(readFileSync(new URL(`../../test/cases/http1/${file}`, import.meta.url), 'utf8')) as readonly Case[];
const REQUESTS = [...cases('requests-good.json'), ...cases('requests-hostile.json')];
const RESPONSES = cases('responses.json');

const parseRequest = (head: RequestHead, buffer: Buffer, end: number): ParseResult => parseRequestHead(head, buffer, end, LIMITS);
const parseResponse = (head: ResponseHead, buffer: Buffer, end: number): ParseResult => parseResponseHead(head, buffer, end, LIMITS.maxHeadBytes);

/** Parses what is there after each of the cuts, as reads would bring it; stops at the first definite result. */
function parseInPieces<Head extends MessageHead>(parse: (head: Head, buffer: Buffer, end: number) => ParseResult, head: Head, wire: Buffer, cuts: readonly number[]): ParseResult {
  head.begin(0);
  let result: ParseResult = 'incomplete';
  for (const end of [...cuts, wire.length]) {
    result = parse(head, wire, end);
    if (result !== 'incomplete') break;
  }
  return result;
}

/** What a test can see of a parsed head. */
function factsOf(head: MessageHead, result: ParseResult, wire: Buffer): Record<string, unknown> {
  if (result === 'refused') return { outcome: result, code: head.fault?.code };
  if (result === 'incomplete') return { outcome: result };
  const common = {
    outcome: result, minor: head.minor, contentLength: head.contentLength, chunked: head.chunked, saysClose: head.saysClose, saysKeepAlive: head.saysKeepAlive,
    rest: wire.toString('latin1', head.end), ...linesOf(head, head instanceof RequestHead ? DROPPED_FROM_REQUEST : DROPPED_FROM_RESPONSE),
  };
  if (head instanceof ResponseHead) return { ...common, status: head.status, keepAliveSeconds: head.keepAliveSeconds };
  if (!(head instanceof RequestHead)) return common;
  const view = new Http1RequestView(head, connectionFacts({ localPort: -1 }), '192.0.2.1');
  return { ...common, method: view.method, path: view.path, query: view.query, host: view.host, port: view.port, expectsContinue: head.expectsContinue };
}

function linesOf(head: MessageHead, droppedMask: number): { readonly headers: Record<string, string[]>; readonly dropped: string[]; readonly kept: string[] } {
  const headers: Record<string, string[]> = {};
  const dropped: string[] = [];
  const kept: string[] = [];
  for (let line = 0; line < head.fields.count; line++) {
    const name = head.text(head.fields.lineStart(line), head.fields.nameEnd(line)).toLowerCase();
    (headers[name] ??= []).push(head.text(head.fields.valueStart(line), head.fields.valueEnd(line)));
    (((droppedMask >> head.fields.classOf(line)) & 1) === 1 ? dropped : kept).push(name);
  }
  return { headers, dropped: dropped.filter((name) => name !== 'host'), kept: kept.filter((name) => name !== 'host') };
}

/** The expected facts must be there; of headers, the named ones. */
function assertFacts(actual: Record<string, unknown>, expected: Case['expect'], name: string): void {
  for (const [fact, value] of Object.entries(expected)) {
    if (fact === 'headers') for (const [header, values] of Object.entries(value as object)) assert.deepEqual((actual['headers'] as Record<string, unknown>)[header], values, `${name}: ${header}`);
    else assert.deepEqual(actual[fact], value, `${name}: ${fact}`);
  }
}

test('requests parse as the cases say, and the same wherever reads cut them', () => {
  for (const { name, wire, expect } of REQUESTS) {
    const bytes = Buffer.from(wire, 'latin1');
    const whole = new RequestHead(MAX_LINES);
    const facts = factsOf(whole, parseInPieces(parseRequest, whole, bytes, []), bytes);
    assertFacts(facts, expect, name);
    assertEveryCut(parseRequest, () => new RequestHead(MAX_LINES), bytes, facts, name);
  }
});

test('responses parse as the cases say, and the same wherever reads cut them', () => {
  for (const { name, wire, expect } of RESPONSES) {
    const bytes = Buffer.from(wire, 'latin1');
    const whole = new ResponseHead(MAX_LINES);
    const facts = factsOf(whole, parseInPieces(parseResponse, whole, bytes, []), bytes);
    // A response that is refused is refused for its framing or its head: which client gets it does not matter here.
    assertFacts(facts, expect, name);
    assertEveryCut(parseResponse, () => new ResponseHead(MAX_LINES), bytes, facts, name);
  }
});

function assertEveryCut<Head extends MessageHead>(parse: (head: Head, buffer: Buffer, end: number) => ParseResult, make: () => Head, wire: Buffer, facts: object, name: string): void {
  for (let cut = 0; cut <= wire.length; cut++) {
    const head = make();
    assert.deepEqual(factsOf(head, parseInPieces(parse, head, wire, [cut]), wire), facts, `${name}, cut at ${cut}`);
  }
  const head = make();
  assert.deepEqual(factsOf(head, parseInPieces(parse, head, wire, [...wire.keys()]), wire), facts, `${name}, byte by byte`);
}

test('there are cases enough', () => {
  assert.ok(REQUESTS.length + RESPONSES.length >= 200);
});

test('a head parses where it stands in a buffer, and a reused head remembers nothing', () => {
  const head = new RequestHead(MAX_LINES);
  const first = Buffer.from('POST http://b.test:9/x?q HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\nConnection: close, x\r\nX-Forwarded-For: 1\r\n\r\n');
  head.begin(0);
  assert.equal(parseRequest(head, first, first.length), 'complete');
  head.release();
  const second = Buffer.from('garbage\r\nGET / HTTP/1.0\r\n\r\nmore');
  head.begin(9);
  assert.equal(parseRequest(head, second, second.length), 'complete');
  const { outcome, rest, ...facts } = factsOf(head, 'complete', second);
  assert.deepEqual([outcome, rest], ['complete', 'more']);
  assert.deepEqual(facts, {
    minor: 0, contentLength: -1, chunked: false, saysClose: false, saysKeepAlive: false, headers: {}, dropped: [], kept: [],
    method: 'GET', path: '/', query: '', host: '', port: -1, expectsContinue: false,
  });
  assert.deepEqual([head.listed, head.saysForwarded, head.absoluteForm], [undefined, false, false]);
});

test('a view that outlives its request shows nothing of another one', () => {
  const head = new RequestHead(MAX_LINES);
  const bytes = Buffer.from('GET /a?b=1 HTTP/1.1\r\nHost: a\r\nX: secret\r\n\r\n');
  head.begin(0);
  parseRequest(head, bytes, bytes.length);
  const view = new Http1RequestView(head, connectionFacts({ localPort: 80 }), '192.0.2.1');
  assert.deepEqual([view.header('x'), view.headerValues('x'), view.query, view.target], ['secret', ['secret'], 'b=1', '/a?b=1']);
  view.release();
  assert.deepEqual([view.header('x'), view.headerValues('x'), view.path, view.target], [undefined, [], '/a', '/a?b=1']);
});

test('query arguments are decoded once', () => {
  const head = new RequestHead(MAX_LINES);
  const bytes = Buffer.from('GET /?a=1&b=x%20y+z&a=%2541&%61=3&c&d=&e=%ff%zz HTTP/1.1\r\nHost: a\r\n\r\n');
  head.begin(0);
  assert.equal(parseRequest(head, bytes, bytes.length), 'complete');
  const view = new Http1RequestView(head, connectionFacts({ localPort: 80 }), '192.0.2.1');
  const found = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => view.queryValues(name));
  assert.deepEqual(found, [['1', '%41', '3'], ['x y z'], [''], [''], ['\xff%zz'], []]);
});
