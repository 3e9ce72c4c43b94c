/** Consumer groups, who is in them, and plugins for them, through the admin API as Kong's clients use it. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { startTestAdminApi, type AdminAnswer } from './support/admin-api.ts';

const { send } = await startTestAdminApi();
const names = (answer: AdminAnswer, field = 'username'): readonly unknown[] => {
  const data = answer.expect(200).at('data');
  assert.ok(Array.isArray(data), answer.text);
  return data.map((one: object) => Reflect.get(one, field));
};

const groups = new Map<string, string>();
const consumers = new Map<string, string>();
for (const name of ['gold', 'silver']) groups.set(name, (await send('POST', '/consumer_groups', { json: { name, tags: ['plan'] } })).expect(201).word('id'));
for (const username of ['ann', 'bob', 'cy']) consumers.set(username, (await send('POST', '/consumers', { json: { username } })).expect(201).word('id'));

test('a group is an entity like any other, named by id or name, its name unique', async () => {
  assert.equal((await send('GET', `/consumer_groups/${groups.get('gold')}`)).expect(200).word('name'), 'gold');
  assert.deepEqual((await send('PATCH', '/consumer_groups/gold', { json: { tags: ['plan', 'paid'] } })).expect(200).at('tags'), ['plan', 'paid']);
  assert.deepEqual((await send('POST', '/consumer_groups', { json: { name: 'gold' } })).expect(409).at('fields'), { name: 'gold' });
  assert.match((await send('POST', '/consumer_groups', { json: {} })).expect(400).word('message'), /name: required field missing/);
  assert.deepEqual(names(await send('GET', '/consumer_groups?tags=paid'), 'name'), ['gold']);
});

test('consumers are put into groups from either side, by name or id, once, and listed from both', async () => {
  const added = (await send('POST', '/consumer_groups/gold/consumers', { json: { consumer: 'ann' } })).expect(201);
  assert.deepEqual([added.word('consumer_group.name'), added.word('consumers.0.username')], ['gold', 'ann']);
  const joined = (await send('POST', `/consumers/${consumers.get('bob')}/consumer_groups`, { form: `group=${groups.get('gold')}` })).expect(201);
  assert.deepEqual([joined.word('consumer.username'), joined.word('consumer_groups.0.name')], ['bob', 'gold']);
  (await send('POST', '/consumers/ann/consumer_groups', { json: { group: 'silver' } })).expect(201);
  (await send('POST', '/consumer_groups/gold/consumers', { json: { consumer: 'ann' } })).expect(409);

  assert.deepEqual(names(await send('GET', '/consumer_groups/gold/consumers')), ['ann', 'bob']);
  assert.deepEqual(names(await send('GET', '/consumers/ann/consumer_groups'), 'name'), ['gold', 'silver']);
  assert.deepEqual(names(await send('GET', '/consumers/cy/consumer_groups'), 'name'), []);
  assert.deepEqual(names(await send('GET', '/consumers/ann/consumer_groups?tags=paid'), 'name'), ['gold']);
  const first = (await send('GET', '/consumer_groups/gold/consumers?size=1')).expect(200);
  assert.deepEqual([names(first), names(await send('GET', first.word('next')))], [['ann'], ['bob']]);
  assert.equal((await send('GET', '/consumer_groups/gold/consumers/ann')).expect(200).word('id'), consumers.get('ann'));
  assert.equal((await send('GET', `/consumers/bob/consumer_groups/${groups.get('gold')}`)).expect(200).word('name'), 'gold');
  (await send('GET', '/consumer_groups/silver/consumers/bob')).expect(404);

  // As Kong's clients read a group.
  const alone = (await send('GET', '/consumer_groups/gold?list_consumers=false')).expect(200);
  assert.deepEqual([alone.word('consumer_group.name'), alone.at('consumers')], ['gold', undefined]);
  const together = (await send('GET', '/consumer_groups/gold?list_consumers=true')).expect(200);
  assert.deepEqual([together.word('consumer_group.name'), together.at('consumers.0.username'), together.at('consumers.1.username')], ['gold', 'ann', 'bob']);
});

test('what can not be put there is refused with the field, the rule and the way out', async () => {
  const refusals: readonly (readonly [path: string, body: unknown, status: number, message: RegExp])[] = [
    ['/consumer_groups/gold/consumers', {}, 400, /consumer: required field missing/],
    ['/consumer_groups/gold/consumers', { consumer: 5 }, 400, /consumer: expected the name or id of one of the consumers/],
    ['/consumer_groups/gold/consumers', { consumers: 'ann' }, 400, /consumers: unknown field \(did you mean "consumer"\?\)/],
    ['/consumer_groups/gold/consumers', { consumer: 'nobody' }, 400, /cannot be resolved .*nobody/],
    ['/consumers/ann/consumer_groups', { group: 'bronze' }, 400, /cannot be resolved .*bronze/],
    ['/consumer_groups/bronze/consumers', { consumer: 'ann' }, 404, /Not found/],
  ];
  for (const [path, json, status, message] of refusals) assert.match((await send('POST', path, { json })).expect(status).word('message'), message);
  (await send('PUT', '/consumer_groups/gold/consumers/ann', { json: {} })).expect(405);
  (await send('GET', '/consumer_group_consumers')).expect(404);
});

test('consumers leave one by one or all at once, and with a group or a consumer that goes', async () => {
  (await send('DELETE', '/consumer_groups/gold/consumers/ann')).expect(204);
  (await send('DELETE', '/consumer_groups/gold/consumers/ann')).expect(204);
  assert.deepEqual(names(await send('GET', '/consumers/ann/consumer_groups'), 'name'), ['silver']);
  (await send('POST', '/consumer_groups/gold/consumers', { json: { consumer: 'cy' } })).expect(201);
  (await send('DELETE', '/consumer_groups/gold/consumers')).expect(204);
  assert.deepEqual(names(await send('GET', '/consumer_groups/gold/consumers')), []);

  for (const group of ['gold', 'silver']) (await send('POST', '/consumers/bob/consumer_groups', { json: { group } })).expect(201);
  (await send('DELETE', '/consumer_groups/silver')).expect(204);
  assert.deepEqual([names(await send('GET', '/consumers/bob/consumer_groups'), 'name'), names(await send('GET', '/consumers/ann/consumer_groups'), 'name')], [['gold'], []]);
  (await send('DELETE', '/consumers/bob')).expect(204);
  assert.deepEqual(names(await send('GET', '/consumer_groups/gold/consumers')), []);
  (await send('POST', '/consumers/cy/consumer_groups', { json: { group: 'gold' } })).expect(201);
  (await send('DELETE', '/consumers/cy/consumer_groups')).expect(204);
  assert.deepEqual(names(await send('GET', '/consumers/cy/consumer_groups'), 'name'), []);
});

test('plugins for a group: one per name and place, beside those for consumers and for all, gone with the group', async () => {
  const limit = (more: object) => ({ name: 'rate-limiting', config: { minute: 5 }, ...more });
  const made = (await send('POST', '/consumer_groups/gold/plugins', { json: limit({ instance_name: 'gold-limit' }) })).expect(201);
  assert.equal(made.word('consumer_group.id'), groups.get('gold'));
  assert.deepEqual((await send('POST', '/plugins', { json: limit({ consumer_group: { name: 'gold' } }) })).expect(409).at('fields'), { name: 'rate-limiting', route: null, service: null, consumer_group: { id: groups.get('gold') } });
  for (const more of [{}, { consumer: { username: 'ann' } }, { consumer: { username: 'cy' } }]) (await send('POST', '/plugins', { json: limit(more) })).expect(201);
  (await send('POST', '/plugins', { json: limit({ consumer: { username: 'cy' } }) })).expect(409);
  (await send('POST', '/plugins', { json: limit({}) })).expect(409);
  assert.deepEqual(names(await send('GET', '/consumer_groups/gold/plugins'), 'instance_name'), ['gold-limit']);

  assert.equal((await send('GET', '/plugins/gold-limit')).expect(200).word('id'), made.word('id'));
  assert.equal((await send('GET', '/plugins/gold-limit/consumer_group')).expect(200).word('name'), 'gold');
  // A plugin may go to another place only where there is none of its name.
  (await send('PATCH', '/plugins/gold-limit', { json: { consumer_group: null } })).expect(409);
  (await send('PATCH', '/plugins/gold-limit', { json: { consumer: { username: 'ann' } } })).expect(400);
  (await send('DELETE', '/consumer_groups/gold')).expect(204);
  (await send('GET', '/plugins/gold-limit')).expect(404);
});

test('ordering and condition are kept, and refused where they say nothing', async () => {
  const given = { condition: 'http.method == "POST"', ordering: { before: { access: ['key-auth'] }, after: null } };
  assert.partialDeepStrictEqual((await send('POST', '/plugins', { json: { name: 'acl', config: { allow: ['a'] }, instance_name: 'guard', ...given } })).expect(201).body, given);
  assert.match((await send('PATCH', '/plugins/guard', { json: { condition: 'http.method = "POST"' } })).expect(400).word('fields.condition'), /^col 13: expected an operator after http\.method/);
  assert.match((await send('PATCH', '/plugins/guard', { json: { ordering: { before: { access: ['key-aut'] } } } })).expect(400).word('fields.ordering.before.access.0'), /not enabled.*did you mean "key-auth"/);
  assert.partialDeepStrictEqual((await send('PATCH', '/plugins/guard', { json: { ordering: null, condition: null } })).expect(200).body, { ordering: null, condition: null });
});
