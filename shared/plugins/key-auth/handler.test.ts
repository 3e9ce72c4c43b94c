import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { defined } from '../../assert.ts';
import type { ConfigLookup } from '../config-lookup.ts';
import type { PluginInstance, Verdict } from '../contract.ts';
import { cpuMsOf } from '../../../test/support/cpu-time.ts';
import { pluginContext, pluginRun, pluginServices, type HostParts, type RecordedContext } from '../../plugin-kit/plugin-host.ts';
import { keyAuthFactory } from './handler.ts';
import type { KeyAuthConfig } from './schema.ts';

const DEFAULTS: KeyAuthConfig = {
  key_names: ['apikey'], hide_credentials: false, anonymous: null, key_in_header: true, key_in_query: true, key_in_body: false, run_on_preflight: true, realm: null,
};
const ANN = { id: 'ann-id', username: 'ann', customId: null };
const GUEST = { id: 'guest-id', username: 'guest', customId: null };
const CREDENTIAL = { id: 'credential-1', consumerId: 'ann-id' };
const ORPHAN = { id: 'credential-2', consumerId: 'gone' };

const config: Partial<ConfigLookup> = {
  credentialBySecret: (_kind, presented) => (presented === 'right' || presented === 'schlüssel' ? CREDENTIAL : presented === 'orphan' ? ORPHAN : undefined),
  consumerById: (id) => [ANN, GUEST].find((consumer) => consumer.id === id),
  consumerByUsername: (name) => [ANN, GUEST].find((consumer) => consumer.username === name),
};

interface Outcome {
  readonly verdict: Verdict | undefined;
  readonly context: RecordedContext;
  readonly warnings: readonly string[];
}

function make(given: Partial<KeyAuthConfig> = {}, services = pluginServices()): PluginInstance {
  return keyAuthFactory.create({ ...DEFAULTS, ...given }, services);
}

function run(given: Partial<KeyAuthConfig>, parts: HostParts): Outcome {
  const services = pluginServices();
  const context = pluginContext({ config, ...parts });
  return { verdict: pluginRun(make(given, services)).head(context), context, warnings: services.warnings };
}

function refused(outcome: Outcome, message: string, challenge = 'Key'): void {
  assert.deepEqual(outcome.verdict, { kind: 'respond', status: 401, message, headers: [['WWW-Authenticate', challenge]] });
  assert.equal(outcome.context.consumer, undefined);
}

const form = (text: string): HostParts => ({ method: 'POST', headers: [['Content-Type', 'application/x-www-form-urlencoded; charset=utf-8']], body: Buffer.from(text) });
const json = (text: string): HostParts => ({ method: 'POST', headers: [['content-type', 'application/json']], body: Buffer.from(text) });

describe('where a key is found', () => {
  test('in a header, without regard to the case of its name', () => {
    const { verdict, context } = run({ key_names: ['X-Api-Key'] }, { headers: [['x-aPi-kEy', 'right']] });
    assert.equal(verdict, undefined);
    assert.deepEqual(context.effects, ['authenticate ann-id by credential-1']);
  });

  test('in the query, with regard to case', () => {
    assert.equal(run({}, { query: 'a=1&apikey=right' }).verdict, undefined);
    refused(run({}, { query: 'ApiKey=right' }), 'No API key found in request');
  });

  test('the header counts before the query, an earlier name before a later one', () => {
    assert.equal(run({}, { headers: [['apikey', 'right']], query: 'apikey=wrong' }).verdict, undefined);
    refused(run({}, { headers: [['apikey', 'wrong']], query: 'apikey=right' }), 'Unauthorized');
    assert.equal(run({ key_names: ['one', 'two'] }, { query: 'one=right', headers: [['two', 'wrong']] }).verdict, undefined);
  });

  test('nowhere that is switched off', () => {
    refused(run({ key_in_header: false }, { headers: [['apikey', 'right']] }), 'No API key found in request');
    refused(run({ key_in_query: false }, { query: 'apikey=right' }), 'No API key found in request');
    refused(run({}, form('apikey=right')), 'No API key found in request');
  });

  test('a header sent as UTF-8 is the same key as in the query', () => {
    assert.equal(run({}, { headers: [['apikey', Buffer.from('schlüssel').toString('latin1')]] }).verdict, undefined);
    assert.equal(run({}, { query: 'apikey=schl%C3%BCssel' }).verdict, undefined);
  });
});

describe('what is refused', () => {
  test('no key, an empty key, a wrong key, a key of nobody', () => {
    refused(run({}, {}), 'No API key found in request');
    refused(run({}, { headers: [['apikey', '']], query: 'apikey=right' }), 'No API key found in request');
    refused(run({}, { query: 'apikey' }), 'No API key found in request');
    refused(run({}, { query: 'apikey=wrong' }), 'Unauthorized');
    refused(run({}, { query: 'apikey=orphan' }), 'Unauthorized');
  });

  test('two keys under one name, even two right ones', () => {
    refused(run({}, { headers: [['apikey', 'right'], ['Apikey', 'right']] }), 'Duplicate API key found');
    refused(run({}, { query: 'apikey=right&apikey=right' }), 'Duplicate API key found');
  });

  test('a realm stands in quotes, and cannot leave them', () => {
    refused(run({ realm: 'books' }, {}), 'No API key found in request', 'Key realm="books"');
    refused(run({ realm: 'a"b\\' }, {}), 'No API key found in request', 'Key realm="a\\"b\\\\"');
  });

  test('OPTIONS too, unless preflights may pass', () => {
    refused(run({}, { method: 'OPTIONS' }), 'No API key found in request');
    assert.equal(run({ run_on_preflight: false }, { method: 'OPTIONS' }).verdict, undefined);
    refused(run({ run_on_preflight: false }, { method: 'GET' }), 'No API key found in request');
  });
});

describe('the anonymous consumer', () => {
  test('by username or id takes every request without a valid key', () => {
    for (const anonymous of ['guest', 'guest-id']) {
      for (const parts of [{}, { query: 'apikey=wrong' }, { query: 'apikey=a&apikey=b' }]) {
        const { verdict, context } = run({ anonymous }, parts);
        assert.equal(verdict, undefined);
        assert.deepEqual(context.effects, ['authenticate guest-id by nothing']);
      }
    }
  });

  test('does not take over from a key that is right, nor from what another plugin recognised', () => {
    assert.deepEqual(run({ anonymous: 'guest' }, { query: 'apikey=right' }).context.effects, ['authenticate ann-id by credential-1']);
    assert.deepEqual(run({ anonymous: 'guest' }, { consumer: ANN, credential: CREDENTIAL }).context.effects, []);
  });

  test('of an earlier plugin gives way to a key', () => {
    assert.deepEqual(run({ anonymous: 'guest' }, { consumer: GUEST, query: 'apikey=right' }).context.effects, ['authenticate ann-id by credential-1']);
  });

  test('that is not there is an error of ours, never an open door', () => {
    const { verdict, context, warnings } = run({ anonymous: 'nobody' }, {});
    assert.deepEqual(verdict, { kind: 'respond', status: 500, message: 'An unexpected error occurred' });
    assert.equal(context.consumer, undefined);
    assert.deepEqual(warnings, ['key-auth-anonymous-consumer-missing']);
  });

  test('without it, what another plugin recognised is not enough', () => {
    assert.equal(run({}, { consumer: ANN, credential: CREDENTIAL }).verdict?.status, 401);
  });
});

describe('hiding credentials', () => {
  test('takes every configured name off headers and query, wherever the key was', () => {
    const { context } = run({ hide_credentials: true, key_names: ['Key', 'other'] }, { headers: [['key', 'right'], ['other', 'secret']] });
    assert.deepEqual(context.effects, ['remove-upstream key', 'remove-argument Key', 'remove-upstream other', 'remove-argument other', 'authenticate ann-id by credential-1']);
  });

  test('leaves alone where it was told not to look', () => {
    const { context } = run({ hide_credentials: true, key_in_header: false }, { query: 'apikey=right' });
    assert.deepEqual(context.effects, ['remove-argument apikey', 'authenticate ann-id by credential-1']);
  });

  test('hides a wrong key too, before the anonymous consumer passes', () => {
    const { context } = run({ hide_credentials: true, anonymous: 'guest' }, { query: 'apikey=wrong' });
    assert.deepEqual(context.effects, ['remove-upstream apikey', 'remove-argument apikey', 'authenticate guest-id by nothing']);
  });
});

describe('a key that nobody asks for', () => {
  test('is hidden all the same, where another plugin recognised the client and on preflights', () => {
    const hidden = ['remove-upstream apikey', 'remove-argument apikey'];
    assert.deepEqual(run({ hide_credentials: true, anonymous: 'guest' }, { query: 'apikey=right', consumer: ANN, credential: CREDENTIAL }).context.effects, hidden);
    assert.deepEqual(run({ hide_credentials: true, run_on_preflight: false }, { query: 'apikey=right', method: 'OPTIONS' }).context.effects, hidden);
    const { context } = run({ hide_credentials: true, anonymous: 'guest', key_in_body: true }, { ...form('apikey=right&a=1'), consumer: ANN, credential: CREDENTIAL });
    assert.equal(Buffer.from(defined(context.sentBody, 'a body')).toString(), 'a=1');
  });
});

describe('keys in bodies', () => {
  const inBody: Partial<KeyAuthConfig> = { key_in_body: true, hide_credentials: true };
  const sent = (outcome: Outcome): string | undefined => {
    assert.equal(outcome.verdict, undefined);
    return outcome.context.sentBody === undefined ? undefined : Buffer.from(outcome.context.sentBody).toString();
  };

  test('are only asked for where they are switched on', () => {
    assert.equal(make().requestBody, undefined);
    assert.deepEqual(make({ key_in_body: true }).requestBody, { maxBytes: 1_048_576 });
  });

  test('forms: the rest of the body stays byte for byte', () => {
    assert.equal(sent(run(inBody, form('a=%zz&api%6bey=right&b=+&&c'))), 'a=%zz&b=+&&c');
    assert.equal(sent(run({ key_in_body: true }, form('apikey=right'))), undefined);
    refused(run(inBody, form('apikey=right&apikey=x')), 'Duplicate API key found');
    refused(run(inBody, form('apikey=')), 'No API key found in request');
    refused(run(inBody, form('')), 'No API key found in request');
  });

  test('JSON: numbers keep their digits, other members their spacing', () => {
    assert.equal(sent(run(inBody, json('{"n": 12345678901234567890.10, "apikey" :"right" , "s":"a,}\\"","l":[1,{"apikey":"x"}]}'))), '{"n": 12345678901234567890.10, "s":"a,}\\"","l":[1,{"apikey":"x"}]}');
    assert.equal(sent(run(inBody, json('{"ap\\u0069key":"right"}'))), '{}');
    assert.equal(sent(run(inBody, json('{"apikey":"schlüssel","ä":"ö"}'))), '{"ä":"ö"}');
  });

  test('JSON: a repeated member, a list or a record is more than one key, other values are none', () => {
    refused(run(inBody, json('{"apikey":"right","apikey":"right"}')), 'Duplicate API key found');
    refused(run(inBody, json('{"apikey":["right"]}')), 'Duplicate API key found');
    refused(run(inBody, json('{"apikey":{"a":1}}')), 'Duplicate API key found');
    refused(run(inBody, json('{"apikey":1}')), 'No API key found in request');
    refused(run(inBody, json('{"x":{"apikey":"right"}}')), 'No API key found in request');
    refused(run(inBody, json('{}')), 'No API key found in request');
  });

  test('multipart forms: the other parts stay', () => {
    const multipart = (boundary: string, text: string): HostParts => ({ method: 'POST', headers: [['content-type', `multipart/form-data; boundary=${boundary}`]], body: Buffer.from(text, 'latin1') });
    const part = (name: string, value: string) => `--xyz\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
    const file = '--xyz\r\nContent-Type: application/octet-stream\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n\x00\xff--xy\r\n';
    const kept = run(inBody, multipart('xyz', `${file}${part('apikey', 'right')}--xyz--\r\n`));
    assert.equal(Buffer.from(defined(kept.context.sentBody, 'a body')).toString('latin1'), `${file}--xyz--\r\n`);
    assert.equal(sent(run(inBody, multipart('"xyz"', `${part('apikey', 'right')}--xyz--`))), '--xyz--');
    refused(run(inBody, multipart('xyz', `${part('apikey', 'right')}${part('apikey', 'right')}--xyz--`)), 'Duplicate API key found');
    assert.equal(run(inBody, multipart('xyz', part('apikey', 'right'))).verdict?.status, 400, 'a form that never ends');
    assert.equal(run(inBody, multipart('', part('apikey', 'right'))).verdict?.status, 400, 'no boundary');
  });

  test('a body that cannot be read is refused only where it was needed', () => {
    const unreadable: readonly HostParts[] = [
      { method: 'POST', headers: [['content-type', 'text/plain']], body: Buffer.from('apikey=right') },
      { method: 'POST', body: Buffer.from('apikey=right') },
      { method: 'POST', headers: [['content-type', 'application/json']], body: undefined },
      ...['', ' ', 'null', '[]', '"apikey"', '{"apikey":"right"', '{"apikey":"right"}x', `${'['.repeat(100_000)}`].slice(1).map(json),
      form(`${'a&'.repeat(1_000)}apikey=right`),
      json(`{${'"a":1,'.repeat(1_000)}"apikey":"right"}`),
    ];
    for (const parts of unreadable) {
      assert.deepEqual(run(inBody, parts).verdict, { kind: 'respond', status: 400, message: 'Cannot process request body' });
      assert.equal(run(inBody, { ...parts, query: 'apikey=right' }).verdict, undefined);
    }
  });

  test('hostile bodies of a megabyte take no time to speak of', () => {
    const spentMs = cpuMsOf(() => {
      for (const text of ['&'.repeat(1_000_000), `a=${'%'.repeat(1_000_000)}`, `apikey=${'+'.repeat(1_000_000)}`]) run(inBody, form(text));
      for (const text of [`{"a":"${'\\"'.repeat(400_000)}"}`, `{"a":${'['.repeat(400_000)}${']'.repeat(400_000)}}`, `{${'"":1,'.repeat(200_000)}"":1}`]) run(inBody, json(text));
    });
    assert.ok(spentMs < 3_000);
  });

  test('names from the prototype are names like any other', () => {
    refused(run({ ...inBody, key_names: ['constructor', '__proto__'] }, json('{}')), 'No API key found in request');
    assert.equal(run({ ...inBody, key_names: ['__proto__'] }, json('{"__proto__":"right"}')).verdict, undefined);
  });
});

test('logs are told under which names keys come', () => {
  assert.deepEqual(make({ key_names: ['apikey', 'My-Key'] }).credentialNames, ['apikey', 'my-key']);
});
