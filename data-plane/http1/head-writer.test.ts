import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseRequestHead, parseResponseHead } from './head-parser.ts';
import { DROPPED_FROM_REQUEST, DROPPED_FROM_RESPONSE, FRAMING, HEADER } from './header-names.ts';
import { responseFramingLine, writeHeaderLines, writeStatusAndLines } from './head-writer.ts';
import { RequestHead, ResponseHead } from './message-head.ts';
import { OutgoingBytes } from './outgoing-bytes.ts';

/** The names that must not reach the upstream, written down a second time and compared as text. */
const NEVER_UPSTREAM = [
  'host', 'connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer', 'upgrade', 'expect',
  'x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-port', 'x-forwarded-path', 'x-forwarded-prefix', 'x-real-ip',
  'x-kong-request-id', 'x-credential-identifier', 'x-anonymous-consumer', 'x-authenticated-groups',
];
const NEVER_DOWNSTREAM = [
  'connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer', 'upgrade',
  'x-kong-request-id', 'x-kong-upstream-latency', 'x-kong-proxy-latency',
];
/** What Connection may not take away: all that is known by name. */
const KNOWN = new Set([...NEVER_UPSTREAM, ...NEVER_DOWNSTREAM, 'content-length', 'transfer-encoding']);

interface Line {
  readonly name: string;
  readonly value: string;
  /** The spaces around the value. */
  readonly before: string;
  readonly after: string;
}

const anyCase = (name: string): fc.Arbitrary<string> => fc.array(fc.boolean(), { minLength: name.length, maxLength: name.length }).map((capitals) => Array.from(name, (letter, at) => (capitals[at] === true ? letter.toUpperCase() : letter)).join(''));
const ordinaryName = fc.oneof(fc.constantFrom('accept', 'cookie', 'user-agent', 'x-a', 'x-b', 'x-consume', 'via', 'server'), fc.stringMatching(/^[a-zA-Z0-9!#$%&'*+.^`|~-]{1,12}$/));
const specialName = fc.constantFrom(...NEVER_UPSTREAM.filter((name) => !['host', 'connection', 'expect'].includes(name)), 'x-kong-upstream-latency', 'x-consumer-id', 'x-consumer-groups', 'x-consumer-', 'x_consumer_id', 'x_real_ip');
const value = fc.oneof(fc.stringMatching(/^[!-~]{0,12}$/), fc.stringMatching(/^[!-~\u0080-\u00ff][ \t!-~\u0080-\u00ff]{0,12}[!-~\u0080-\u00ff]$/));
const space = fc.stringMatching(/^[ \t]{0,2}$/);
const line = fc.record({ name: fc.oneof(ordinaryName, specialName.chain(anyCase)), value, before: space, after: space }).filter(({ name }) => !['host', 'connection', 'content-length', 'transfer-encoding', 'expect'].includes(name.toLowerCase()));
const connection = fc.array(fc.constantFrom('close', 'keep-alive', 'X-A', 'x-b', 'Accept', 'host', 'Content-Length', 'x-real-ip', 'x-consumer-id'), { minLength: 1, maxLength: 4 });
const connectionLine = connection.map((names): Line => ({ name: 'Connection', value: names.join(', '), before: ' ', after: '' }));

const written = ({ name, value: text, before, after }: Line): string => `${name}:${before}${text}${after}\r\n`;
const folded = (name: string): string => name.toLowerCase().replaceAll('_', '-');
const listedIn = (lines: readonly Line[]): readonly string[] =>
  lines.filter(({ name }) => name.toLowerCase() === 'connection').flatMap((one) => one.value.split(',').map((name) => name.trim().toLowerCase())).filter((name) => !KNOWN.has(name) && !name.startsWith('x-consumer-'));

function sent(fill: (out: OutgoingBytes) => void): string {
  const out = new OutgoingBytes();
  fill(out);
  return out.take().toString('latin1');
}

test('a request copied in runs is the request serialised line by line', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof({ weight: 5, arbitrary: line }, { weight: 1, arbitrary: connectionLine }), { maxLength: 12 }), fc.nat(12), fc.constantFrom('', 'Content-Length: 3\r\n', 'Transfer-Encoding: chunked\r\n'), fc.boolean(), (lines, hostAt, framing, dropsFraming) => {
      const block = lines.map(written);
      block.splice(Math.min(hostAt, block.length), 0, 'Host: a.test\r\n');
      const bytes = Buffer.from(`POST /x HTTP/1.1\r\n${block.join('')}${framing}\r\n`, 'latin1');
      const head = new RequestHead(32);
      head.begin(0);
      assert.equal(parseRequestHead(head, bytes, bytes.length, { maxHeadBytes: 4_096, maxTargetBytes: 100 }), 'complete');
      const listed = listedIn(lines);
      const expected = lines.filter(({ name }) => !NEVER_UPSTREAM.includes(folded(name)) && !folded(name).startsWith('x-consumer-') && !listed.includes(name.toLowerCase())).map(written);
      const dropped = dropsFraming ? DROPPED_FROM_REQUEST | FRAMING : DROPPED_FROM_REQUEST;
      const actual = sent((out) => {
        out.text('POST /y HTTP/1.1\r\nHost: b\r\n');
        writeHeaderLines(out, head, dropped);
        out.text('Ours: 1\r\n\r\n');
      });
      assert.equal(actual, `POST /y HTTP/1.1\r\nHost: b\r\n${expected.join('')}${dropsFraming ? '' : framing}Ours: 1\r\n\r\n`);
    }),
    { numRuns: 500 },
  );
});

test('a response copied in runs is the response serialised line by line', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof({ weight: 5, arbitrary: line }, { weight: 1, arbitrary: connectionLine }), { maxLength: 12 }), fc.constantFrom(0, 1), fc.constantFrom('x-a', 'cookie', 'none'), (lines, minor, removed) => {
      const bytes = Buffer.from(`HTTP/1.${minor} 200 Fine\r\n${lines.map(written).join('')}\r\n`, 'latin1');
      const head = new ResponseHead(32);
      head.begin(0);
      assert.equal(parseResponseHead(head, bytes, bytes.length, 4_096), 'complete');
      head.fields.reclass(bytes, removed, HEADER.REMOVED);
      const listed = listedIn(lines);
      const expected = lines.filter(({ name }) => !NEVER_DOWNSTREAM.includes(name.toLowerCase()) && !listed.includes(name.toLowerCase()) && folded(name) !== removed).map(written);
      assert.equal(sent((out) => writeStatusAndLines(out, head, DROPPED_FROM_RESPONSE)), `HTTP/1.1 200 Fine\r\n${expected.join('')}`);
    }),
    { numRuns: 500 },
  );
});

test('the framing line follows how the body reaches the client, and is written anew', () => {
  const headOf = (lines: string): ResponseHead => {
    const bytes = Buffer.from(`HTTP/1.1 ${lines}\r\n\r\n`);
    const head = new ResponseHead(8);
    head.begin(0);
    assert.equal(parseResponseHead(head, bytes, bytes.length, 4_096), 'complete');
    return head;
  };
  const length = headOf('200 OK\r\nContent-Length:\t005');
  const chunked = headOf('200 OK\r\nTransfer-Encoding:CHUNKED');
  assert.equal(responseFramingLine('as-is', length), 'Content-Length: 5\r\n');
  assert.equal(responseFramingLine('as-is', chunked), 'Transfer-Encoding: chunked\r\n');
  assert.equal(responseFramingLine('in-chunks', headOf('200 OK')), 'Transfer-Encoding: chunked\r\n');
  assert.equal(responseFramingLine('until-close', chunked), '');
  assert.equal(responseFramingLine('none', length), 'Content-Length: 5\r\n');
  assert.equal(responseFramingLine('none', chunked), '');
  assert.equal(responseFramingLine('none', headOf('304 Not Modified\r\nContent-Length: 7')), 'Content-Length: 7\r\n');
  assert.equal(responseFramingLine('none', headOf('204 No Content\r\nContent-Length: 0')), '');
  assert.equal(responseFramingLine('none', headOf('103 Early Hints\r\nContent-Length: 7')), '');
});
