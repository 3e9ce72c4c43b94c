import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { normalisePath } from '../../shared/model/normal-path.ts';
import { buildUpstreamPath } from './upstream-path.ts';

type Row = readonly [servicePath: string, matched: string, request: string, v0: string, v1: string];

/** With strip_path. `matched` is the part of the request path that the route matched. */
const STRIPPED: readonly Row[] = [
  ['', '/', '/', '/', '/'],
  ['', '/api', '/api', '/', '/'],
  ['', '/api', '/api/', '/', '/'],
  ['', '/api', '/api/x', '/x', '/x'],
  ['', '/api', '/apix', '/x', '/x'],
  ['', '/api/', '/api/x', '/x', '/x'],
  ['/', '/api', '/api/x/', '/x/', '/x/'],
  ['/s', '/', '/', '/s', '/s'],
  ['/s', '/', '/x', '/s/x', '/sx'],
  ['/s', '/api', '/api', '/s', '/s'],
  ['/s', '/api/', '/api/', '/s/', '/s'],
  ['/s', '/api', '/api/', '/s/', '/s/'],
  ['/s', '/api', '/api/x', '/s/x', '/s/x'],
  ['/s', '/api', '/apix', '/s/x', '/sx'],
  ['/s', '/api/', '/api/x', '/s/x', '/sx'],
  ['/s/', '/', '/', '/s/', '/s/'],
  ['/s/', '/', '/x', '/s/x', '/s/x'],
  ['/s/', '/api', '/api', '/s', '/s/'],
  ['/s/', '/api', '/api/', '/s/', '/s/'],
  ['/s/', '/api/', '/api/', '/s/', '/s/'],
  ['/s/', '/api', '/api/x', '/s/x', '/s/x'],
  ['/s/', '/api', '/apix', '/s/x', '/s/x'],
  ['/s/', '/api/', '/api/x', '/s/x', '/s/x'],
  // A rest that looks like a dot segment must not climb out of the service's path.
  ['/s/', '/api', '/api..', '/s', '/s/'],
  ['/s/', '/api', '/api.', '/s', '/s/'],
  ['/s/', '/api', '/api../x', '/s/x', '/s/x'],
  ['/s/', '/api', '/api./x', '/s/x', '/s/x'],
  ['/s', '/api', '/api..', '/s', '/s'],
  ['/s', '/api', '/api../x', '/s/x', '/sx'],
  ['', '/api', '/api../x', '/x', '/x'],
  ['', '/api', '/api..x', '/..x', '/..x'],
];

/** Without strip_path it does not matter what the route matched. */
const WHOLE: readonly Row[] = [
  ['', '/api', '/', '/', '/'],
  ['', '/api', '/api', '/api', '/api'],
  ['/', '/api', '/api/', '/api/', '/api/'],
  ['/s', '/', '/', '/s', '/s/'],
  ['/s', '/api', '/api', '/s/api', '/s/api'],
  ['/s', '/api', '/api/', '/s/api/', '/s/api/'],
  ['/s', '/api', '/apix', '/s/apix', '/s/apix'],
  ['/s/', '/', '/', '/s/', '/s/'],
  ['/s/', '/api', '/api', '/s/api', '/s/api'],
  ['/s/', '/api', '/api/x', '/s/api/x', '/s/api/x'],
];

test('strip_path and path_handling make the upstream path that Kong documents', () => {
  for (const [rows, stripPath] of [[STRIPPED, true], [WHOLE, false]] as const) {
    for (const [servicePath, matched, request, v0, v1] of rows) {
      assert.ok(!stripPath || request.startsWith(matched));
      const name = `service ${servicePath}, route ${matched}, request ${request}, strip ${stripPath}`;
      assert.equal(buildUpstreamPath({ servicePath, stripPath, pathHandling: 'v0' }, request, matched.length), v0, `v0: ${name}`);
      assert.equal(buildUpstreamPath({ servicePath, stripPath, pathHandling: 'v1' }, request, matched.length), v1, `v1: ${name}`);
    }
  }
});

test('OPTIONS * stays what it is, or asks about the service path', () => {
  for (const pathHandling of ['v0', 'v1'] as const) {
    for (const stripPath of [true, false]) {
      assert.equal(buildUpstreamPath({ servicePath: '', stripPath, pathHandling }, '*', 0), '*');
      assert.equal(buildUpstreamPath({ servicePath: '/s', stripPath, pathHandling }, '*', 0), '/s');
    }
  }
});

test('no request gets out of the service path, wherever the prefix ends', () => {
  const segment = fc.constantFrom('a', 'ab', '.', '..', '...', 'a..', '..a', '%2e%2e', '%2E', '%2f', '');
  const path = fc.array(segment, { maxLength: 6 }).map((segments) => normalisePath(`/${segments.join('/')}`));
  const servicePath = fc.constantFrom('', '/', '/s', '/s/', '/s/t', '/s/t/');
  fc.assert(
    fc.property(servicePath, path, fc.nat(20), fc.boolean(), fc.constantFrom('v0', 'v1'), (service, request, matched, stripPath, pathHandling) => {
      const result = buildUpstreamPath({ servicePath: service, stripPath, pathHandling }, request, Math.min(matched, request.length));
      assert.ok(result.startsWith('/'), result);
      assert.ok(!result.split('/').some((one) => one === '.' || one === '..'), `${service} ${request} ${matched} → ${result}`);
      const root = service.endsWith('/') ? service.slice(0, -1) : service;
      assert.ok(result.startsWith(root), `${result} left ${root}`);
    }),
    { numRuns: 2_000 },
  );
});
