import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpuMsOf } from '../../../test/support/cpu-time.ts';
import { defined } from '../../assert.ts';
import { pluginContext, pluginRun, pluginServices, type HostParts, type RecordedContext } from '../../plugin-kit/plugin-host.ts';
import type { ConfigLookup } from '../config-lookup.ts';
import type { PluginInstance, Verdict } from '../contract.ts';
import type { CounterTable, PasswordVerdict, PluginServices } from '../plugin-services.ts';
import { basicAuthFactory } from './handler.ts';
import type { BasicAuthConfig } from './schema.ts';

const DEFAULTS: BasicAuthConfig = { anonymous: null, hide_credentials: false, realm: 'service', max_failures_per_user: 0, max_failures_per_network: 0 };
const ANN = { id: 'ann-id', username: 'ann', customId: null };
const GUEST = { id: 'guest-id', username: 'guest', customId: null };
const CREDENTIAL = { ref: { id: 'credential-1', consumerId: 'ann-id' }, passwordHash: '$argon2id$of-ann' };
const IMPORTED = { ref: { id: 'credential-2', consumerId: 'ann-id' }, passwordHash: 'sha1$argon2id$of-imported' };
const ORPHAN = { ref: { id: 'credential-3', consumerId: 'gone' }, passwordHash: '$argon2id$of-ann' };

const config: Partial<ConfigLookup> = {
  basicCredential: (username) => new Map([['ann', CREDENTIAL], ['jürgen', CREDENTIAL], ['imported', IMPORTED], ['orphan', ORPHAN]]).get(username),
  consumerById: (id) => [ANN, GUEST].find((consumer) => consumer.id === id),
  consumerByUsername: (name) => [ANN, GUEST].find((consumer) => consumer.username === name),
};

const sha1 = (text: string): string => createHash('sha1').update(text).digest('hex');
const RIGHT = new Map([['$argon2id$of-ann', 's3cret:with colon'], ['$argon2id$of-imported', sha1('oldann-id')]]);

/** Right ones are remembered from the second time on. */
function verifier(): { readonly asked: (string | undefined)[] } & PluginServices['passwords'] {
  const [asked, remembered] = [[] as (string | undefined)[], new Set<string>()];
  return {
    asked,
    isRemembered: (hash, presented) => hash !== undefined && remembered.has(hash) && RIGHT.get(hash) === presented,
    verify(hash, presented): PasswordVerdict | Promise<PasswordVerdict> {
      asked.push(hash);
      const isRight = hash !== undefined && RIGHT.get(hash) === presented;
      if (isRight && remembered.has(hash)) return 'right';
      if (isRight) remembered.add(hash);
      return Promise.resolve(isRight ? 'right' : 'wrong');
    },
  };
}

function counters(): CounterTable {
  const counts = new Map<string, number>();
  const nameOf = (key: unknown, startMs: number): string => `${String(key)} ${startMs}`;
  return {
    take(key, [window]) {
      const { startMs, limit } = defined(window, 'a window');
      const before = counts.get(nameOf(key, startMs)) ?? 0;
      if (before >= limit) return { kind: 'over', exceeded: [0], remaining: [0] };
      counts.set(nameOf(key, startMs), before + 1);
      return { kind: 'taken', remaining: [limit - before - 1] };
    },
    add(key, [window], amount) {
      const name = nameOf(key, defined(window, 'a window').startMs);
      if (amount !== 0) counts.set(name, (counts.get(name) ?? 0) + amount);
      return [counts.get(name) ?? 0];
    },
  };
}

function make(given: Partial<BasicAuthConfig> = {}, services: Partial<PluginServices> = {}): PluginInstance {
  return basicAuthFactory.create({ ...DEFAULTS, ...given }, pluginServices({ passwords: verifier(), ...services }));
}

const basic = (login: string | Uint8Array, header = 'Authorization', scheme = 'Basic'): HostParts => ({ headers: [[header, `${scheme} ${Buffer.from(login).toString('base64')}`]] });

async function run(instance: PluginInstance, parts: HostParts): Promise<{ readonly verdict: Verdict | undefined; readonly context: RecordedContext }> {
  const context = pluginContext({ config, ...parts });
  return { verdict: await pluginRun(instance).headAsync(context), context };
}

const refusal = (realm = 'service'): Verdict => ({ kind: 'respond', status: 401, message: 'Unauthorized', headers: [['WWW-Authenticate', `Basic realm="${realm}"`]] });

describe('who is recognised', () => {
  const right = 'ann:s3cret:with colon';
  for (const [title, parts] of [
    ['a name and a password with a colon in it', basic(right)],
    ['a scheme in any case', basic(right, 'authorization', 'bAsIc')],
    ['Proxy-Authorization', basic(right, 'Proxy-Authorization')],
    ['Authorization beside a Proxy-Authorization of another scheme', { headers: [['Proxy-Authorization', 'Bearer abc'], ...(basic(right).headers ?? [])] }],
    ['a name beyond ASCII, in UTF-8', basic('jürgen:s3cret:with colon')],
  ] as const) {
    test(title, async () => {
      const { verdict, context } = await run(make(), parts);
      assert.equal(verdict, undefined);
      assert.deepEqual(context.effects, ['authenticate ann-id by credential-1']);
    });
  }

  test('one whose password came from Kong as a salted SHA-1, which is not a password itself', async () => {
    assert.equal((await run(make(), basic('imported:old'))).verdict, undefined);
    assert.deepEqual((await run(make(), basic(`imported:${sha1('oldann-id')}`))).verdict, refusal());
  });

  test('without waiting, once the password was found right', async () => {
    const instance = make();
    await run(instance, basic(right));
    const context = pluginContext({ config, ...basic(right) });
    assert.equal(pluginRun(instance).head(context), undefined);
    assert.equal(context.credential, CREDENTIAL.ref);
  });
});

describe('who is not', () => {
  for (const [title, parts] of [
    ['nobody', {}],
    ['a wrong password', basic('ann:guess')],
    ['an empty password', basic('ann:')],
    ['an unknown name', basic('eve:s3cret:with colon')],
    ['a name from the prototype', basic('__proto__:x')],
    ['a credential whose consumer is gone', basic('orphan:s3cret:with colon')],
    ['no colon', basic('ann')],
    ['no base64', { headers: [['Authorization', 'Basic ann:s3cret']] }],
    ['another scheme', { headers: [['Authorization', 'Bearer YW5uOng=']] }],
    ['two lines of the header, of which one is right', { headers: [...(basic('ann:s3cret:with colon').headers ?? []), ...(basic('eve:x').headers ?? [])] }],
    ['one that is wrong in Proxy-Authorization and right in Authorization', { headers: [...(basic('ann:x', 'Proxy-Authorization').headers ?? []), ...(basic('ann:s3cret:with colon').headers ?? [])] }],
    ['a name in latin1', basic(Buffer.from('jürgen:s3cret:with colon', 'latin1'))],
    ['a login of a megabyte', basic(`ann:${'x'.repeat(1_000_000)}`)],
  ] as const satisfies readonly (readonly [string, HostParts])[]) {
    test(title, async () => {
      const { verdict, context } = await run(make(), parts);
      assert.deepEqual(verdict, refusal());
      assert.deepEqual(context.effects, []);
    });
  }

  test('an unknown name is verified like a known one, against nothing', async () => {
    const passwords = verifier();
    for (const login of ['eve:x', 'ann:x']) await run(make({}, { passwords }), basic(login));
    assert.deepEqual(passwords.asked, [undefined, CREDENTIAL.passwordHash]);
  });

  test('the realm is quoted', async () => {
    assert.deepEqual((await run(make({ realm: 'a "b" \\' }), {})).verdict, refusal('a \\"b\\" \\\\'));
  });

  test('hostile headers take no time to speak of', () => {
    const instance = make();
    const ms = cpuMsOf(() => {
      for (const value of [`Basic${' '.repeat(60_000)}`, `Basic ${'='.repeat(60_000)}`, `basic ${'A'.repeat(60_000)}=!`]) {
        assert.deepEqual(pluginRun(instance).head(pluginContext({ config, headers: [['Authorization', value]] })), refusal());
      }
    });
    assert.ok(ms < 200, `${ms} ms`);
  });
});

describe('hiding credentials', () => {
  test('takes the header off, whether or not they were right', async () => {
    const { context } = await run(make({ hide_credentials: true, anonymous: 'guest' }), basic('ann:wrong'));
    assert.deepEqual(context.effects, ['remove-upstream authorization', 'authenticate guest-id by nothing']);
  });
});

describe('a client that another plugin recognised', () => {
  test('has its login hidden all the same, and what is none stays', async () => {
    const given = { hide_credentials: true, anonymous: 'guest' };
    assert.deepEqual((await run(make(given), { ...basic('ann:x'), credential: CREDENTIAL.ref })).context.effects, ['remove-upstream authorization']);
    assert.deepEqual((await run(make(given), { headers: [['Authorization', 'Bearer abc']], credential: CREDENTIAL.ref })).context.effects, []);
  });
});

describe('a verifier that is too busy', () => {
  const busy = { passwords: { verify: () => Promise.resolve('busy' as const), isRemembered: () => false } };

  test('closes, also to the anonymous consumer, and counts no failure', async () => {
    const services = { ...busy, counters: counters() };
    for (const anonymous of [null, 'guest']) {
      const instance = make({ anonymous, max_failures_per_user: 1 }, services);
      for (let turn = 0; turn < 3; turn += 1) assert.deepEqual((await run(instance, basic('ann:x'))).verdict, { kind: 'respond', status: 503, message: 'Service unavailable', headers: [['Retry-After', '1']] });
    }
  });
});

describe('failures', () => {
  const tooMany: Verdict = { kind: 'respond', status: 429, message: 'Too many failed attempts', headers: [['Retry-After', '60']] };

  test('per user name: known and unknown names, right and wrong passwords are refused alike, until the minute is over', async () => {
    let nowMs = 0;
    const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
    for (const name of ['ann', 'eve']) {
      const passwords = verifier();
      const instance = make({ max_failures_per_user: 2 }, { counters: counters(), clock, passwords });
      nowMs = 0;
      for (let turn = 0; turn < 2; turn += 1) assert.deepEqual((await run(instance, basic(`${name}:guess`))).verdict, refusal());
      for (const password of ['guess', 's3cret:with colon']) assert.deepEqual((await run(instance, { ...basic(`${name}:${password}`), clientAddress: '203.0.113.9' })).verdict, tooMany);
      assert.equal(passwords.asked.length, 2, 'what is refused is not even verified');
      nowMs = 60_000;
      assert.deepEqual((await run(instance, basic(`${name}:s3cret:with colon`))).verdict, name === 'ann' ? undefined : refusal());
    }
  });

  test('per network, whatever the names', async () => {
    const instance = make({ max_failures_per_network: 2 }, { counters: counters() });
    const from = (clientAddress: string, name: string): HostParts => ({ ...basic(`${name}:guess`), clientAddress });
    for (const name of ['a', 'b']) assert.deepEqual((await run(instance, from('2001:db8::1', name))).verdict, refusal());
    assert.deepEqual((await run(instance, from('2001:db8::2', 'c'))).verdict, tooMany);
    assert.deepEqual((await run(instance, from('2001:db8:0:1::1', 'c'))).verdict, refusal());
  });

  test('many at once do not slip through together', async () => {
    const passwords = verifier();
    const instance = make({ max_failures_per_user: 3 }, { counters: counters(), passwords });
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, at) => run(instance, basic(`ann:guess ${at}`))));
    assert.equal(outcomes.filter(({ verdict }) => verdict?.status === 401).length, 3);
    assert.equal(outcomes.filter(({ verdict }) => verdict?.status === 429).length, 17);
  });

  test('one password, sent many times at once, is one attempt: a client that comes with many connections is let in', async () => {
    const passwords = verifier();
    const instance = make({ max_failures_per_user: 3, max_failures_per_network: 3 }, { counters: counters(), passwords });
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => run(instance, basic('ann:s3cret:with colon'))));
    assert.deepEqual(new Set(outcomes.map(({ verdict }) => verdict)), new Set([undefined]));
    assert.equal(passwords.asked.length, 1);
    const wrong = await Promise.all(Array.from({ length: 20 }, () => run(instance, basic('ann:guess'))));
    assert.deepEqual(wrong.map(({ verdict }) => verdict), wrong.map(() => refusal()));
    assert.equal((await run(instance, basic('ann:guess'))).verdict?.status, 401, 'the others of those were none');
  });

  test('shut nobody out who was let in from where he is, and tell nobody there who that is', async () => {
    const passwords = verifier();
    const instance = make({ max_failures_per_user: 2, max_failures_per_network: 2 }, { counters: counters(), passwords });
    const from = (clientAddress: string, login: string): HostParts => ({ ...basic(login), clientAddress });
    const [home, right] = ['2001:db8::1', 'ann:s3cret:with colon'];
    assert.equal((await run(instance, from(home, right))).verdict, undefined);
    for (const guess of ['1', '2']) await run(instance, from('192.0.2.66', `ann:${guess}`));
    for (const turn of [1, 2, 3]) assert.equal((await run(instance, from(home, right))).verdict, undefined, String(turn));
    assert.deepEqual((await run(instance, from('192.0.2.66', right))).verdict, tooMany, 'elsewhere');
    const before = passwords.asked.length;
    for (const login of ['ann:guess', 'ann:guess', 'eve:guess', right]) assert.deepEqual((await run(instance, from('2001:db8::2', login))).verdict, login === 'eve:guess' ? refusal() : tooMany, 'two guesses from there shut it there, too');
    assert.equal(passwords.asked.length, before + 1, 'and nothing is verified meanwhile');
  });

  test('right passwords count as none', async () => {
    const instance = make({ max_failures_per_user: 1, max_failures_per_network: 1 }, { counters: counters() });
    for (let turn = 0; turn < 5; turn += 1) assert.equal((await run(instance, basic('ann:s3cret:with colon'))).verdict, undefined);
  });

  test('without room to count, a password still decides', async () => {
    const services = pluginServices({ passwords: verifier() });
    const instance = basicAuthFactory.create({ ...DEFAULTS, max_failures_per_user: 1 }, services);
    assert.deepEqual((await run(instance, basic('ann:guess'))).verdict, refusal());
    assert.deepEqual(services.warnings, ['basic-auth-failures-not-counted']);
  });
});
