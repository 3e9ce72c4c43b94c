/** Convergence of a fleet over the admin API: counts, shares, reasons and times, for the data planes a selector selects. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from '../shared/assert.ts';
import { newId, type EntityId } from '../shared/model/ids.ts';
import { startTestAdminApi } from './support/admin-api.ts';
import { applied, FleetScene, version } from './support/fleet-scene.ts';

const { send, store, tenantId, viewerToken } = await startTestAdminApi();
const fleet = new FleetScene(store, defined(await store.gateways.findByName(tenantId, 'default'), 'the default gateway'));

const states = (answer: { readonly at: (path: string) => unknown }): readonly unknown[] => ['selected', 'counted', 'applied', 'pending', 'rejected', 'fell_back', 'disconnected', 'quarantining', 'refused_for_good', 'applied_percent'].map((name) => answer.at(name));

test('what was never committed has no convergence, and a selector must be one', async () => {
  (await send('GET', '/v1/releases/newest/convergence')).expect(404);
  (await send('GET', '/v1/releases/1.1/convergence')).expect(404);
  (await send('POST', '/services', { json: { name: 'shop', host: 'one.test' } })).expect(201);
  (await send('PATCH', '/services/shop', { json: { host: 'two.test' } })).expect(200);
  (await send('GET', '/v1/releases/1.3/convergence')).expect(404);
  (await send('GET', '/v1/releases/first/convergence')).expect(404);
  const refused = (await send('GET', '/v1/releases/newest/convergence?selector=region%3E1')).expect(400);
  assert.match(refused.word('message'), /at character 7, where there is ">1"/);
  assert.match((await send('GET', '/v1/releases/newest/convergence?include=conected')).expect(400).word('message'), /did you mean "connected"/);
});

test('every data plane stands in one place; who is not connected never counts as converged', async () => {
  // The change is committed and not published: nobody can have it.
  const early = (await send('GET', '/v1/releases/newest/convergence')).expect(200);
  assert.deepEqual([early.at('version'), early.at('release'), ...states(early)], ['1.2', null, 0, 0, 0, 0, 0, 0, 0, 0, 0, null]);
  const createdAt = await fleet.publish(2);
  const after = (ms: number): Date => new Date(createdAt.getTime() + ms);
  const quick = await fleet.enrol('quick', { region: 'eu-west', cloud: 'aws' }, applied(2, after(10)));
  const slow = await fleet.enrol('slow', { region: 'eu-west', cloud: 'gcp', ring: '2' }, applied(2, after(900), [newId<EntityId>()]));
  const behind = await fleet.enrol('behind', { region: 'eu-west', cloud: 'aws' }, applied(1));
  const refusing = await fleet.enrol('refusing', { region: 'us-east', cloud: 'aws' }, { ...applied(1), rejection: { code: 'CONFIG_COMPILE_FAILED', reasons: ['it does not compile'], ...version(2) } });
  const full = await fleet.enrol('full', { region: 'us-east', cloud: 'gcp' }, { ...applied(1), rejection: { code: 'CONFIG_NOT_PERSISTED', reasons: ['disk full'], ...version(2) } });
  const fallen = await fleet.enrol('fallen', { region: 'us-east' }, { ...applied(1), rejection: { code: 'SYNC_FELL_BACK', reasons: ['crash loop'], ...version(2) } });
  // An older refusal says nothing about this version.
  const recovered = await fleet.enrol('recovering', { region: 'ap' }, { rejection: { code: 'CONFIG_COMPILE_FAILED', reasons: [], ...version(1) } });
  const gone = await fleet.enrol('gone', { region: 'ap' }, { ...applied(2), connected: false });
  // Its control plane was killed and could not say that it is gone.
  const lost = await fleet.enrol('lost', { region: 'ap' }, { ...applied(2), lastSeenAt: new Date(Date.now() - 61_000) });
  const revoked = await fleet.enrol('revoked', { region: 'ap' }, applied(2));
  await fleet.revoke(revoked);

  const all = (await send('GET', '/v1/releases/newest/convergence', { token: viewerToken })).expect(200);
  assert.deepEqual(states(all), [9, 9, 2, 2, 2, 1, 2, 1, 2, 22.22]);
  assert.deepEqual(all.at('time_to_apply_ms'), { measured: 2, p50: 455, p99: 900, max: 900 });
  assert.deepEqual(all.at('slowest'), [{ id: slow, hostname: 'slow', time_to_apply_ms: 900 }, { id: quick, hostname: 'quick', time_to_apply_ms: 10 }]);
  assert.deepEqual(all.at('rejections'), [
    { code: 'CONFIG_COMPILE_FAILED', count: 1, reasons: ['it does not compile'] }, { code: 'CONFIG_NOT_PERSISTED', count: 1, reasons: ['disk full'] }, { code: 'SYNC_FELL_BACK', count: 1, reasons: ['crash loop'] },
  ]);
  const outstanding = all.at('outstanding');
  assert.ok(Array.isArray(outstanding));
  assert.deepEqual(outstanding.map((one: { readonly id: string; readonly state: string; readonly applied_version: string | null; readonly code: string | null }) => [one.id, one.state, one.applied_version, one.code]), [
    [recovered, 'pending', null, null], [behind, 'pending', '1.1', null], [refusing, 'rejected', '1.1', 'CONFIG_COMPILE_FAILED'], [full, 'rejected', '1.1', 'CONFIG_NOT_PERSISTED'],
    [fallen, 'fell-back', '1.1', 'SYNC_FELL_BACK'], [gone, 'disconnected', '1.2', null], [lost, 'disconnected', '1.2', null],
  ]);
  assert.deepEqual(states((await send('GET', '/v1/releases/1.2/convergence?include=connected')).expect(200)).slice(0, 3), [9, 7, 2]);
  // Whoever has a newer version has this one.
  assert.deepEqual(states((await send('GET', '/v1/releases/1.1/convergence')).expect(200)).slice(0, 5), [9, 9, 6, 0, 1]);
});

test('whoever serves what was never committed here has not converged', async () => {
  const ahead = await fleet.enrol('ahead', { region: 'future' }, applied(9));
  const answer = (await send('GET', '/v1/releases/newest/convergence?selector=region%3Dfuture')).expect(200);
  assert.deepEqual(states(answer).slice(0, 4), [1, 1, 0, 1]);
  assert.partialDeepStrictEqual(answer.at('outstanding'), [{ id: ahead, state: 'pending', applied_version: '1.9' }]);
  // The database catches up in number, not in content: what is committed there is not what the data plane serves.
  for (let i = 3; i <= 9; i++) (await send('PATCH', '/services/shop', { json: { host: `${i}.test` } })).expect(200);
  const caughtUp = async (of: string): Promise<readonly unknown[]> => states((await send('GET', `/v1/releases/${of}/convergence?selector=region%3Dfuture`)).expect(200)).slice(0, 4);
  assert.deepEqual([await caughtUp('1.9'), await caughtUp('1.2')], [[1, 1, 0, 1], [1, 1, 0, 1]]);
  await fleet.revoke(ahead);
});

test('nobody has what is committed and not published', async () => {
  const early = await fleet.enrol('early', { region: 'past' }, applied(9));
  const asked = async (): Promise<readonly unknown[]> => states((await send('GET', '/v1/releases/newest/convergence?selector=region%3Dpast')).expect(200)).slice(0, 4);
  assert.deepEqual(await asked(), [1, 1, 0, 1]);
  await fleet.publish(9);
  assert.deepEqual(await asked(), [1, 1, 1, 0]);
  const { applied: same } = applied(9);
  await fleet.report(early, { applied: { ...defined(same, 'the report'), root: Buffer.alloc(32, 2) } });
  assert.deepEqual(await asked(), [1, 1, 0, 1], 'the same version with other content is another');
  await fleet.revoke(early);
});

test('a selector chooses by labels as Kubernetes does', async () => {
  const selected = async (selector: string): Promise<unknown> => (await send('GET', `/v1/releases/newest/convergence?selector=${encodeURIComponent(selector)}`)).expect(200).at('selected');
  assert.deepEqual(await Promise.all(['region=eu-west', 'region=eu-west,cloud==aws', 'region!=eu-west', 'cloud!=aws', 'cloud in (aws, gcp)', 'cloud notin (aws,gcp)', 'ring', '!ring', 'region=ap,region=eu-west', 'region=nowhere', ''].map(selected)), [3, 2, 6, 6, 5, 4, 1, 8, 0, 0, 9]);
  assert.equal((await send('GET', '/v1/releases/newest/convergence?selector=region%3Dnowhere')).expect(200).at('applied_percent'), null);
});
