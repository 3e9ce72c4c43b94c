/**
 * Makes HTTP/1.1 messages for the fuzzer: from a grammar that is mostly right, then bent by mutations that attackers use.
 * Latin1 text; the same seed gives the same messages.
 */
import type { Random } from './random.ts';

const METHODS = ['GET', 'GET', 'GET', 'POST', 'POST', 'PUT', 'HEAD', 'DELETE', 'OPTIONS', 'PATCH', 'PROPFIND', 'PURGE', 'get', 'X-A', 'GET', 'POST', 'PUT', 'TRACE', 'CONNECT'] as const;
const SEGMENTS = ['a', 'b', '..', '.', '', '%2e%2e', '%2F', '%2f..', '%41', '%c3%a4', 'a;b', 'a b', '%00', '%5C', '\\', '%', '%zz', '~', 'a@b:c', '{x}', '"', '%25', '%252e', 'a..', '*'] as const;
const QUERIES = ['', '', '', '?', '?a=b', '?a=%0d%0a', '?%', '?a?b', '?"<>', '?x#y'] as const;
const HOSTS = ['a.test', 'a.test', 'a.test', 'A.Test:80', '[::1]:8080', 'a.test:', 'a b', '', 'a,b', 'u@a', '127.0.0.1', 'a:99999', '[::1'] as const;
const NAMES = ['X-A', 'Accept', 'Cookie', 'x-real-ip', 'X-Consumer-Id', 'X_Real_IP', 'Via', 'TE', 'Trailer', 'Upgrade', 'Keep-Alive', 'Content-Encoding', 'User-Agent', 'Expect', 'X', 'Proxy-Connection', 'Content_Length', 'Authorization'] as const;
const VALUES = ['b', '', 'a, b', 'chunked', '100-continue', 'close', 'trailers', '5', '\xe4\xff', 'a\tb', ' a ', 'gzip', '"q"', 'websocket', ':', 'x: y'] as const;
const CONNECTIONS = ['close', 'keep-alive', 'x-a', 'Content-Length', 'close, x-a', 'upgrade', 'TE', ',', 'transfer-encoding', 'a b'] as const;
const LENGTHS = ['+5', '-1', '0x5', '5, 5', '5 5', '', '005', '5;', '99999999999999999999', '1e1'] as const;
const CODINGS = ['chunked', 'chunked', 'Chunked', 'gzip, chunked', 'identity', 'chunked, chunked', 'xchunked', '', 'chunked;a', '"chunked"', '\tchunked'] as const;
const EXTENSIONS = ['', '', '', '', ';a', ';a=b', ';', ';a="b"', ' ;a', ';a=\x01', ';a="\xe4"', '; a = b'] as const;
const TRAILERS = ['', '', '', 'X-T: y\r\n', 'Content-Length: 3\r\n', 'Host: b\r\n', 'X: y\r\n z\r\n', 'nothing\r\n', 'X : y\r\n'] as const;
const STATUSES = ['200 OK', '200', '204 No Content', '304 Not Modified', '404 Not Found', '100 Continue', '103 Early Hints', '101 Switching Protocols', '999 X', '20 OK', '500 \xe4', '200 O\tK'] as const;
const BYTES = ['\0', '\r', '\n', '\t', ' ', ':', ';', ',', '%', '\x7f', '\x80', '\xff', '0', '5', 'f', 'G', '"', '-', '_', '\x0b', '/', '\\', '#', '?'] as const;
const SNIPPETS = [
  '\r\n', '\r\n ', '\n', '\r', 'Transfer-Encoding: chunked\r\n', 'Content-Length: 5\r\n', 'Content-Length: 0\r\n', '0\r\n\r\n', '5\r\nhello\r\n', 'GET /smuggled HTTP/1.1\r\nHost: a.test\r\n\r\n', ' HTTP/1.1\r\n', 'HTTP/1.1 200 OK\r\n',
  'Host: b.test\r\n', 'Connection: close\r\n', '\r\n\r\n', 'X: y\r\n', ' ', '\t',
] as const;

export type MessageKind = 'request' | 'response';

/** One to three messages as they follow each other on a connection, most of them right. */
export function generateStream(random: Random, kind: MessageKind): string {
  const count = kind === 'response' || random.chance(0.6) ? 1 : 2 + random.below(2);
  let stream = random.chance(0.03) ? '\r\n' : '';
  for (let index = 0; index < count; index++) stream += kind === 'request' ? request(random) : response(random);
  return stream;
}

/** A few changes as attackers and broken programs make them. */
export function mutate(random: Random, text: string): string {
  let mutated = text;
  const times = 1 + random.below(3);
  for (let time = 0; time < times; time++) mutated = mutateOnce(random, mutated);
  return mutated;
}

function mutateOnce(random: Random, text: string): string {
  const at = random.below(text.length + 1);
  const to = Math.min(text.length, at + 1 + random.below(random.chance(0.8) ? 4 : 40));
  switch (random.below(9)) {
    case 0:
      return text.slice(0, at) + String.fromCharCode(random.below(256)) + text.slice(at + 1);
    case 1:
      return text.slice(0, at) + random.pick(BYTES) + text.slice(at);
    case 2:
      return text.slice(0, at) + text.slice(to);
    case 3:
      return text.slice(0, to) + text.slice(at, to) + text.slice(to);
    case 4:
      return text.slice(0, at) + random.pick(SNIPPETS) + text.slice(at);
    case 5:
      return changeLine(random, text, (line) => line.replace(/\r$/, random.pick(['', '\r\r', '\r\n', ' \r'])));
    case 6:
      return changeLine(random, text, (line) => `${line}\n${line}`);
    case 7:
      return changeLine(random, text, (line) => line.replace(':', random.pick([' :', ':', '::', '\t:', '', ': ', ':\t'])));
    default:
      return text.replace(/\d+/g, (digits) => (random.chance(0.2) ? String(random.below(300)) : digits));
  }
}

function changeLine(random: Random, text: string, change: (line: string) => string): string {
  const lines = text.split('\n');
  const index = random.below(lines.length);
  return lines.map((line, place) => (place === index ? change(line) : line)).join('\n');
}

function request(random: Random): string {
  const body = random.chance(0.5) ? undefined : letters(random, random.below(40));
  const framing = framingOf(random, body);
  const lines = [`Host: ${random.chance(0.85) ? HOSTS[0] : random.pick(HOSTS)}`, ...fields(random)];
  const version = random.chance(0.93) ? '1.1' : random.pick(['1.0', '1.0', '1.2', '2.0', '0.9', '1.10']);
  return `${random.pick(METHODS)} ${target(random)} HTTP/${version}\r\n${shuffle(random, [...lines, ...framing.lines]).map((line) => `${line}\r\n`).join('')}\r\n${framing.body}`;
}

function response(random: Random): string {
  const interim = random.chance(0.1) ? `HTTP/1.1 ${random.pick(['100 Continue', '103 Early Hints'])}\r\n${random.chance(0.5) ? 'Link: x\r\n' : ''}\r\n` : '';
  const framing = framingOf(random, letters(random, random.below(40)));
  const version = random.chance(0.93) ? '1.1' : random.pick(['1.0', '2.0', '1.2']);
  const status = random.chance(0.75) ? STATUSES[0] : random.pick(STATUSES);
  return `${interim}HTTP/${version} ${status}\r\n${shuffle(random, [...fields(random), ...framing.lines]).map((line) => `${line}\r\n`).join('')}\r\n${framing.body}`;
}

function target(random: Random): string {
  const path = random.chance(0.7) ? '/a' : `/${Array.from({ length: 1 + random.below(4) }, () => random.pick(SEGMENTS)).join('/')}`;
  const form = random.below(40);
  if (form === 0) return '*';
  if (form === 1) return `http://${random.pick(HOSTS)}${path}`;
  if (form === 2) return random.pick(['a.test:80', 'a', 'https://a.test/', 'http://a.test', 'http://a.test?x', '//a/b']);
  return path + random.pick(QUERIES);
}

function fields(random: Random): readonly string[] {
  const lines = Array.from({ length: random.below(5) }, () => `${random.pick(NAMES)}:${random.chance(0.9) ? ' ' : random.pick(['', '\t', '  '])}${random.pick(VALUES)}`);
  if (random.chance(0.2)) lines.push(`Connection: ${random.pick(CONNECTIONS)}`);
  return lines;
}

function framingOf(random: Random, body: string | undefined): { readonly lines: readonly string[]; readonly body: string } {
  if (body === undefined) return { lines: [], body: '' };
  const odd = random.chance(0.15);
  if (random.chance(0.5)) return { lines: [`Content-Length: ${odd ? random.pick(LENGTHS) : body.length}`], body };
  return { lines: [`Transfer-Encoding: ${odd ? random.pick(CODINGS) : 'chunked'}`], body: inChunks(random, body) };
}

function inChunks(random: Random, body: string): string {
  let chunks = '';
  for (let at = 0; at < body.length; ) {
    const size = 1 + random.below(body.length - at);
    const digits = size.toString(16);
    chunks += `${random.chance(0.1) ? digits.padStart(1 + random.below(10), '0').toUpperCase() : digits}${random.pick(EXTENSIONS)}\r\n${body.slice(at, at + size)}\r\n`;
    at += size;
  }
  return `${chunks}0${random.pick(EXTENSIONS)}\r\n${random.pick(TRAILERS)}\r\n`;
}

function letters(random: Random, length: number): string {
  return Array.from({ length }, () => (random.chance(0.1) ? random.pick(['\r', '\n', '0', '\0', '\xff']) : 'x')).join('');
}

function shuffle(random: Random, lines: readonly string[]): readonly string[] {
  return lines.map((line) => ({ line, key: random.next() })).toSorted((a, b) => a.key - b.key).map(({ line }) => line);
}
