/**
 * What operators ask of counts and latencies, over HTTP and a real Postgres: series, rankings, targets, failures by version, error budgets,
 * what each answer may lack and what is too much; `holdfast top` and `holdfast usage` on the same.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { runCommand } from '../control-plane/cli/main.ts';
import type { Screen } from '../control-plane/cli/terminal-screen.ts';
import { TopScreen } from '../control-plane/cli/top-screen.ts';
import { defined } from '../shared/assert.ts';
import { systemClock } from '../shared/clock.ts';
import { newId } from '../shared/model/ids.ts';
import { startTestAdminApi } from './support/admin-api.ts';
import { FleetScene, version } from './support/fleet-scene.ts';
import { usageRow } from './support/telemetry-rows.ts';
import { latencies, TrafficScene } from './support/traffic-scene.ts';
import { waitUntil } from './support/wait-until.ts';

const { send, store, tenantId, viewerToken, adminToken, base, tokenFor } = await startTestAdminApi();
const gateway = defined(await store.gateways.findByName(tenantId, 'default'), 'the default gateway');
const fleet = new FleetScene(store, gateway);
const traffic = new TrafficScene(store, gateway);
const [east, west] = [await fleet.enrol('dp-east', { region: 'east' }), await fleet.enrol('dp-west', { region: 'west' })];

const billing = (await send('POST', '/services', { json: { name: 'billing', url: 'http://billing.test' } })).expect(201).word('id');
const [invoices, orders] = [await routeOf('invoices'), await routeOf('orders')];
const ada = (await send('POST', '/consumers', { json: { username: 'ada' } })).expect(201).word('id');
const gone = newId();

async function routeOf(name: string): Promise<string> {
  return (await send('POST', '/services/billing/routes', { json: { name, paths: [`/${name}`] } })).expect(201).word('id');
}

/** Whole minutes, all of them in one hour of the past, whenever the test runs. */
const hour = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 3_600_000;
const [start, end] = [new Date(hour).toISOString(), new Date(hour + 600_000).toISOString()];
const window = `from=${start}&to=${end}`;

await traffic.count(east, hour, {
  usage: [
    usageRow({ routeId: invoices, consumerId: ada, status: 200, requests: 90, bytesIn: 900, bytesOut: 9_000, latencies: latencies(...Array.from({ length: 90 }, (_, at) => at + 1)) }),
    usageRow({ routeId: invoices, consumerId: ada, status: 503, requests: 10, bytesIn: 0, bytesOut: 0, latencies: latencies(...Array.from({ length: 10 }, () => 1000)) }),
    usageRow({ routeId: gone, status: 404, requests: 5, bytesIn: 0, bytesOut: 0 }),
  ],
  targets: [{ upstream: 'billing', target: 'a.test:80', address: '10.0.0.7:80', attempts: 100, failed: 7, status5xx: 3, latency: latencies(5, 10).upstream }, { upstream: 'stock', target: 'b.test:80', address: '10.0.0.8:80', attempts: 5, failed: 0, status5xx: 0, latency: latencies(1).upstream }],
  routeVersions: [{ routeId: invoices, version: version(2), failed: 10, failedHere: 4 }, { routeId: invoices, version: version(1), failed: 1, failedHere: 0 }],
});
await traffic.count(west, hour + 60_000, { usage: [usageRow({ routeId: orders, status: 200, requests: 200, bytesIn: 0, bytesOut: 0, latencies: latencies(...Array.from({ length: 200 }, () => 2)) }), usageRow({ status: 0, requests: 1, bytesIn: 0, bytesOut: 0 })] });

const ask = (path: string, token = viewerToken) => send('GET', `/v1/analytics/${path}`, { token });
const near = (actual: unknown, expected: number): void => assert.ok(typeof actual === 'number' && Math.abs(actual - expected) <= expected * 0.011, `${String(actual)} is about ${expected}`);

test('a series has its counts at their times, in groups with names, and true quantiles over all of a step', async () => {
  const answer = (await ask(`series?${window}&step=1m&group_by=route&metric=requests,errors,error_rate,bytes_out,p50,p99,gateway_p99`)).expect(200);
  assert.partialDeepStrictEqual(answer.body, { from: start, to: end, step_seconds: 60, group_count: 4, metrics: ['requests', 'errors', 'error_rate', 'bytes_out', 'p50', 'p99', 'gateway_p99'] });
  assert.deepEqual(answer.at('series.0.group'), { route: { id: orders, name: 'orders' } });
  assert.partialDeepStrictEqual(answer.at('series.0.points'), [{ at: new Date(hour + 60_000).toISOString(), requests: 200, errors: 0, error_rate: 0 }]);
  assert.deepEqual(answer.at('series.1.group'), { route: { id: invoices, name: 'invoices' } });
  assert.partialDeepStrictEqual(answer.at('series.1.points.0'), { requests: 100, errors: 10, error_rate: 0.1, bytes_out: 9_000 });
  near(answer.at('series.1.points.0.p50'), 50);
  near(answer.at('series.1.points.0.p99'), 1000);
  near(answer.at('series.1.points.0.gateway_p99'), 100);
  assert.deepEqual(answer.at('series.2.group'), { route: { id: gone, name: null } }, 'a route that is gone has its id');
  assert.deepEqual(answer.at('series.3.group'), { route: null });
});

test('filters and groups: service, consumer, status, class, data plane, label; by name and by id', async () => {
  const totals = async (query: string): Promise<unknown> => (await ask(`top?${window}&by=status_class&${query}`)).expect(200).at('total.requests');
  assert.equal(await totals(''), 306);
  assert.equal(await totals('service=billing'), 300);
  assert.equal(await totals(`service=${billing}&status_class=5xx`), 10);
  assert.equal(await totals('route=invoices,orders&consumer=none'), 200);
  assert.equal(await totals('consumer=ada'), 100);
  assert.equal(await totals(`route=${gone}`), 5);
  assert.equal(await totals('status=503,404'), 15);
  assert.equal(await totals('status=none'), 1);
  assert.equal(await totals(`data_plane=${west}`), 201);
  assert.equal(await totals('labels=region=east'), 105);
  const groups = async (by: string): Promise<unknown> => (await ask(`top?${window}&by=${by}`)).expect(200).at('data.0.group');
  assert.deepEqual(await groups('service'), { service: { id: billing, name: 'billing' } });
  assert.deepEqual(await groups('data_plane,status'), { data_plane: { id: west, hostname: 'dp-west' }, status: 200 });
  assert.deepEqual(await groups('label.region'), { 'label.region': 'west' });
  assert.deepEqual(await groups('status_class'), { status_class: '2xx' });
});

test('a ranking is by what was asked, and says among how many', async () => {
  const order = async (by: string): Promise<unknown> => (await ask(`top?${window}&by=route&order=${by}&limit=1`)).expect(200).at('data.0.group.route.name');
  assert.deepEqual([await order('requests'), await order('errors'), await order('error_rate'), await order('p99'), await order('bytes')], ['orders', 'invoices', 'invoices', 'invoices', 'invoices']);
  const answer = (await ask(`top?${window}&limit=1`)).expect(200);
  assert.partialDeepStrictEqual(answer.body, { group_count: 4, total: { requests: 306, errors: 10, client_errors: 5, aborted: 1, bytes_in: 900, bytes_out: 9_000 }, seconds: 600 });
  near(answer.at('total.request_ms.p50'), 2);
});

test('targets tell of attempts, versions of failures under each, budgets how fast they burn', async () => {
  const targets = (await ask(`targets?${window}`)).expect(200);
  assert.partialDeepStrictEqual(targets.body, { data: [{ group: { upstream: 'billing', target: 'a.test:80', address: '10.0.0.7:80' }, attempts: 100, failed: 7, status_5xx: 3, error_rate: 0.1 }, { attempts: 5 }], total: { attempts: 105 } });
  assert.equal((await ask(`targets?${window}&upstream=stock`)).expect(200).at('total.attempts'), 5);
  const versions = (await ask(`versions?${window}&route=invoices`)).expect(200);
  assert.deepEqual(versions.at('data'), [{ route: { id: invoices, name: 'invoices' }, version: '1.2', failed: 10, failed_here: 4 }, { route: { id: invoices, name: 'invoices' }, version: '1.1', failed: 1, failed_here: 0 }]);
  const all = (await ask('error-budgets?objective=99&window=1d')).expect(200);
  assert.partialDeepStrictEqual(all.at('data'), [{ group: {}, total: 306, good: 296, errors: 10, budget: { errors: 3, left: -7 }, burn_rate: { window: 3.268 } }]);
  const exact = (await ask('error-budgets?objective=71&window=1d&route=invoices')).expect(200);
  assert.partialDeepStrictEqual(exact.at('data.0'), { total: 100, budget: { errors: 29, left: 19 } }, '100 times 0.29 is less than 29 where numbers are not whole');
  const each = (await ask('error-budgets?objective=90&window=1d&by=route')).expect(200);
  assert.partialDeepStrictEqual(each.at('data.0'), { group: { route: { name: 'invoices' } }, budget: { errors: 10, left: 0, left_share: 0 }, burn_rate: { window: 1 } });
});

test('an answer says what it may lack: silent data planes, drops, crash gaps, what is no longer kept', async () => {
  await traffic.count(east, hour + 120_000, { drops: [{ reason: 'spool-full', count: 3 }], crashGaps: [{ bootId: newId(), lastFoldMs: hour + 100_000, atMostMs: 1_000, lastRatePerSecond: 7 }] });
  const answer = (await ask(`top?from=${start}`)).expect(200);
  assert.partialDeepStrictEqual(answer.at('completeness'), { complete: false, silent_count: 2, dropped: [{ data_plane_id: east, reason: 'spool-full', count: 3 }], crash_gaps: [{ data_plane_id: east, at_most_ms: 1_000, last_rate_per_second: 7 }] });
  assert.deepEqual(new Set([answer.at('completeness.silent.0.hostname'), answer.at('completeness.silent.1.hostname')]), new Set(['dp-east', 'dp-west']));
  const old = (await ask('series?from=2010-01-01&to=2010-01-02')).expect(200);
  assert.equal(old.at('completeness.complete'), false);
  assert.ok(old.word('completeness.kept_from') > '2010-01-02');
  const [since, kept] = [(await ask('top?from=2010-01-01')).expect(200), 366 * 86_400 * 5];
  assert.ok(Number(since.at('seconds')) <= kept, 'rates are of the time that is kept');
  for (const path of ['series?from=-1h&to=9999-12-31', 'series?from=0000-01-01', 'versions?from=-1h&to=9999-12-31', 'targets?from=0000-01-01']) (await ask(path)).expect(200);
});

test('what is too much or wrong is refused with its parameter and the way out', async () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['series?step=10s&from=-30d', 'step', /a step of \d+s or more, a shorter window/],
    ['series?group_by=route&limit=100&step=10s&from=-5h&metric=p50,p90,p95,p99', 'step', /100000 values in all/],
    ['series?step=15s', 'step', /multiple of 10s/],
    ['series?group_by=rout', 'group_by', /did you mean "route"/],
    ['series?group_by=route,service,status,consumer', 'group_by', /at most 3/],
    ['series?metric=p98', 'metric', /expected one of/],
    ['series?route=nobody', 'route', /there is no route with the name "nobody"/],
    ['series?limit=101&group_by=route', 'limit', /1 to 100/],
    ['top?by=colour', 'by', /expected one of/],
    ['top?order=size', 'order', /expected one of/],
    ['top?status=700', 'status', /100 to 599/],
    ['top?labels=region', 'labels', /key=value/],
    ['top?data_plane=east', 'data_plane', /ids of data planes/],
    ['top?from=-1h&to=-2h', 'to', /begin before it ends/],
    ['error-budgets?objective=100', 'objective', /below 100/],
    ['error-budgets?window=1m', 'window', /1h to 366d/],
    ['error-budgets?by=consumer', 'by', /gateway, route, service/],
    ['targets?upstream=', 'upstream', /is empty/],
    ['top?colour=red', 'colour', /unknown query parameter/],
  ];
  for (const [path, field, message] of cases) {
    const answer = (await ask(path)).expect(400);
    assert.match(answer.word(`fields.${field}`), message, path);
  }
});

test('counts need the permission to read usage, in the gateway that is asked', async () => {
  const token = await tokenFor('only-requests', [{ resources: ['requests'], verbs: ['read'] }]);
  (await ask('top', token)).expect(403);
  const elsewhere = await tokenFor('usage-elsewhere', [{ resources: ['usage'], verbs: ['read'], gateways: ['other'] }]);
  (await ask('top', elsewhere)).expect(403);
});

test('names are told to those who may see the entities', async () => {
  const token = await tokenFor('usage-alone', [{ resources: ['usage'], verbs: ['read'] }]);
  const answer = (await ask(`top?${window}&by=route&limit=1`, token)).expect(200);
  assert.deepEqual(answer.at('data.0.group.route'), { id: orders, name: null });
  assert.match((await ask(`top?${window}&route=orders`, token)).expect(400).word('fields.route'), /there is no route/);
});

async function cli(...words: readonly string[]): Promise<{ readonly code: number; readonly out: readonly string[]; readonly err: readonly string[] }> {
  const [out, err]: [string[], string[]] = [[], []];
  const sources = (commandArguments: readonly string[]) => ({ environment: { HOLDFAST_ADMIN_URL: base, HOLDFAST_ADMIN_TOKEN: adminToken }, arguments: commandArguments, workingFolder: '/', readFile: () => '' });
  const code = await runCommand(words, sources, { out: (line) => void out.push(line), err: (line) => void err.push(line) });
  return { code, out, err };
}

test('holdfast top prints a table once, for people and programs', async () => {
  const { code, out: [heading = '', first = ''], err } = await cli('top', '--once', '--window', '6h', '--sort', 'error-rate');
  assert.equal(code, 0, err.join('\n'));
  assert.match(heading, /^ROUTE +REQ\/S +ERROR %▾ +P50 ms +P95 ms +P99 ms +IN\/S +OUT\/S$/);
  assert.match(first, /^invoices +0\.00 +10\.00 +\d/);
  assert.match(err.join('\n'), /requests\/s, 3\.27 % errors, .*complete to .*missing: 2 data planes silent/);

  const targets = await cli('top', '--by', 'target', '--window', '6h', '--sort', 'errors');
  assert.match(targets.out[1] ?? '', /^billing a\.test:80 10\.0\.0\.7:80 .* 7 +3 /);
  const json = await cli('top', '--json', '--by', 'consumer', '--window', '6h');
  assert.partialDeepStrictEqual(JSON.parse(json.out.join('\n')), { data: [{ group: { consumer: null } }, { group: { consumer: { name: 'ada' } } }] });
});

/** A terminal of eighty columns that keeps what is drawn. */
class FakeScreen implements Screen {
  readonly colours = false;
  drawn: readonly string[] = [];
  #key: (key: string) => void = () => undefined;
  height = 24;

  columns = (): number => 80;
  rows = (): number => this.height;
  draw = (lines: readonly string[]): void => void (this.drawn = lines);
  onKey = (listener: (key: string) => void): void => void (this.#key = listener);
  onResize = (): void => undefined;
  close = (): void => undefined;

  press(key: string): void {
    this.#key(key);
  }

  shows(what: string, pattern: RegExp): Promise<unknown> {
    return waitUntil(what, () => pattern.test(this.drawn.join('\n')), 10_000).catch((thrown: unknown) => assert.fail(`${String(thrown)} in\n${this.drawn.join('\n')}`));
  }
}

test('holdfast top on a terminal follows its keys, fits the screen, and ends with q', async () => {
  const screen = new FakeScreen();
  const settings = { adminUrl: base, adminToken, gateway: 'default', by: 'route', sort: 'requests', window: 21_600_000, count: 20, refresh: 600_000, once: false, json: false } as const;
  const ended = new TopScreen(settings, screen, systemClock).run();
  after(() => screen.press('q'));
  await screen.shows('routes', /routes by requests, last 6h[^]*complete to[^]*\nROUTE +REQ\/S▾[^]*\norders /);
  screen.press('c');
  await screen.shows('consumers', /consumers by requests[^]*\n\(no consumer\) [^]*\nada /);
  screen.press('p');
  await screen.shows('slowest first', /consumers by p99[^]*P99 ms▾[^]*\nada [^]*\n\(no consumer\)/);
  screen.press('t');
  await screen.shows('targets', /targets by p99[^]*\nbilling a/);
  screen.press('-');
  await screen.shows('a shorter window', /last 1h/);
  screen.height = 10;
  screen.press('r');
  await screen.shows('a small screen', /routes by p99[^]*complete to/);
  assert.equal(screen.drawn.length, 10);
  assert.ok(screen.drawn.every((line) => line.length <= 80));
  screen.press('?');
  screen.press(' ');
  await screen.shows('that it is held', /\(held\)/);
  screen.press('q');
  await ended;
  await assert.rejects(new TopScreen({ ...settings, adminToken: 'hfo_wrong' }, screen, systemClock).run(), /answered 401/);
});

test('holdfast usage shows exact totals, and tells what they lack', async () => {
  const usage = await cli('usage', '--by', 'consumer');
  assert.equal(usage.code, 0, usage.err.join('\n'));
  assert.deepEqual(usage.out.map((line) => line.replaceAll(/ +/g, ' ')), ['CONSUMER REQUESTS BYTES IN BYTES OUT', 'ada 100 900 9000', '(no consumer) 206 0 0']);
  assert.equal(new Set(usage.out.map((line) => line.length)).size, 1, 'numbers stand under each other');
  const since = await cli('usage', '--by', 'route,status', '--from', '-1d', '--to', end);
  assert.deepEqual([since.code, since.out.some((line) => /^invoices +503 +10 +0 +0$/.test(line))], [0, true], since.out.join('\n'));
  assert.equal((await cli('usage', '--from', 'yesterday')).code, 1);
  const hidden = (await send('GET', '/v1/usage?group_by=consumer', { token: await tokenFor('only-usage', [{ resources: ['usage'], verbs: ['read'] }]) })).expect(200);
  assert.deepEqual(hidden.at('data.0.consumer_username'), null, 'a name is told to who may see the entity');
  assert.match(usage.err.join('\n'), /not counted: 3 dropped by data plane .* \(spool-full\)/);
});

test('a tenant keeps less than the installation, never more, and the audit tells who said so', async () => {
  const before = (await send('GET', '/v1/retention', { token: viewerToken })).expect(200);
  const most = Number(before.at('installation.records'));
  assert.deepEqual(before.at('in_force'), before.at('installation'));
  assert.partialDeepStrictEqual((await send('PATCH', '/v1/retention', { json: { records: 3_600, raw: 7_200 } })).expect(200).body, { own: { records: 3_600, raw: 7_200, days: null }, in_force: { records: 3_600 } });
  assert.partialDeepStrictEqual((await send('PATCH', '/v1/retention', { json: { raw: null } })).expect(200).body, { own: { records: 3_600, raw: null } });
  assert.match((await send('PATCH', '/v1/retention', { json: { records: most + 1 } })).expect(400).word('fields.records'), /at most/);
  (await send('PATCH', '/v1/retention', { json: { records: 60 } })).expect(400);
  (await send('PATCH', '/v1/retention', { json: { records: 7_200 }, token: viewerToken })).expect(403);
  assert.partialDeepStrictEqual((await send('GET', '/v1/audit?kind=retention')).expect(200).at('data.0'), { action: 'update', details: { seconds: { records: 3_600, raw: null } } });
});
