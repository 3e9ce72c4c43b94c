/**
 * Tenants and each other's things, by generation: every operation of the admin API × every way to name something of another tenant's
 * (isolation-cases.ts). What is theirs is answered as what is nobody's, nothing of theirs is told, and none of their rows moves. Once
 * as it is, and once with nothing but row-level security between them (without-tenant-predicates.ts).
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { EntityKind } from '../shared/model/definition.ts';
import { entityDefinitions, entityKinds } from '../shared/model/registry.ts';
import { startTestAdminApi, type AdminAnswer } from './support/admin-api.ts';
import { fillTenant, makeAuthorities, OWN_THINGS, type FilledTenant, type Names, type OwnThing } from './support/filled-tenant.ts';
import { isolationCases, type IsolationCase, type IsolationRequest } from './support/isolation-cases.ts';
import { onServer } from './support/postgres-server.ts';
import { mayHoldTenantPredicate, PredicateRemover, ROLES_OF_ONE_TENANT } from './support/without-tenant-predicates.ts';

/** Signing keys and statements, the audit's seals, keys that secrets are sealed with, who signs in: tables that the publisher's and the authentication's role read whole. */
const OF_ROLES_THAT_SEE_ALL: ReadonlySet<string> = new Set([
  'audit', 'audit_checkpoints', 'audit_floors', 'audit_seals', 'content_keys', 'data_planes', 'gateways', 'operator_tokens', 'operators', 'roles', 'signing_keys', 'statements', 'tenant_keys', 'tenant_quotas', 'tenants',
]);

const remover = new PredicateRemover();
const api = await startTestAdminApi();
await makeAuthorities(100);
/** Stands in every text of the victim's. */
const WORD = 'canaryvictim';
const victim = await fillTenant(api, WORD);
/** Its own requests are logged with its name. */
const linesOfVictim = api.logLines().length;
const cases = isolationCases(api.routes);
const rowsBefore = await rowsOf(victim);
const victimIds = new Set(rowsBefore.flatMap(({ text }) => text.match(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g) ?? []));

async function tenantTables(): Promise<readonly string[]> {
  return onServer(api.database.superuserConnectionString, async (client) => {
    const { rows } = await client.query<{ readonly name: string }>(`SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
      WHERE c.relnamespace = 'holdfast'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attname = 'tenant_id' AND NOT a.attisdropped ORDER BY 1`);
    return [...rows.map(({ name }) => name), 'tenants'];
  });
}

/** All of a tenant's rows in all tables. */
async function rowsOf({ tenantId }: FilledTenant): Promise<readonly { readonly table: string; readonly text: string }[]> {
  const tables = await tenantTables();
  return onServer(api.database.superuserConnectionString, async (client) => {
    const found: { readonly table: string; readonly text: string }[] = [];
    for (const table of tables) {
      const { rows } = await client.query<{ readonly text: string }>(`SELECT t::text AS text FROM holdfast.${table} t WHERE ${table === 'tenants' ? 'id' : 'tenant_id'} = $1 ORDER BY 1`, [tenantId]);
      found.push(...rows.map(({ text }) => ({ table, text })));
    }
    return found;
  });
}

/** Names like a tenant's, of nothing. */
function namesOfNobody(word: string): Names {
  return {
    gateway: `${word}-gateway`, tenant: `${word}-tenant`, role: `${word}-role`, operator: `${word}-person`, provider: `${word}-idp`, requestId: randomUUID(), tag: `${word}-services-tag`,
    entityIds: new Map(entityKinds.map((kind) => [kind, randomUUID()])),
    entityNames: new Map([...victim.names.entityNames].map(([kind, name]): [EntityKind, string] => [kind, /^[0-9a-f]{32,}$/.test(name) ? randomUUID() : name.replace(WORD, word)])),
    own: Object.fromEntries(OWN_THINGS.map((thing) => [thing, randomUUID()])) as Record<OwnThing, string>,
  };
}

/** Asked of a data plane of the caller's own gateway, and here none is connected. */
const EXPLAIN = /^POST \/v1\/explain: |\/v1\/data-planes\/:id\/log-level/;

/** Cases that no tenant of this kind can see done. */
const AS_IT_IS: readonly RegExp[] = [
  // The plugin of each tenant is for a consumer, so it is for no group.
  /consumer_groups\/:parent\/plugins|plugins\/:id\/consumer_group|plugins\/:id: consumer_group/,
  // Its partial is not of the kind that the plugin takes, which is said of one that is there.
  /plugins(?:\/:id)?(?:: | with )partials/,
  // No plugin has the version of a release; plugins are the same for everybody.
  /GET \/v1\/plugins\/:name\/:version/,
  // Changed by a path of its own.
  /batch: update partials/,
  EXPLAIN,
  // It is there, and with another issuer its secret is asked for.
  /PUT \/v1\/identity-providers/,
  // Of a target that has not this address.
  /:address/,
];

/** By all attackers. */
const allSaid = new Set<string>();
let words = 0;

function freshWord(): string {
  words += 1;
  return `fresh${words}`;
}

async function ask(token: string, { method }: IsolationCase, { path, json }: IsolationRequest): Promise<AdminAnswer> {
  return api.send(method, path, { token, ...(json === undefined ? {} : { json }) });
}

/** What a text tells of the victim: its words, and the ids of whatever it has. */
function wordsOf(text: string): readonly string[] {
  return [...(text.match(new RegExp(`${WORD}[\\w-]*`, 'gi')) ?? []), ...(text.match(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g) ?? []).filter((id) => victimIds.has(id))];
}

/** A refusal without what differs between two requests. */
function shapeOf(answer: AdminAnswer, names: Names, fresh: string): string {
  const values = [names.gateway, names.tenant, names.role, names.operator, names.provider, names.requestId, names.tag, fresh, ...names.entityIds.values(), ...names.entityNames.values(), ...Object.values(names.own)];
  const text = values.filter((value) => value.length > 3).toSorted((one, other) => other.length - one.length).reduce((rest, value) => rest.replaceAll(value, '…'), answer.text);
  return `${answer.status} ${text.replaceAll(/"request_id":"[^"]*"/g, '')}`;
}

interface Pass {
  readonly requests: number;
  readonly statuses: ReadonlyMap<string, number>;
}

/**
 * Every case, in the name of what is the victim's and in the name of what is nobody's. `said`: words that the attacker sent itself, which
 * errors and its own audit may repeat.
 */
async function attack(attacker: FilledTenant, token: string, some: readonly IsolationCase[], { said, compares }: { readonly said: Set<string>; readonly compares: boolean }): Promise<Pass> {
  const nobody = namesOfNobody(freshWord());
  const statuses = new Map<string, number>();
  let requests = 0;
  const problems: string[] = [];
  const left = [...some];
  const work = async (): Promise<void> => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) {
      const answers: string[] = [];
      for (const names of compares && one.way !== 'plain' ? [victim.names, nobody] : [victim.names]) {
        const fresh = freshWord();
        const request = one.request(names, attacker.names, fresh);
        for (const text of wordsOf(decodeURIComponent(request.path) + JSON.stringify(request.json ?? {}))) {
          said.add(text);
          allSaid.add(text);
        }
        const answer = await ask(token, one, request);
        requests += 1;
        const leaks = wordsOf(answer.text + JSON.stringify(answer.headers)).filter((text) => !said.has(text));
        if (leaks.length > 0) problems.push(`${one.name} tells ${leaks.slice(0, 3).join(', ')}: ${answer.status} ${answer.text.slice(0, 200)}`);
        if (names === victim.names) {
          statuses.set(`${one.way} ${answer.status}`, (statuses.get(`${one.way} ${answer.status}`) ?? 0) + 1);
          if (!isRefused(one, answer)) problems.push(`${one.name}: ${answer.status} ${answer.text.slice(0, 200)}`);
        }
        if (one.makesOwn && answer.status < 300) await unmake(attacker, token, names);
        answers.push(answer.status < 400 ? String(answer.status) : shapeOf(answer, names, fresh));
      }
      if (new Set(answers).size > 1) problems.push(`${one.name} tells what is there: ${answers.join(' / ').slice(0, 600)}`);
    }
  };
  await Promise.all(Array.from({ length: some === laterCases ? 1 : 8 }, work));
  assert.deepEqual(problems, [], `${problems.length} problems`);
  return { requests, statuses };
}

/** Takes away what was made under ids of others, so that the next case finds none. */
async function unmake(attacker: FilledTenant, token: string, names: Names): Promise<void> {
  const operations = entityDefinitions.filter(({ link }) => link === undefined).map(({ kind }) => ({ op: 'delete', kind, id: names.entityIds.get(kind) }));
  (await api.send('POST', `/v1/gateways/${attacker.names.gateway}/batch`, { token, json: { operations } })).expect(200);
}

/** 404, and where Kong's clients expect something else: what they asked for is done to nothing. */
function isRefused({ name, way, method, makesOwn }: IsolationCase, { status }: AdminAnswer): boolean {
  // By permission: what belongs to the installation, and writes of who only reads.
  if (status === 404 || status === 403 || (status === 503 && EXPLAIN.test(name))) return true;
  if (way === 'prefix') return false;
  if (way === 'path') return (method === 'DELETE' && status === 204) || (makesOwn && (status === 200 || status === 400)) || (method === 'GET' && status === 200);
  if (way === 'plain' || way === 'query' || way === 'filter') return status === 200 || status === 400 || status === 304;
  if (way === 'foreign-key' || way === 'body') return status === 400;
  return status === 400 || (makesOwn ? status === 200 || status === 201 : status === 200);
}

/** What a tenant reads of its own, without what moves by itself: times of use, and rows of the audit, which reading may add. */
async function answersOf({ names, ownerToken }: FilledTenant): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const one of plainCases.filter(({ name }) => !/^GET (?:\/|\/status|\/v1\/audit.*)$/.test(name))) {
    const { status, text } = await ask(ownerToken, one, one.request(names, names, freshWord()));
    found.set(one.name, `${status} ${text.replaceAll(/"(?:exported_at|last_used_at|last_seen_at|kept_from|from|to)": ?"[^"]*"|"seconds":[\d.]+/g, '')}`);
  }
  return found;
}

async function assertUntouched(): Promise<void> {
  const rows = await rowsOf(victim);
  assert.deepEqual(rows.filter(({ text }) => !rowsBefore.some((row) => row.text === text)), []);
  assert.deepEqual(rows, rowsBefore);
}

/** Lists first, while nothing was said yet. */
const plainCases = cases.filter(({ way }) => way === 'plain');
const laterCases = cases.filter(({ makesOwn }) => makesOwn);
const firstCases = cases.filter(({ way, makesOwn }) => way !== 'plain' && !makesOwn);


test('every operation is in the matrix, and the victim has a row in every table that has a tenant', async (context) => {
  const ways = Map.groupBy(cases, ({ way }) => way);
  context.diagnostic(`isolation matrix: ${cases.length} cases of ${api.routes.length} routes (${[...ways].map(([way, some]) => `${way} ${some.length}`).join(', ')})`);
  const filled = new Set(rowsBefore.map(({ table }) => table));
  assert.deepEqual((await tenantTables()).filter((table) => !filled.has(table)), []);
});

test('what is another tenant’s is answered as what is nobody’s; none of it is told or moves', async (context) => {
  const attacker = await fillTenant(api, 'atck');
  const said = new Set<string>();
  for (const [who, token, some, compares] of [['viewer, lists', attacker.viewerToken, plainCases, false], ['owner, lists', attacker.ownerToken, plainCases, false], ['viewer', attacker.viewerToken, firstCases.filter(({ method }) => method === 'GET'), false], ['owner', attacker.ownerToken, firstCases, true], ['owner, makes own', attacker.ownerToken, laterCases, true]] as const) {
    const { requests, statuses } = await attack(attacker, token, some, { said, compares });
    context.diagnostic(`${who}: ${requests} requests; ${[...statuses].toSorted().map(([status, count]) => `${status}: ${count}`).join(', ')}`);
  }
  await assertUntouched();
});

test('the same with row-level security alone', async (context) => {
  const attacker = await fillTenant(api, 'atck2');
  const said = new Set<string>();
  const own = await answersOf(attacker);
  await remover.during(async () => {
    assert.deepEqual(await answersOf(attacker), own, 'for its own tenant each statement says the same');
    for (const some of [plainCases, firstCases, laterCases]) {
      const { requests } = await attack(attacker, attacker.ownerToken, some, { said, compares: false });
      context.diagnostic(`owner: ${requests} requests`);
    }
  });
  await assertUntouched();
  const seen = [...remover.seen.values()];
  const freed = seen.filter(({ text, sent }) => text !== sent);
  const byRole = Map.groupBy(seen, ({ role }) => role);
  context.diagnostic(`${freed.length} statements without their conditions; by role: ${[...byRole].map(([role, some]) => `${role} ${some.length}`).join(', ')}`);
  assert.ok(freed.length > 60, String(freed.length));
  // Each condition was found; and what has none does nothing but insert, or names a tenant by the id of its own row.
  const ofOneTenant = seen.filter(({ role }) => ROLES_OF_ONE_TENANT.has(role));
  assert.deepEqual(ofOneTenant.filter(({ sent }) => mayHoldTenantPredicate(sent)).map(({ sent }) => sent), []);
  const kept = ofOneTenant.filter(({ text, sent }) => text === sent && !/^\s*(?:WITH [\s\S]*?\()?\s*INSERT INTO|^WITH begun AS [\s\S]* INSERT INTO audit/.test(text)).map(({ text }) => text.replaceAll(/\s+/g, ' '));
  assert.deepEqual(kept.filter((text) => !/ FROM tenants WHERE id = \$1(?: |$)/.test(text)), []);
  // What these roles read for a caller is protected by its own conditions alone: a new table here is to be thought about.
  const others = seen.filter(({ role }) => !ROLES_OF_ONE_TENANT.has(role)).flatMap(({ text }) => [...text.matchAll(/(?:FROM|JOIN|UPDATE|INTO) ([a-z_]+)/g)].map(([, table = '']) => table));
  assert.deepEqual([...new Set(others)].filter((table) => !OF_ROLES_THAT_SEE_ALL.has(table)), []);
});

test('no log line tells of the victim what the attackers had not said', () => {
  const lines = api.logLines().slice(linesOfVictim);
  assert.ok(lines.length > 1_000);
  assert.deepEqual(lines.flatMap((line) => wordsOf(line).filter((text) => !allSaid.has(text)).map((text) => `${text} in ${line.slice(0, 300)}`)), []);
});

test('every case asks for something: the victim itself gets it', async () => {
  const ORDER = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
  // What stops writes comes last of its kind.
  const rank = ({ method, name }: IsolationCase): number => ORDER.indexOf(method) * 2 + Number(/\/(?:freeze|unfreeze|rotate|revoke|clear)|POST \/config/.test(name));
  const own = cases.filter(({ way, makesOwn, name }) => way !== 'prefix' && !makesOwn && !/^batch: delete|by name$/.test(name)).toSorted((one, other) => rank(one) - rank(other) || other.name.length - one.name.length);
  const missed: string[] = [];
  for (const one of own) {
    const { status, text } = await ask(victim.ownerToken, one, one.request(victim.names, victim.names, freshWord()));
    // Whoever owns a tenant is refused what belongs to the installation; the others are of what was found.
    const isFound = status < 400 || status === 403 || status === 409 || status === 423 || /UNIQUE violation|an existing '[a-z_]+' entity references/.test(text);
    if (!isFound && !AS_IT_IS.some((pattern) => pattern.test(one.name))) missed.push(`${one.name}: ${status} ${text.slice(0, 200)}`);
  }
  assert.deepEqual(missed, []);
});
