import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { ChunkedScanner } from './chunked-scanner.ts';
import { Ranges } from './ranges.ts';

interface Case {
  readonly name: string;
  readonly wire: string;
  readonly expect: { readonly outcome: string; readonly data?: string; readonly kept?: string; readonly rest?: string };
}

const CASES = JSON.parse(readFileSync(new URL('../../test/cases/http1/chunked.json', import.meta.url), 'utf8')) as readonly Case[];
const MAX_EXTRA_BYTES = 256;

interface Scanned {
  readonly outcome: 'complete' | 'refused' | 'incomplete';
  /** What would be sent on. */
  readonly sent: string;
  readonly rest: string;
  readonly dataBytes: number;
}

function scan(wire: Buffer, keepsFraming: boolean, cuts: readonly number[]): Scanned {
  const scanner = new ChunkedScanner();
  const ranges = new Ranges();
  scanner.begin(keepsFraming, MAX_EXTRA_BYTES, false);
  let sent = '';
  let start = 0;
  for (const end of [...cuts, wire.length]) {
    ranges.clear();
    const behind = scanner.scan(wire, start, end, ranges);
    if (behind === -1) return { outcome: 'refused', sent: '', rest: '', dataBytes: 0 };
    for (let index = 0; index < ranges.count; index++) sent += wire.toString('latin1', ranges.start(index), ranges.end(index));
    if (scanner.done) return { outcome: 'complete', sent, rest: wire.toString('latin1', behind), dataBytes: scanner.dataBytes };
    assert.equal(behind, end, 'an unfinished body takes all that is there');
    start = end;
  }
  return { outcome: 'incomplete', sent, rest: '', dataBytes: scanner.dataBytes };
}

test('chunked bodies scan as the cases say, and the same wherever reads cut them', () => {
  for (const { name, wire, expect } of CASES) {
    const bytes = Buffer.from(wire, 'latin1');
    for (const keepsFraming of [true, false]) {
      const whole = scan(bytes, keepsFraming, []);
      assert.equal(whole.outcome, expect.outcome, name);
      if (expect.outcome === 'complete') assert.equal(whole.sent, keepsFraming ? expect.kept : expect.data, name);
      if (expect.outcome === 'complete') assert.equal(whole.rest, expect.rest, name);
      if (expect.data !== undefined) assert.equal(whole.dataBytes, expect.data.length, name);
      for (let cut = 0; cut <= bytes.length; cut++) assert.deepEqual(scan(bytes, keepsFraming, [cut]), whole, `${name}, cut at ${cut}`);
      assert.deepEqual(scan(bytes, keepsFraming, [...bytes.keys()]), whole, `${name}, byte by byte`);
    }
  }
});

const hexSize = (size: number): fc.Arbitrary<string> =>
  fc.tuple(fc.nat(3), fc.boolean()).map(([zeros, capitals]) => '0'.repeat(zeros) + (capitals ? size.toString(16).toUpperCase() : size.toString(16)));
const extension = fc.option(fc.stringMatching(/^[a-z"=; ]{0,10}$/).map((text) => `;${text}`), { nil: '' });
const chunk = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }).map((text) => Buffer.from(text).toString('latin1')).chain((data) => fc.tuple(hexSize(data.length), extension).map(([size, ext]) => ({ data, size, ext })));
const trailer = fc.stringMatching(/^[A-Za-z-]{1,8}: [a-z ]{0,10}$/);

test('whatever is well-formed comes out as data and as clean chunks, in any pieces', () => {
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 8 }), fc.array(trailer, { maxLength: 3 }), hexSize(0), extension, fc.array(fc.nat(400), { maxLength: 6 }), (chunks, trailers, lastSize, lastExtension, rawCuts) => {
      fc.pre(chunks.reduce((sum, { ext }) => sum + ext.length, lastExtension.length) <= MAX_EXTRA_BYTES);
      const body = (withExtras: boolean): string =>
        chunks.map(({ data, size, ext }) => `${size}${withExtras ? ext : ''}\r\n${data}\r\n`).join('') +
        `${lastSize}${withExtras ? lastExtension : ''}\r\n${withExtras ? trailers.map((line) => `${line}\r\n`).join('') : ''}\r\n`;
      const wire = Buffer.from(body(true) + 'next', 'latin1');
      const cuts = rawCuts.filter((cut) => cut <= wire.length).toSorted((a, b) => a - b);
      const data = chunks.map((one) => one.data).join('');
      assert.deepEqual(scan(wire, true, cuts), { outcome: 'complete', sent: body(false), rest: 'next', dataBytes: data.length });
      assert.deepEqual(scan(wire, false, cuts), { outcome: 'complete', sent: data, rest: 'next', dataBytes: data.length });
    }),
    { numRuns: 300 },
  );
});

test('a body with one byte changed is never read past its end as complete data of another length', () => {
  const wire = Buffer.from('3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n', 'latin1');
  fc.assert(
    fc.property(fc.nat(wire.length - 1), fc.nat(255), (at, byte) => {
      const changed = Buffer.from(wire);
      changed[at] = byte;
      const result = scan(changed, true, []);
      if (result.outcome !== 'complete') return;
      // What goes on is what a plain reader of the clean framing would read, and ends where it ends.
      assert.equal(readPlain(result.sent), result.dataBytes);
    }),
  );
});

/** Length of the data of a body in clean chunks; throws where it is not one to the last byte. */
function readPlain(text: string): number {
  let at = 0;
  let total = 0;
  for (;;) {
    const match = /^([0-9a-fA-F]+)\r\n/.exec(text.slice(at));
    if (match === null) throw new Error(`no chunk size at ${at} of ${JSON.stringify(text)}`);
    const size = Number.parseInt(match[1] ?? '', 16);
    at += match[0].length + size;
    assert.equal(text.slice(at, at + 2), '\r\n');
    at += 2;
    total += size;
    if (size > 0) continue;
    assert.equal(at, text.length);
    return total;
  }
}
