/** Several clients at once: upserts of the same thing, merges of different fields, children of a parent that is going away. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { startTestAdminApi, type AdminAnswer } from './support/admin-api.ts';

const { send } = await startTestAdminApi();
const AT_ONCE = 6;
/** Enough that some of them meet between look-up and insert. */
const ROUNDS = 10;

function atOnce(count: number, call: (index: number) => Promise<AdminAnswer>): Promise<readonly AdminAnswer[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => call(index)));
}

test('PUTs of the same new name at once all succeed, and one entity is there', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const answers = await atOnce(AT_ONCE, (index) => send('PUT', `/services/same-${round}`, { json: { host: `h${index}.test` } }));
    const ids = answers.map((answer) => answer.expect(200).word('id'));
    assert.deepEqual(ids, ids.map(() => ids[0]));
  }
});

test('PUTs of the same new id at once all succeed', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const id = `11111111-2222-4333-8444-${String(round).padStart(12, '0')}`;
    for (const answer of await atOnce(AT_ONCE, (index) => send('PUT', `/consumers/${id}`, { json: { username: `user-${round}`, tags: [`t${index}`] } }))) answer.expect(200);
  }
});

test('PUTs below a parent at once all succeed', async () => {
  (await send('PUT', '/consumers/member', { json: {} })).expect(200);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const answer of await atOnce(AT_ONCE, () => send('PUT', `/consumers/member/acls/group-${round}`, { json: {} }))) answer.expect(200);
  }
});

test('of PUTs that claim the same value for different names at once, one succeeds and the others say which value', async () => {
  const answers = await atOnce(AT_ONCE, (index) => send('PUT', `/consumers/claims-${index}`, { json: { custom_id: 'claimed' } }));
  assert.equal(answers.filter(({ status }) => status === 200).length, 1);
  for (const answer of answers.filter(({ status }) => status !== 200)) assert.deepEqual(answer.expect(409).at('fields'), { custom_id: 'claimed' });
});

test('PATCHes of different fields at once all stay', async () => {
  (await send('PUT', '/services/patched', { json: { host: 'a.test' } })).expect(200);
  const fields = ['port', 'retries', 'connect_timeout', 'read_timeout', 'write_timeout'];
  await atOnce(fields.length, (index) => send('PATCH', '/services/patched', { json: { [fields[index] ?? '']: 7 } }));
  assert.partialDeepStrictEqual((await send('GET', '/services/patched')).body, Object.fromEntries(fields.map((field) => [field, 7])));
});

test('a parent that is deleted while children are made leaves either no parent and no child, or both', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    (await send('PUT', `/services/parent-${round}`, { json: { host: 'a.test' } })).expect(200);
    const [deleted, ...made] = await atOnce(AT_ONCE, (index) =>
      index === 0 ? send('DELETE', `/services/parent-${round}`) : send('POST', `/services/parent-${round}/routes`, { json: { name: `child-${round}-${index}`, paths: [`/${index}`] } }),
    );
    const expected = deleted?.status === 204 ? [400, 404] : [201];
    for (const answer of made) assert.ok(expected.includes(answer.status), `${deleted?.text} ${answer.text}`);
  }
});
