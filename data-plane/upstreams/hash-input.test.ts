import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../shared/model/definition.ts';
import { staticConfig, staticUpstream } from '../../test/support/static-config.ts';
import { cookieLine, cookieValue, requestHash, stickyName, streamFacts, type BalancedRequest } from './hash-input.ts';
import { Peer } from './peer.ts';

interface Parts {
  readonly headers?: Readonly<Record<string, readonly string[]>>;
  readonly query?: Readonly<Record<string, readonly string[]>>;
  readonly captures?: ReadonlyMap<string, string>;
  readonly consumerId?: string;
  readonly clientAddress?: string;
  readonly path?: string;
}

const [route] = [staticConfig({ routes: [{ path: '/' }] })].map((config) => config.match({ ...streamFacts('').request, path: '/', method: 'GET', target: '/', query: '', host: '', port: 80, httpVersion: '1.1', clientPort: 1, localAddress: '', localPort: 80, serverName: undefined, clientCertificate: undefined })?.route);

function facts({ headers = {}, query = {}, captures, consumerId, clientAddress = '192.0.2.1', path = '/' }: Parts): BalancedRequest {
  return {
    request: { clientAddress, path, scheme: 'https', header: (name) => headers[name]?.[0], headerValues: (name) => headers[name] ?? [], queryValues: (name) => query[name] ?? [] },
    match: route === undefined ? undefined : { route, matchedPathLength: 0, captures },
    consumer: consumerId === undefined ? undefined : { id: consumerId, username: null, customId: null },
    balancerCookie: undefined,
  };
}

const hash = (fields: JsonObject, parts: Parts): number | undefined => requestHash(staticUpstream([], null, { algorithm: 'consistent-hashing', ...fields }).entity, facts(parts));

test('each input tells requests apart by what it names, and by nothing else', () => {
  const cases: readonly (readonly [JsonObject, Parts, Parts])[] = [
    [{ hash_on: 'consumer' }, { consumerId: 'a' }, { consumerId: 'b' }],
    [{ hash_on: 'ip' }, { clientAddress: '10.0.0.1' }, { clientAddress: '10.0.0.2' }],
    [{ hash_on: 'path' }, { path: '/a' }, { path: '/b' }],
    [{ hash_on: 'header', hash_on_header: 'X-User' }, { headers: { 'x-user': ['a'] } }, { headers: { 'x-user': ['b'] } }],
    [{ hash_on: 'query_arg', hash_on_query_arg: 'user' }, { query: { user: ['a'] } }, { query: { user: ['b'] } }],
    [{ hash_on: 'uri_capture', hash_on_uri_capture: 'user' }, { captures: new Map([['user', 'a']]) }, { captures: new Map([['user', 'b']]) }],
    [{ hash_on: 'cookie', hash_on_cookie: 'user' }, { headers: { cookie: ['x=1; user=a'] } }, { headers: { cookie: ['user=b'] } }],
  ];
  for (const [fields, one, other] of cases) {
    const name = JSON.stringify(fields);
    assert.notEqual(hash(fields, one), undefined, name);
    assert.equal(hash(fields, one), hash(fields, { ...one, headers: { ...one.headers, 'x-else': ['1'] } }), name);
    assert.notEqual(hash(fields, one), hash(fields, other), name);
  }
  assert.equal(hash({ hash_on: 'query_arg', hash_on_query_arg: 'u' }, { query: { u: ['a', 'b'] } }), hash({ hash_on: 'query_arg', hash_on_query_arg: 'u' }, { query: { u: ['b', 'a'] } }));
});

test('a request that lacks the first input is hashed by the fallback, or not at all', () => {
  const fields = { hash_on: 'uri_capture', hash_on_uri_capture: 'id', hash_fallback: 'ip' };
  assert.equal(hash(fields, { clientAddress: '10.0.0.1' }), hash({ hash_on: 'ip' }, { clientAddress: '10.0.0.1' }));
  assert.notEqual(hash(fields, { captures: new Map([['id', '7']]) }), hash(fields, {}));
  for (const lacking of [{ hash_on: 'consumer' }, { hash_on: 'header', hash_on_header: 'X' }, { hash_on: 'query_arg', hash_on_query_arg: 'q' }, { hash_on: 'uri_capture', hash_on_uri_capture: 'c' }]) assert.equal(hash(lacking, {}), undefined);
});

test('cookies are found among others, and what is given out is one well-formed line', () => {
  const of = (...lines: readonly string[]): string | undefined => cookieValue(facts({ headers: { cookie: lines } }), 'seat');
  assert.equal(of('a=1; seat=x=y ; b'), 'x=y');
  assert.equal(of('a=1', 'seat=z'), 'z');
  assert.equal(of('seat=; xseat=1; Seat=2; seat'), undefined);
  assert.equal(cookieLine('seat', 'v', '/a;b', 'https'), 'Set-Cookie: seat=v; Path=/a%3Bb; HttpOnly; SameSite=Lax; Secure\r\n');
  const given = facts({});
  requestHash(staticUpstream([], null, { hash_on: 'cookie', hash_on_cookie: 'seat' }).entity, given);
  assert.match(given.balancerCookie ?? '', /^Set-Cookie: seat=[0-9a-f-]{36}; Path=\/; HttpOnly; SameSite=Lax; Secure\r\n$/);
});

test('the name of a target in a cookie differs by upstream and address, and holds neither', () => {
  const name = (upstreamId: string, address: string): string => stickyName(new Peer({ upstreamId, host: address, port: 80, address, srvName: undefined }));
  assert.equal(name('u', '10.0.0.1'), name('u', '10.0.0.1'));
  assert.equal(new Set([name('u', '10.0.0.1'), name('u', '10.0.0.2'), name('v', '10.0.0.1')]).size, 3);
  assert.match(name('u', '10.0.0.1'), /^[A-Za-z0-9_-]{22}$/);
});
