/** Trace headers, both ways: what is injected is extracted again, and nothing that a client sends throws or goes further as garbage. */
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { requestView } from '../plugin-kit/request-view.ts';
import { pluginContext } from '../plugin-kit/plugin-host.ts';
import { propagationRules, type TraceHeaderConfig } from './trace-config.ts';
import { TRACE_FORMAT_NAMES, type OutgoingTrace, type TraceContext, type TraceFormatName } from './trace-context.ts';
import { TRACE_FORMATS, TracePropagation } from './trace-propagation.ts';

type Lines = readonly (readonly [name: string, value: string])[];

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const hex = (digits: number): fc.Arbitrary<string> => fc.uint8Array({ minLength: digits / 2, maxLength: digits / 2 }).filter((bytes) => bytes.some((byte) => byte !== 0)).map((bytes) => Buffer.from(bytes).toString('hex'));
const outgoing: fc.Arbitrary<OutgoingTrace> = fc.record({
  long: hex(32), short: hex(16), isShort: fc.boolean(), spanId: hex(16), parentSpanId: fc.option(hex(16), { nil: undefined }), sampled: fc.boolean(), debug: fc.boolean(),
}).map(({ long, short, isShort, sampled, debug, ...more }) => ({ ...more, sampled: sampled || debug, debug, traceId: isShort ? short.padStart(32, '0') : long, isShort, state: undefined }));

/** What of a trace each format can say. */
const carried: Readonly<Record<TraceFormatName, (trace: OutgoingTrace) => Partial<TraceContext>>> = {
  w3c: () => ({ isShort: false, parentSpanId: undefined, debug: false }),
  b3: () => ({}),
  'b3-single': () => ({}),
  jaeger: () => ({}),
  ot: () => ({ parentSpanId: undefined, debug: false }),
  datadog: () => ({ parentSpanId: undefined, debug: false }),
  aws: () => ({ isShort: false, parentSpanId: undefined, debug: false }),
  gcp: () => ({ isShort: false, parentSpanId: undefined, debug: false }),
};

function injected(format: TraceFormatName, trace: OutgoingTrace, sent: Lines = [], from?: TraceFormatName): Lines {
  const context = pluginContext({ headers: sent });
  TRACE_FORMATS[format].inject(context, trace, from);
  return context.upstreamHeaderNames().flatMap((name) => context.upstreamHeaderValues(name).map((value) => [name, value] as const));
}

const extracted = (format: TraceFormatName, headers: Lines) => TRACE_FORMATS[format].extract(requestView({ headers }));

for (const name of TRACE_FORMAT_NAMES) {
  describe(name, () => {
    test('what is injected is extracted again', () => {
      fc.assert(fc.property(outgoing, (trace) => {
        const upper = trace.traceId.startsWith('0'.repeat(16));
        // Ids whose upper half happens to be 0 are what they look like.
        const isShort = upper && ((name === 'datadog') || trace.isShort);
        assert.deepEqual(extracted(name, injected(name, trace)), { ...trace, isShort, ...carried[name](trace) });
      }), { numRuns: 200 });
    });

    test('nothing that a client sends throws, and what is taken is well-formed', () => {
      const { headers } = TRACE_FORMATS[name];
      const usual = injected(name, { traceId: TRACE, isShort: false, spanId: SPAN, parentSpanId: SPAN, sampled: true, debug: false, state: undefined });
      const value = fc.oneof(fc.string({ unit: 'binary', maxLength: 80 }), fc.constantFrom('', '0', '1', '-', ':', ';', '=', '/', '%', 'd', '0'.repeat(16), '0'.repeat(32), 'g'.repeat(32), 'x'.repeat(20_000), '99999999999999999999', '1-2-3-4-5'),
        fc.constantFrom(...usual.map(([, text]) => text)).chain((text) => fc.tuple(fc.nat(text.length), fc.string({ maxLength: 3 })).map(([at, piece]) => text.slice(0, at) + piece + text.slice(at + 1))));
      const lines = fc.array(fc.tuple(fc.constantFrom(...headers), value), { maxLength: 6 });
      fc.assert(fc.property(lines, (sent) => {
        const found = extracted(name, sent);
        if (found === undefined || found === 'malformed') return;
        if (found.traceId !== undefined) assert.match(found.traceId, /^(?!0{32})[0-9a-f]{32}$/);
        for (const id of [found.spanId, found.parentSpanId]) if (id !== undefined) assert.match(id, /^(?!0{16})[0-9a-f]{16}$/);
        if (found.state !== undefined) assert.ok(found.state.length <= 512 && /^[\x20-\x7e]+$/.test(found.state));
      }), { numRuns: 300 });
    });
  });
}

const readable: readonly (readonly [format: TraceFormatName, headers: Lines, expected: Partial<TraceContext>])[] = [
  ['w3c', [['traceparent', `00-${TRACE}-${SPAN}-01`], ['tracestate', 'a=1'], ['tracestate', 'b=2 , c=3']], { traceId: TRACE, spanId: SPAN, sampled: true, state: 'a=1,b=2,c=3' }],
  ['w3c', [['traceparent', `cc-${TRACE}-${SPAN}-00-what comes later`]], { traceId: TRACE, sampled: false }],
  ['b3', [['x-b3-traceid', SPAN.toUpperCase()], ['x-b3-spanid', SPAN], ['x-b3-flags', '1']], { traceId: `${'0'.repeat(16)}${SPAN}`, isShort: true, sampled: true, debug: true }],
  ['b3', [['x-b3-sampled', '0']], { traceId: undefined, sampled: false }],
  ['b3-single', [['b3', '0']], { traceId: undefined, sampled: false }],
  ['b3-single', [['b3', `${TRACE}-${SPAN}`]], { traceId: TRACE, sampled: undefined }],
  ['jaeger', [['uber-trace-id', 'abc%3A12%3A0%3A1']], { traceId: 'abc'.padStart(32, '0'), spanId: '12'.padStart(16, '0'), parentSpanId: undefined, sampled: true }],
  ['datadog', [['x-datadog-trace-id', '18446744073709551615'], ['x-datadog-parent-id', '1'], ['x-datadog-sampling-priority', '2'], ['x-datadog-tags', '_dd.p.dm=-1,_dd.p.tid=640cfd8d00000000']], { traceId: '640cfd8d00000000ffffffffffffffff', isShort: false, sampled: true }],
  ['datadog', [['x-datadog-trace-id', '7']], { traceId: '7'.padStart(32, '0'), spanId: undefined, sampled: undefined }],
  ['aws', [['x-amzn-trace-id', `Self=1-5-6; Root=1-${TRACE.slice(0, 8)}-${TRACE.slice(8)}`]], { traceId: TRACE, spanId: undefined, sampled: undefined }],
  ['gcp', [['x-cloud-trace-context', `${TRACE}/255;o=1`]], { traceId: TRACE, spanId: 'ff'.padStart(16, '0'), sampled: true }],
  ['gcp', [['x-cloud-trace-context', TRACE]], { traceId: TRACE, spanId: undefined, sampled: undefined }],
];
for (const [format, headers, expected] of readable) {
  test(`${format}: ${headers.map(([, value]) => value).join(' | ')}`, () => {
    const found = extracted(format, headers);
    assert.ok(typeof found === 'object');
    assert.deepEqual(Object.fromEntries(Object.keys(expected).map((key) => [key, Reflect.get(found, key)])), expected);
  });
}

const malformed: readonly (readonly [format: TraceFormatName, headers: Lines])[] = [
  ['w3c', [['traceparent', `00-${TRACE}-${SPAN}-01`], ['traceparent', `00-${TRACE}-${SPAN}-01`]]],
  ['w3c', [['traceparent', `ff-${TRACE}-${SPAN}-01`]]],
  ['w3c', [['traceparent', `00-${TRACE}-${SPAN}-01-more`]]],
  ['w3c', [['traceparent', `01-${TRACE}-${SPAN}-01more`]]],
  ['w3c', [['traceparent', `00-${TRACE.toUpperCase()}-${SPAN}-01`]]],
  ['w3c', [['traceparent', `00-${'0'.repeat(32)}-${SPAN}-01`]]],
  ['w3c', [['traceparent', `00-${TRACE}-${'0'.repeat(16)}-01`]]],
  ['b3', [['x-b3-traceid', TRACE]]],
  ['b3', [['x-b3-traceid', TRACE.slice(1)], ['x-b3-spanid', SPAN]]],
  ['b3', [['x-b3-sampled', 'perhaps']]],
  ['b3-single', [['b3', 'x']]],
  ['b3-single', [['b3', `${TRACE}-${SPAN}-1-${SPAN}-1`]]],
  ['jaeger', [['uber-trace-id', `${TRACE}:${SPAN}:0`]]],
  ['jaeger', [['uber-trace-id', `0:${SPAN}:0:1`]]],
  ['ot', [['ot-tracer-traceid', TRACE]]],
  ['datadog', [['x-datadog-trace-id', '18446744073709551616']]],
  ['datadog', [['x-datadog-trace-id', '0']]],
  ['datadog', [['x-datadog-trace-id', '0x1f']]],
  ['aws', [['x-amzn-trace-id', `Root=1-${TRACE}`]]],
  ['aws', [['x-amzn-trace-id', `Root=1-${TRACE.slice(0, 8)}-${TRACE.slice(8)};Parent=1`]]],
  ['gcp', [['x-cloud-trace-context', `${TRACE}/-1;o=1`]]],
  ['gcp', [['x-cloud-trace-context', `${TRACE};o=7`]]],
];
for (const [format, headers] of malformed) {
  test(`${format} is malformed: ${headers.map(([name, value]) => `${name}: ${value}`).join(', ')}`, () => assert.equal(extracted(format, headers), 'malformed'));
}

test('tracestate stays within 512 characters and 32 members, and a broken one goes no further', () => {
  const stateOf = (lines: readonly string[]) => {
    const found = extracted('w3c', [['traceparent', `00-${TRACE}-${SPAN}-01`], ...lines.map((line) => ['tracestate', line] as const)]);
    return typeof found === 'object' ? found.state : found;
  };
  const members = Array.from({ length: 40 }, (_, index) => `k${index}=v`);
  assert.equal(stateOf([members.join(',')]), members.slice(0, 32).join(','));
  assert.equal(stateOf([`a=${'x'.repeat(300)}`, `b=${'x'.repeat(300)}`]), `a=${'x'.repeat(300)}`);
  assert.equal(stateOf(['nonsense']), undefined);
  assert.equal(stateOf(['a=1,b=\u00ff']), undefined);
  assert.equal(stateOf([',,', ' , ']), undefined);
});

/** What goes upstream of these headers. */
function sentOn(config: Partial<TraceHeaderConfig>, sent: Lines, defaultFormat: TraceFormatName = 'w3c'): Readonly<Record<string, string>> {
  const propagation = new TracePropagation(propagationRules({ header_type: 'preserve', propagation: null, ...config }, defaultFormat));
  const context = pluginContext({ headers: sent });
  const found = propagation.extract(context.request);
  propagation.inject(context, { traceId: found.context?.traceId ?? TRACE, isShort: false, spanId: '00000000000000aa', parentSpanId: undefined, sampled: true, debug: false, state: found.context?.state }, found);
  return Object.fromEntries(context.upstreamHeaderNames().map((name) => [name, context.upstreamHeaderValues(name).join(' | ')]));
}

describe('which formats are read and written', () => {
  const b3: Lines = [['b3', `${TRACE}-${SPAN}-1`]];
  const parent = `00-${TRACE}-00000000000000aa-01`;

  test('header_type preserve: as it came, else as by default', () => {
    assert.deepEqual(sentOn({}, b3), { b3: `${TRACE}-00000000000000aa-1` });
    assert.deepEqual(sentOn({}, []), { traceparent: parent });
    assert.deepEqual(Object.keys(sentOn({}, [], 'b3')), ['x-b3-traceid', 'x-b3-spanid', 'x-b3-sampled']);
  });

  test('header_type ignore: what came is not looked at', () => {
    assert.deepEqual(sentOn({ header_type: 'ignore' }, [['traceparent', `00-${SPAN}${SPAN}-${SPAN}-00`], ['tracestate', 'a=1']]), { traceparent: parent });
  });

  test('header_type with a format: in that one, and as it came', () => {
    assert.deepEqual(sentOn({ header_type: 'jaeger' }, b3), { b3: `${TRACE}-00000000000000aa-1`, 'uber-trace-id': `${TRACE}:00000000000000aa:0:1` });
    assert.deepEqual(sentOn({ header_type: 'jaeger' }, []), { 'uber-trace-id': `${TRACE}:00000000000000aa:0:1` });
  });

  test('propagation: the first format in order, cleared headers, several injected', () => {
    const both: Lines = [...b3, ['traceparent', `00-${SPAN}${SPAN}-${SPAN}-00`], ['x-secret', '1']];
    const propagation = { extract: ['b3', 'w3c'], clear: ['B3', 'X-Secret'], inject: ['w3c', 'aws'], default_format: 'w3c' } as const;
    assert.deepEqual(sentOn({ propagation }, both), { traceparent: parent, 'x-amzn-trace-id': `Root=1-${TRACE.slice(0, 8)}-${TRACE.slice(8)};Parent=00000000000000aa;Sampled=1` });
    assert.deepEqual(sentOn({ propagation: { extract: null, clear: null, inject: null, default_format: 'w3c' } }, b3), { b3: `${TRACE}-${SPAN}-1` });
  });

  test('a malformed header of a format that is looked for goes no further', () => {
    const propagation = { extract: ['b3', 'w3c'], clear: null, inject: ['w3c'], default_format: 'w3c' } as const;
    assert.deepEqual(sentOn({ propagation }, [['b3', 'rubbish'], ['x-b3-traceid', 'zz'], ['traceparent', 'rubbish'], ['tracestate', 'a=1'], ['uber-trace-id', 'not looked at']]), { traceparent: parent, 'uber-trace-id': 'not looked at' });
  });

  test('a tracestate goes on as it came, and not without its traceparent', () => {
    assert.deepEqual(sentOn({}, [['traceparent', `00-${TRACE}-${SPAN}-01`], ['tracestate', 'a=1'], ['tracestate', 'b=2']]), { traceparent: parent, tracestate: 'a=1,b=2' });
    assert.deepEqual(sentOn({ header_type: 'w3c' }, [...b3, ['tracestate', 'a=1']]), { b3: `${TRACE}-00000000000000aa-1`, traceparent: parent });
  });
});
