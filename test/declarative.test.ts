/**
 * Declarative configuration through the admin API, against a real Postgres: what a content means for a gateway (sync, apply, dry
 * run, select tags), that it is all or nothing and one release, what is told of what is wrong, and Kong's `/config`.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestAdminApi, type AdminAnswer } from './support/admin-api.ts';

const { send, viewerToken } = await startTestAdminApi();

interface PostOptions {
  readonly mode?: 'sync' | 'apply';
  readonly dry_run?: boolean;
  readonly select_tags?: readonly string[];
  readonly skip_consumers?: boolean;
  readonly if_version?: string;
}

/** A gateway of its own for one test. */
async function newGateway(name: string) {
  (await send('POST', '/v1/gateways', { json: { name } })).expect(201);
  const path = `/v1/gateways/${name}/declarative`;
  return {
    post: (content: object | string, options: PostOptions = {}): Promise<AdminAnswer> =>
      send('POST', path, { json: { mode: 'sync', ...options, content: typeof content === 'string' ? content : JSON.stringify({ _format_version: '3.0', ...content }) } }),
    dump: async (query = ''): Promise<unknown> => (await send('GET', `${path}${query}`)).expect(200).at('content'),
    get: (rest: string) => send('GET', `/${name}${rest}`),
    send: (method: string, rest: string, json?: object) => send(method, `/${name}${rest}`, json === undefined ? {} : { json }),
    names: async (kind: string): Promise<readonly unknown[]> => namesIn((await send('GET', `/${name}/${kind}?size=1000`)).expect(200).at('data')),
  };
}

function namesIn(data: unknown): readonly unknown[] {
  assert.ok(Array.isArray(data));
  return data.map((entity: { readonly name?: unknown; readonly username?: unknown }) => entity.name ?? entity.username).toSorted();
}

const BOOKS = {
  services: [{
    name: 'books', url: 'http://books.internal:8080/v1', tags: ['shop'],
    routes: [{ name: 'books', paths: ['/books'], plugins: [{ name: 'rate-limiting', config: { minute: 5 } }] }],
  }],
  consumers: [{ username: 'ada', keyauth_credentials: [{ key: 'ada-key-1' }], acls: [{ group: 'readers' }] }],
  upstreams: [{ name: 'shelf', targets: [{ target: '10.0.0.1' }, { target: '10.0.0.2:81', weight: 7 }] }],
  plugins: [{ name: 'key-auth', service: 'books' }],
};

test('a content is created in one release; the same content again changes nothing and makes no release', async () => {
  const gateway = await newGateway('created');
  const first = (await gateway.post(BOOKS)).expect(200);
  assert.deepEqual(first.at('summary'), { created: 10, updated: 0, deleted: 0, unchanged: 0 });
  assert.match(first.word('version'), /^1\.1$/);
  assert.deepEqual(await gateway.names('services'), ['books']);
  assert.equal((await gateway.get('/upstreams/shelf/targets/10.0.0.2:81')).expect(200).at('weight'), 7);
  const again = (await gateway.post(BOOKS)).expect(200);
  assert.deepEqual(again.at('summary'), { created: 0, updated: 0, deleted: 0, unchanged: 10 });
  assert.equal(again.at('version'), null);
  assert.deepEqual(await gateway.dump(), {
    _format_version: '3.0',
    services: [{
      name: 'books', host: 'books.internal', port: 8080, path: '/v1', tags: ['shop'],
      routes: [{ name: 'books', paths: ['/books'], plugins: [{ name: 'rate-limiting', config: { minute: 5 } }] }], plugins: [{ name: 'key-auth' }],
    }],
    consumers: [{ username: 'ada', keyauth_credentials: [{ key: 'ada-key-1' }], acls: [{ group: 'readers' }] }],
    upstreams: [{ name: 'shelf', targets: [{ target: '10.0.0.1:8000' }, { target: '10.0.0.2:81', weight: 7 }] }],
  });
  assert.deepEqual(again.at('entities'), []);
});

test('sync deletes what is absent, apply does not', async () => {
  const gateway = await newGateway('absent');
  (await gateway.post(BOOKS)).expect(200);
  const services = { services: [{ name: 'films', host: 'films.internal' }] };
  assert.deepEqual((await gateway.post(services, { mode: 'apply' })).expect(200).at('summary'), { created: 1, updated: 0, deleted: 0, unchanged: 0 });
  assert.deepEqual(await gateway.names('services'), ['books', 'films']);
  assert.deepEqual((await gateway.post(services)).expect(200).at('summary'), { created: 0, updated: 0, deleted: 10, unchanged: 1 });
  assert.deepEqual(await gateway.names('services'), ['films']);
  assert.deepEqual(await gateway.names('consumers'), []);
});

test('what is wrong is told all at once, each with its path, and nothing is applied', async () => {
  const gateway = await newGateway('atomic');
  const answer = (await gateway.post({
    services: [
      { name: 'good', host: 'good.internal' },
      { name: 'bad', hots: 'bad.internal', routes: [{ name: 'r', paths: ['no-slash'] }] },
    ],
    plugins: [{ name: 'key-auth', service: 'goood' }],
    consumer: [],
  })).expect(400);
  assert.equal(answer.at('code'), 14);
  assert.equal(answer.at('name'), 'invalid declarative configuration');
  const problems: unknown = answer.at('problems');
  assert.ok(Array.isArray(problems));
  assert.deepEqual(problems.map(({ path, field, message }: { path: unknown; field: unknown; message: unknown }) => [JSON.stringify(path), field, String(message)]), [
    ['["consumer"]', '', 'unknown field (did you mean "consumers"?)'],
    ['["plugins",0,"service"]', 'service', 'there is no service "goood", neither in the files nor in the gateway (did you mean "good"?)'],
    ['["services",1,"hots"]', 'hots', 'unknown field (did you mean "host"?)'],
    ['["services",1]', 'host', 'required field missing'],
    ['["services",1,"routes",0,"paths",0]', 'paths.1', "should start with: / (fixed path) or ~/ (regex path)"],
  ]);
  assert.deepEqual(await gateway.names('services'), []);
});

test('what the store refuses undoes everything: two entities that are each right and not right together', async () => {
  const gateway = await newGateway('together');
  (await gateway.post({ services: [{ name: 'a', host: 'a' }, { name: 'b', host: 'b' }] })).expect(200);
  const [a, b] = [await gateway.get('/services/a'), await gateway.get('/services/b')].map((answer) => answer.word('id'));
  // Each takes the name of the other: by its id that is no conflict in the content, and one on the way. A dry run knows.
  const swapped = { services: [{ id: a, name: 'b', host: 'changed' }, { id: b, name: 'a', host: 'changed' }] };
  assert.match((await gateway.post(swapped, { dry_run: true })).expect(400).word('message'), /must be unique/);
  const answer = (await gateway.post(swapped)).expect(400);
  assert.match(answer.word('problems.0.message'), /must be unique/);
  assert.deepEqual(answer.at('problems.0.path'), ['services', 0, 'name']);
  assert.equal((await gateway.get('/services/a')).at('host'), 'a');
});

test('a name that something deleted had is free for what comes', async () => {
  const gateway = await newGateway('freed');
  (await gateway.post({ consumers: [{ username: 'ada', custom_id: '7', keyauth_credentials: [{ key: 'k-7' }] }] })).expect(200);
  const answer = (await gateway.post({ consumers: [{ username: 'zoe', custom_id: '8' }, { username: 'bob', custom_id: '9', keyauth_credentials: [{ key: 'k-9' }] }] })).expect(200);
  assert.deepEqual(answer.at('summary'), { created: 3, updated: 0, deleted: 2, unchanged: 0 });
  // What zoe takes, ada has until she goes.
  (await gateway.post({ consumers: [{ username: 'zoe', custom_id: '8' }, { username: 'ada', custom_id: '7' }, { username: 'bob', custom_id: '9', keyauth_credentials: [{ key: 'k-9' }] }] })).expect(200);
  (await gateway.post({ consumers: [{ username: 'zoe', custom_id: '7' }, { username: 'bob', custom_id: '9', keyauth_credentials: [{ key: 'k-9' }] }] })).expect(200);
  assert.equal((await gateway.get('/consumers/zoe')).at('custom_id'), '7');
  // Known by its custom_id, it is renamed and keeps its id and its key.
  const bob = (await gateway.get('/consumers/bob')).word('id');
  const renamed = (await gateway.post({ consumers: [{ username: 'bobby', custom_id: '9', keyauth_credentials: [{ key: 'k-9' }] }] })).expect(200);
  assert.deepEqual(renamed.at('summary'), { created: 0, updated: 1, deleted: 1, unchanged: 1 });
  assert.equal((await gateway.get('/consumers/bobby')).word('id'), bob);
});

test('select tags bound what is compared, are added to what is written, and do not take what is not theirs', async () => {
  const gateway = await newGateway('tagged');
  (await gateway.send('POST', '/services', { name: 'by-hand', host: 'x' })).expect(201);
  const content = { _info: { select_tags: ['team-a'] }, services: [{ name: 'ours', host: 'a', tags: ['x'], routes: [{ name: 'r', paths: ['/r'] }] }] };
  (await gateway.post(content)).expect(200);
  assert.deepEqual((await gateway.get('/services/ours')).at('tags'), ['x', 'team-a']);
  assert.deepEqual((await gateway.get('/routes/r')).at('tags'), ['team-a']);
  assert.deepEqual((await gateway.post(content)).expect(200).at('summary'), { created: 0, updated: 0, deleted: 0, unchanged: 2 });
  const taken = (await gateway.post({ _info: { select_tags: ['team-a'] }, services: [{ name: 'by-hand', host: 'y' }] })).expect(400);
  assert.match(taken.word('message'), /is there already, without the tag "team-a"/);
  (await gateway.post({ services: [] }, { select_tags: ['team-a'] })).expect(200);
  assert.deepEqual(await gateway.names('services'), ['by-hand']);
  const clash = (await gateway.post(content, { select_tags: ['team-b'] })).expect(400);
  assert.deepEqual(clash.at('problems.0.path'), ['_info', 'select_tags']);
  const dumped = JSON.stringify(await gateway.dump('?select_tags=team-a'));
  assert.equal(dumped, '{"_format_version":"3.0","_info":{"select_tags":["team-a"]}}');
});

test('what is deleted with something selected is told, though it was not selected', async () => {
  const gateway = await newGateway('going-with');
  (await gateway.post({ services: [{ name: 's', host: 'a', tags: ['mine'] }] })).expect(200);
  (await gateway.send('POST', '/services/s/plugins', { name: 'key-auth' })).expect(201);
  const plan = (await gateway.post({}, { select_tags: ['mine'], dry_run: true })).expect(200);
  assert.deepEqual(plan.at('summary'), { created: 0, updated: 0, deleted: 2, unchanged: 0 });
  assert.equal(plan.at('entities.0.kind'), 'plugins');
  assert.equal(plan.at('entities.0.message'), 'goes with what it belongs to');
  assert.deepEqual(await gateway.names('services'), ['s']);
});

test('names outside of the content are looked up in the gateway, by default_lookup_tags where they are given', async () => {
  const gateway = await newGateway('lookups');
  (await gateway.send('POST', '/services', { name: 'shared', host: 'x', tags: ['platform'] })).expect(201);
  const routes = [{ name: 'r', paths: ['/r'], service: { name: 'shared' } }];
  const tags = (lookup: readonly string[]) => ({ _info: { select_tags: ['team-a'], default_lookup_tags: { services: lookup } }, routes });
  assert.match((await gateway.post(tags(['other']))).expect(400).word('message'), /has not the tags other/);
  (await gateway.post(tags(['platform']))).expect(200);
  assert.equal((await gateway.get('/routes/r/service')).at('name'), 'shared');
  // Without select tags it would be deleted.
  assert.match((await gateway.post({ routes })).expect(400).word('message'), /is not in the files, so that this sync would delete it/);
  (await gateway.post({ routes: [{ name: 'r2', paths: ['/r2'], service: 'shared' }] }, { mode: 'apply' })).expect(200);
});

test('defaults, shared plugin configs, remarks and both format versions', async () => {
  const gateway = await newGateway('defaults');
  (await gateway.post({
    _format_version: '1.1', _comment: 'ours', _transform: true,
    _info: { defaults: { service: { read_timeout: 1000, retries: 1 }, upstream: { healthchecks: { threshold: 50 } }, route: { strip_path: false } } },
    _plugin_configs: { limits: { minute: 5, limit_by: 'ip' } },
    services: [{ name: 's', host: 'a', retries: 9, _comment: 'why', _ignore: ['x'], plugins: [{ name: 'rate-limiting', _config: 'limits', config: { minute: 7 } }], routes: [{ name: 'r', paths: ['/r'] }] }],
    upstreams: [{ name: 'u', healthchecks: { active: { concurrency: 3 } } }],
    licenses: [],
  })).expect(200);
  const service = await gateway.get('/services/s');
  assert.deepEqual([service.at('read_timeout'), service.at('retries')], [1000, 9]);
  assert.equal((await gateway.get('/routes/r')).at('strip_path'), false);
  const upstream = await gateway.get('/upstreams/u');
  assert.deepEqual([upstream.at('healthchecks.threshold'), upstream.at('healthchecks.active.concurrency')], [50, 3]);
  const plugin = await gateway.get('/services/s/plugins');
  assert.deepEqual([plugin.at('data.0.config.minute'), plugin.at('data.0.config.limit_by')], [7, 'ip']);
  const wrong = (await gateway.post({ _plugin_configs: { limits: {} }, plugins: [{ name: 'rate-limiting', _config: 'limit' }], licenses: [{}], _format_version: '2.0', _inof: {} })).expect(400);
  const messages: unknown = wrong.at('problems');
  assert.ok(Array.isArray(messages));
  assert.deepEqual(messages.slice(0, 4).map(({ message }: { message: unknown }) => message), [
    'must be 1.1 or 3.0, as text: _format_version: "3.0"', 'licenses are not available in this gateway: leave them out', 'unknown field (did you mean "_info"?)',
    'there is no "limit" in _plugin_configs (did you mean "limits"?)',
  ]);
});

test('if_version that is not the head is 412; a dry run tells the version it planned for, changes with values, secrets hidden', async () => {
  const gateway = await newGateway('versions');
  (await gateway.post(BOOKS)).expect(200);
  const [service] = BOOKS.services;
  const changed = { ...BOOKS, services: [{ ...service, retries: 2 }], consumers: [{ username: 'ada', keyauth_credentials: [{ key: 'canary-key' }] }] };
  const plan = (await gateway.post(changed, { dry_run: true })).expect(200);
  assert.deepEqual(plan.at('summary'), { created: 1, updated: 1, deleted: 2, unchanged: 7 });
  assert.deepEqual(plan.at('entities.0.changes'), [{ field: 'retries', before: 5, after: 2 }]);
  assert.equal(plan.text.includes('canary-key') || plan.text.includes('ada-key-1'), false, plan.text);
  assert.equal((await gateway.get('/services/books')).at('retries'), 5);
  (await gateway.send('POST', '/consumers', { username: 'zoe' })).expect(201);
  const late = (await gateway.post(changed, { if_version: plan.word('planned_for') })).expect(412);
  assert.equal(late.at('error'), 'ADMIN_VERSION_DIFFERS');
  (await gateway.post(changed, { if_version: late.word('version') })).expect(200);
});

test('skip_consumers leaves consumers and what belongs to them alone', async () => {
  const gateway = await newGateway('no-consumers');
  (await gateway.post(BOOKS)).expect(200);
  (await gateway.post({ services: [] }, { skip_consumers: true })).expect(200);
  assert.deepEqual(await gateway.names('consumers'), ['ada']);
  assert.equal((await gateway.get('/consumers/ada/key-auth')).at('data.0.key'), 'ada-key-1');
  assert.deepEqual(await gateway.names('services'), []);
  assert.match((await gateway.post({ consumers: [{ username: 'x' }] }, { skip_consumers: true })).expect(400).word('message'), /are to be left out/);
  assert.equal(JSON.stringify(await gateway.dump('?skip_consumers=1')), '{"_format_version":"3.0"}');
});

test('the same twice, another id for a taken name, and an id that is somewhere else are refused where they stand', async () => {
  const gateway = await newGateway('twice');
  const twice = (await gateway.post({ services: [{ name: 'a', host: 'x' }, { name: 'a', host: 'y' }] })).expect(400);
  assert.match(twice.word('problems.0.message'), /services\[0\] and services\[1\] are the same service/);
  (await gateway.post({ services: [{ name: 'a', host: 'x' }] })).expect(200);
  const other = (await gateway.post({ services: [{ id: '01a1fe71-b79b-7dc5-8e3f-92ee2e561a39', name: 'a', host: 'x' }] })).expect(400);
  assert.deepEqual(other.at('problems.0.path'), ['services', 0, 'id']);
});

test('a viewer reads it without secrets and changes nothing; who may reveal gets them, and the audit says so', async () => {
  const gateway = await newGateway('roles');
  (await gateway.post(BOOKS)).expect(200);
  const path = '/v1/gateways/roles/declarative';
  (await send('POST', path, { token: viewerToken, json: { mode: 'sync', content: '{"_format_version":"3.0"}' } })).expect(403);
  const seen = (await send('GET', path, { token: viewerToken })).expect(200);
  assert.equal(seen.text.includes('ada-key-1'), false);
  assert.equal(seen.at('secrets_hidden'), 1);
  assert.equal((await send('GET', `${path}?sanitize=1`)).expect(200).text.includes('ada-key-1'), false);
  const revealed = (await send('GET', path)).expect(200);
  assert.equal(revealed.at('content.consumers.0.keyauth_credentials.0.key'), 'ada-key-1');
  const audit = (await send('GET', '/v1/audit?action=reveal')).expect(200);
  assert.ok(audit.text.includes('"declarative"'), audit.text);
});

test('/config takes JSON, YAML and a form, answers 201 with entities, 304 where nothing would change, and Kong\'s flattened errors', async () => {
  const gateway = await newGateway('kong');
  const yaml = '_format_version: "3.0"\nservices:\n- name: s\n  host: a\n  routes:\n  - name: r\n    paths: [/r]\nconsumers:\n- username: c\n  keyauth_credentials:\n  - key: canary-2\n';
  const posted = (await send('POST', '/kong/config', { raw: yaml, headers: { 'content-type': 'application/yaml' } })).expect(201);
  const id = (await gateway.get('/services/s')).word('id');
  assert.equal(posted.at(`services.${id}.host`), 'a');
  assert.equal(posted.text.includes('canary-2'), false);
  (await send('POST', '/kong/config?check_hash=1', { form: `config=${encodeURIComponent(yaml)}` })).expect(304);
  (await send('POST', '/kong/config?check_hash=1', { json: { config: yaml } })).expect(304);
  const read = (await gateway.get('/config')).expect(200);
  (await send('POST', '/kong/config?check_hash=1', { raw: read.word('config'), headers: { 'content-type': 'application/json' } })).expect(304);
  const wrong = (await send('POST', '/kong/config?flatten_errors=1', { json: { _format_version: '3.0', services: [{ name: 's', host: '-', tags: ['t'], routes: [{ name: 'r' }] }], nonsense: 1 } })).expect(400);
  assert.equal(wrong.at('fields.nonsense'), 'unknown field');
  assert.deepEqual([wrong.at('flattened_errors.0.entity_type'), wrong.at('flattened_errors.0.entity_name'), wrong.at('flattened_errors.0.entity_tags')], ['service', 's', ['t']]);
  assert.equal(wrong.at('flattened_errors.0.errors.0.field'), 'host');
  assert.equal(wrong.at('flattened_errors.1.entity_type'), 'route');
  (await send('POST', '/kong/config', { raw: 'a: [', headers: { 'content-type': 'text/yaml' } })).expect(400);
  (await send('POST', '/kong/services', { raw: yaml, headers: { 'content-type': 'text/yaml' } })).expect(415);
  assert.deepEqual(await gateway.names('services'), ['s']);
});

test('a role that may only touch a tag syncs with it, and is refused what is not its own', async () => {
  const gateway = await newGateway('scoped');
  (await gateway.post({ services: [{ name: 'other', host: 'x' }] })).expect(200);
  (await send('POST', '/v1/roles', { json: { name: 'team-a', permissions: [{ resources: ['entities'], verbs: ['read', 'create', 'update', 'delete'], tags: ['team-a'] }] } })).expect(201);
  (await send('POST', '/v1/operators', { json: { name: 'ann', role: 'team-a' } })).expect(201);
  const token = (await send('POST', '/v1/operators/ann/tokens', { json: {} })).expect(201).word('token');
  const post = (content: object, options: PostOptions = {}) =>
    send('POST', '/v1/gateways/scoped/declarative', { token, json: { mode: 'sync', ...options, content: JSON.stringify({ _format_version: '3.0', ...content }) } });
  const own = { services: [{ name: 'own', host: 'a' }] };
  assert.deepEqual((await post(own, { select_tags: ['team-a'] })).expect(200).at('summary'), { created: 1, updated: 0, deleted: 0, unchanged: 0 });
  // Without select tags it would delete what is not there for this role.
  (await post(own, { dry_run: true })).expect(403);
  const refused = (await post(own)).expect(403);
  assert.equal(refused.text.includes('other'), false, refused.text);
  (await post({ services: [{ name: 'untagged', host: 'a' }] }, { mode: 'apply' })).expect(403);
  assert.match((await post({ routes: [{ name: 'r', paths: ['/'], service: 'other' }] }, { select_tags: ['team-a'] })).expect(400).word('message'), /there is no service "other"/);
  assert.deepEqual(await gateway.names('services'), ['other', 'own']);
  assert.equal(JSON.stringify((await send('GET', '/v1/gateways/scoped/declarative', { token })).expect(200).at('content')), '{"_format_version":"3.0","services":[{"name":"own","host":"a","tags":["team-a"]}]}');
});

test('two syncs that meet are planned again: the gateway is what one of them says, not a mixture', async () => {
  const gateway = await newGateway('meeting');
  const names = ['a', 'b', 'c'];
  await Promise.all(names.map(async (name) => (await gateway.post({ services: [{ name, host: name }], consumers: [{ username: name }] })).expect(200)));
  const services = await gateway.names('services');
  assert.equal(services.length, 1);
  assert.deepEqual(await gateway.names('consumers'), services);
});

test('a consumer group with its members and plugins, told from either side', async () => {
  const gateway = await newGateway('grouped');
  const content = {
    consumer_groups: [{ name: 'gold', plugins: [{ name: 'rate-limiting', config: { minute: 5 } }], consumers: [{ username: 'ada' }] }, { name: 'silver' }],
    consumers: [{ username: 'ada', groups: [{ name: 'silver', tags: ['shown-by-a-dump'] }] }],
    plugins: [{ name: 'rate-limiting', config: { minute: 9 } }],
  };
  (await gateway.post(content)).expect(200);
  assert.deepEqual(namesIn((await gateway.get('/consumers/ada/consumer_groups')).at('consumer_groups') ?? (await gateway.get('/consumers/ada/consumer_groups')).at('data')), ['gold', 'silver']);
  assert.deepEqual((await gateway.post(content)).at('summary'), { created: 0, updated: 0, deleted: 0, unchanged: 7 });
  const dumped = await gateway.dump();
  assert.ok(JSON.stringify(dumped).includes('"consumers":[{"username":"ada","groups":[{"name":"gold"},{"name":"silver"}]}]'), JSON.stringify(dumped));
});

test('a password is in no dump, and a sync of the dump keeps it', async () => {
  const gateway = await newGateway('passwords');
  const content = (password: string) => ({ consumers: [{ username: 'ada', basicauth_credentials: [{ username: 'ada', password }] }] });
  (await gateway.post(content('canary-password'))).expect(200);
  const dumped = JSON.stringify(await gateway.dump());
  assert.equal(dumped, '{"_format_version":"3.0","consumers":[{"username":"ada","basicauth_credentials":[{"username":"ada"}]}]}');
  assert.deepEqual((await gateway.post(dumped)).expect(200).at('summary'), { created: 0, updated: 0, deleted: 0, unchanged: 2 });
  assert.deepEqual((await gateway.post(content('canary-password'))).expect(200).at('summary'), { created: 0, updated: 0, deleted: 0, unchanged: 2 });
  const changed = (await gateway.post(content('another'))).expect(200);
  assert.deepEqual(changed.at('entities.0.changes'), [{ field: 'password', before: '(secret)', after: '(secret)' }]);
});

test('a viewer is told what a sync would change, and nothing by which secrets could be guessed', async () => {
  const gateway = await newGateway('viewed');
  (await gateway.post(BOOKS)).expect(200);
  const post = (content: object, dryRun = true) =>
    send('POST', '/v1/gateways/viewed/declarative', { token: viewerToken, json: { mode: 'sync', dry_run: dryRun, content: JSON.stringify({ _format_version: '3.0', ...content }) } });
  const { consumers: _, ...rest } = BOOKS;
  const plan = (await post({ ...rest, services: [{ ...BOOKS.services[0], retries: 2 }] })).expect(200);
  assert.deepEqual(plan.at('summary'), { created: 0, updated: 1, deleted: 3, unchanged: 6 });
  assert.equal(plan.text.includes('ada-key-1'), false);
  // Else one answer of 200 among many of 403 would tell a key.
  assert.match((await post(BOOKS)).expect(403).word('message'), /keyauth/);
  (await post({ consumers: [{ username: 'ada', keyauth_credentials: [{ key: 'guessed' }] }] })).expect(403);
  assert.match((await post(rest, false)).expect(403).word('message'), /this would delete/);
  assert.deepEqual(await gateway.names('consumers'), ['ada']);
});
