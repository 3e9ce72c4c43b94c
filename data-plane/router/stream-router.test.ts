import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { StreamView } from '../config/active-config.ts';
import type { StreamAttributes } from './stream-matcher.ts';
import { StreamRouter } from './stream-router.ts';

type Attributes = Partial<Omit<StreamAttributes, 'id'>>;

function streamView(parts: Partial<StreamView> = {}): StreamView {
  return { protocol: 'tcp', serverName: undefined, sourceAddress: '192.0.2.1', sourcePort: 40_000, destinationAddress: '10.0.0.1', destinationPort: 5432, ...parts };
}

function attributesOf(id: string, attributes: Attributes): StreamAttributes {
  return { id, protocols: ['tcp'], snis: null, sources: null, destinations: null, expression: null, priority: 0, ...attributes };
}

function winner(routes: Readonly<Record<string, Attributes>>, stream: Partial<StreamView> = {}): string | undefined {
  const draft = new StreamRouter().draft();
  for (const [id, attributes] of Object.entries(routes)) assert.equal(draft.add(attributesOf(id, attributes)), undefined, id);
  return draft.finish().match(streamView(stream));
}

const end = (ip: string | null, port: number | null = null): { readonly ip: string | null; readonly port: number | null } => ({ ip, port });

describe('what a stream route asks of a connection', () => {
  test('the protocol: tcp, tls and tls_passthrough are different doors', () => {
    const routes: Record<string, Attributes> = { a: { destinations: [end(null, 5432)] }, b: { protocols: ['tls'], destinations: [end(null, 5432)] }, c: { protocols: ['tls_passthrough'], snis: ['db.test'] } };
    assert.equal(winner(routes, { protocol: 'tcp' }), 'a');
    assert.equal(winner(routes, { protocol: 'tls', serverName: 'db.test' }), 'b');
    assert.equal(winner(routes, { protocol: 'tls_passthrough', serverName: 'db.test' }), 'c');
    assert.equal(winner(routes, { protocol: 'tls_passthrough', serverName: 'other.test' }), undefined);
    assert.equal(winner(routes, { protocol: 'tls_passthrough' }), undefined);
  });

  test('a source and a destination: address, block, port, or all', () => {
    assert.equal(winner({ r: { sources: [end('192.0.2.0/24')] } }), 'r');
    assert.equal(winner({ r: { sources: [end('192.0.2.1', 40_000)] } }), 'r');
    assert.equal(winner({ r: { sources: [end('192.0.2.1', 1)] } }), undefined);
    assert.equal(winner({ r: { sources: [end('198.51.100.0/24'), end(null, 40_000)] } }), 'r');
    assert.equal(winner({ r: { sources: [end('192.0.2.1')], destinations: [end('10.0.0.0/8', 5433)] } }), undefined);
    assert.equal(winner({ r: { destinations: [end('2001:db8::/32')] } }, { destinationAddress: '2001:db8::5' }), 'r');
    assert.equal(winner({ r: { destinations: [end('10.0.0.0/8')] } }, { destinationAddress: '2001:db8::5' }), undefined);
  });

  test('a server name, exact or with a wildcard', () => {
    const tls = { protocols: ['tls'] } as const;
    assert.equal(winner({ r: { ...tls, snis: ['A.test'] } }, { protocol: 'tls', serverName: 'a.test' }), 'r');
    assert.equal(winner({ r: { ...tls, snis: ['*.test'] } }, { protocol: 'tls', serverName: 'b.a.test' }), 'r');
    assert.equal(winner({ r: { ...tls, snis: ['a.*'] } }, { protocol: 'tls', serverName: 'a.org' }), 'r');
    assert.equal(winner({ r: { ...tls, snis: ['*.test'] } }, { protocol: 'tls', serverName: 'test' }), undefined);
    assert.equal(winner({ r: { ...tls, snis: ['a.test'] } }, { protocol: 'tls' }), undefined);
  });

  test('an expression over the connection', () => {
    const expression = 'net.protocol == "tls" && tls.sni =^ ".test" && net.src.ip in 192.0.2.0/24 && net.dst.port == 5432 || net.src.port < 1024';
    assert.equal(winner({ r: { protocols: ['tls'], expression } }, { protocol: 'tls', serverName: 'a.test' }), 'r');
    assert.equal(winner({ r: { protocols: ['tls'], expression } }, { protocol: 'tls', serverName: 'a.org' }), undefined);
    assert.equal(winner({ r: { protocols: ['tls'], expression } }, { protocol: 'tls', serverName: 'a.test', destinationPort: 1, sourcePort: 1000 }), 'r');
  });

  test('what can never match is said', () => {
    const draft = new StreamRouter().draft();
    assert.equal(draft.add(attributesOf('a', {})), 'the route has nothing to match on');
    assert.equal(draft.add(attributesOf('b', { protocols: ['tls_passthrough'], sources: [end('10.0.0.1')] })), 'a route for tls_passthrough needs snis');
    assert.equal(draft.add(attributesOf('c', { expression: 'http.path == "/"' }))?.startsWith('expression: col 1: http.path exists for http routes only'), true);
    assert.equal(draft.add(attributesOf('d', { sources: [end('10.0.0.300')] })), '10.0.0.300 is neither an address nor a block of them');
    assert.equal(draft.finish().match(streamView()), undefined);
  });
});

describe('which of several matching stream routes wins', () => {
  const cases: readonly (readonly [says: string, better: Attributes, worse: Attributes])[] = [
    ['a server name before an exact address', { protocols: ['tls'], snis: ['*.test'] }, { protocols: ['tls'], sources: [end('192.0.2.1', 40_000)] }],
    ['source and destination before one of them', { protocols: ['tls'], sources: [end('192.0.2.0/24')], destinations: [end('10.0.0.0/8')] }, { protocols: ['tls'], sources: [end('192.0.2.1', 40_000)] }],
    ['the source before the destination', { protocols: ['tls'], sources: [end('192.0.2.0/24')] }, { protocols: ['tls'], destinations: [end('10.0.0.1', 5432)] }],
    ['an address before a port', { protocols: ['tls'], destinations: [end('10.0.0.1')] }, { protocols: ['tls'], destinations: [end(null, 5432)] }],
    ['a port before a block', { protocols: ['tls'], destinations: [end(null, 5432)] }, { protocols: ['tls'], destinations: [end('10.0.0.0/8')] }],
    ['an address with its port before an address', { protocols: ['tls'], destinations: [end('10.0.0.1', 5432)] }, { protocols: ['tls'], destinations: [end('10.0.0.1')] }],
    ['an expression before attributes', { protocols: ['tls'], expression: 'net.dst.port > 1' }, { protocols: ['tls'], snis: ['a.test'], sources: [end('192.0.2.1', 40_000)] }],
    ['the higher priority', { protocols: ['tls'], expression: 'net.dst.port > 1', priority: 2 ** 46 - 1 }, { protocols: ['tls'], expression: 'tls.sni == "a.test"', priority: 2 ** 46 - 2 }],
  ];
  for (const [says, better, worse] of cases) {
    test(says, () => {
      const stream = { protocol: 'tls', serverName: 'a.test' } as const;
      assert.equal(winner({ a: better, z: worse }, stream), 'a');
      assert.equal(winner({ a: worse, z: better }, stream), 'z');
    });
  }

  test('equals: the greater id', () => assert.equal(winner({ a: { destinations: [end(null, 5432)] }, b: { destinations: [end(null, 5432)] } }), 'b'));
});

const address = fc.constantFrom('10.0.0.1', '10.0.0.2', '10.1.0.1');
const port = fc.constantFrom(80, 81);
const endpoint = fc.oneof(
  fc.tuple(fc.oneof(address, fc.constantFrom('10.0.0.0/16', '10.0.0.0/8')), fc.option(port)).map(([ip, number]) => end(ip, number)),
  port.map((number) => end(null, number)),
);
const serverName = fc.constantFrom('a.test', 'b.test', 'x.a.test');
const route: fc.Arbitrary<StreamAttributes> = fc
  .record({
    id: fc.nat(20).map((number) => `route-${String(number).padStart(2, '0')}`),
    protocols: fc.constantFrom<StreamAttributes['protocols']>(['tcp'], ['tls'], ['tcp', 'tls']),
    snis: fc.option(fc.uniqueArray(fc.oneof(serverName, fc.constantFrom('*.test', '*.a.test')), { minLength: 1, maxLength: 2 })),
    sources: fc.option(fc.array(endpoint, { minLength: 1, maxLength: 2 })),
    destinations: fc.option(fc.array(endpoint, { minLength: 1, maxLength: 2 })),
    expression: fc.constantFrom(null, null, null, 'net.dst.port == 80', 'tls.sni == "a.test" || net.dst.port == 81', 'tls.sni == "b.test" && net.src.port != 80'),
    priority: fc.nat(3),
  })
  .filter(({ snis, sources, destinations, expression }) => [snis, sources, destinations, expression].some((given) => given !== null));
const stream: fc.Arbitrary<StreamView> = fc.record({
  protocol: fc.constantFrom('tcp', 'tls'), serverName: fc.option(serverName, { nil: undefined }), sourceAddress: address, sourcePort: port, destinationAddress: address, destinationPort: port,
});

/** As kong-compatible documentation has it: 61 is the bit of a server name or of both ends; then the source's bits, then the destination's. */
function naiveRank({ snis, sources, destinations, expression, priority }: StreamAttributes): bigint {
  if (expression !== null) return (0xffn << 56n) | BigInt(priority);
  const bits = (endpoints: StreamAttributes['sources']): bigint => (endpoints ?? []).reduce((sum, { ip, port: number }) => sum | (ip === null ? 0n : ip.includes('/') ? 1n : 8n) | (number === null ? 0n : 4n), 0n);
  return (snis !== null || (sources !== null && destinations !== null) ? 1n << 61n : 0n) | (bits(sources) << 4n) | bits(destinations);
}

function naiveFits({ protocols, snis, sources, destinations, expression }: StreamAttributes, view: StreamView): boolean {
  const { serverName: name, destinationPort } = view;
  if (!protocols.includes(view.protocol)) return false;
  if (expression === 'net.dst.port == 80') return destinationPort === 80;
  if (expression?.startsWith('tls.sni == "a') === true) return name === 'a.test' || destinationPort === 81;
  if (expression !== null) return name === 'b.test' && view.sourcePort !== 80;
  if (snis !== null && !snis.some((sni) => name !== undefined && (sni.startsWith('*') ? name.endsWith(sni.slice(1)) : sni === name))) return false;
  const inBlock = (ip: string, at: string): boolean => (ip.includes('/16') ? at.startsWith('10.0.') : ip.includes('/8') ? at.startsWith('10.') : ip === at);
  const endFits = (endpoints: StreamAttributes['sources'], at: string, number: number): boolean => endpoints === null || endpoints.some(({ ip, port: wanted }) => (ip === null || inBlock(ip, at)) && (wanted === null || wanted === number));
  return endFits(sources, view.sourceAddress, view.sourcePort) && endFits(destinations, view.destinationAddress, destinationPort);
}

test('the stream router finds what a scan of all routes finds, after any updates', () => {
  let [matched, asked] = [0, 0];
  fc.assert(
    fc.property(fc.array(fc.tuple(route, fc.boolean()), { maxLength: 25 }), fc.array(stream, { minLength: 10, maxLength: 10 }), (edits, views) => {
      let router = new StreamRouter();
      const routes = new Map<string, StreamAttributes>();
      for (const [one, isPut] of edits) {
        const draft = router.draft();
        const before = routes.get(one.id);
        if (before !== undefined) draft.remove(before);
        routes.delete(one.id);
        if (isPut) {
          assert.equal(draft.add(one), undefined);
          routes.set(one.id, one);
        }
        router = draft.finish();
      }
      for (const view of views) {
        const fitting = [...routes.values()].filter((one) => naiveFits(one, view));
        const best = fitting.toSorted((a, b) => (naiveRank(a) === naiveRank(b) ? (a.id > b.id ? -1 : 1) : naiveRank(a) > naiveRank(b) ? -1 : 1))[0];
        assert.equal(router.match(view), best?.id);
        asked += 1;
        if (best !== undefined) matched += 1;
      }
    }),
    { numRuns: 500 },
  );
  assert.ok(matched > asked / 10 && matched < asked, `the property must see matches and misses: ${matched} of ${asked}`);
});
