/**
 * A real admin API on a real port and a real Postgres for one test file, with the tokens of an admin and a viewer. Join
 * tokens are stored for real; their text is made up, because the sync server is not there.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { request } from 'undici';
import { AuditKeeper } from '../../control-plane/audit/audit-keeper.ts';
import type { LogLevels } from '../../control-plane/admin-api/log-level-routes.ts';
import { PurgeDesk } from '../../control-plane/cache-purges/purge-desk.ts';
import type { Route } from '../../control-plane/admin-api/route.ts';
import { adminRoutes, startAdminApi, type AdminApiOptions } from '../../control-plane/admin-api/start-admin-api.ts';
import { loadAuthority } from '../../control-plane/enrolment/load-authority.ts';
import { EventHub } from '../../control-plane/events/event-hub.ts';
import { ADMIN_TOKEN_FILE, ensureFirstStart } from '../../control-plane/first-start.ts';
import { KeyDesk } from '../../control-plane/keys/key-desk.ts';
import { CustomPlugins } from '../../control-plane/plugins/custom-plugins.ts';
import { LogLevelWatch } from '../../control-plane/log-level/log-level-watch.ts';
import { loadSigningMaterial } from '../../control-plane/publish/signing-material.ts';
import type { Store } from '../../control-plane/store/store.ts';
import { systemClock } from '../../shared/clock.ts';
import { createMemoryLogger } from '../../shared/log.ts';
import { LogLevelSwitch } from '../../shared/log-level-switch.ts';
import type { TenantId } from '../../shared/model/ids.ts';
import { pluginCatalog } from '../../shared/plugins/catalog.ts';
import { openTestStore, type TestDatabase } from './postgres.ts';

export class AdminAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;

  constructor(status: number, headers: AdminAnswer['headers'], text: string) {
    this.status = status;
    this.headers = headers;
    this.text = text;
  }

  /** The parsed body; undefined where there is none. */
  get body(): unknown {
    return this.text === '' ? undefined : JSON.parse(this.text);
  }

  /** A part of the body by a dotted path: `data.0.id`; undefined where it is not there. */
  at(path: string): unknown {
    return path.split('.').reduce((value: unknown, step) => (typeof value === 'object' && value !== null && Object.hasOwn(value, step) ? Reflect.get(value, step) : undefined), this.body);
  }

  /** Like at, for what must be text. */
  word(path: string): string {
    const value = this.at(path);
    assert.equal(typeof value, 'string', `${path} in ${this.text}`);
    return String(value);
  }

  /** Fails with the whole answer. Returns itself. */
  expect(status: number): this {
    assert.equal(this.status, status, this.text);
    return this;
  }
}

export interface AdminCall {
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is, urlencoded. */
  readonly form?: string;
  /** Sent as it is, with no content type of its own. */
  readonly raw?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of the admin's; null sends none. */
  readonly token?: string | null;
}

export interface TestAdminApi {
  readonly base: string;
  readonly port: number;
  readonly store: Store;
  readonly database: TestDatabase;
  readonly tenantId: TenantId;
  readonly adminToken: string;
  readonly viewerToken: string;
  /** What an operator would read in the log. */
  readonly logLines: () => readonly string[];
  /** Whoever changes something may hint at it, as a control plane does of what happens in itself. */
  readonly events: EventHub;
  readonly keys: KeyDesk;
  readonly auditKeeper: AuditKeeper;
  /** Of the log of this API; nobody looks for what others ordered. */
  readonly logLevels: LogLevels;
  /** A second control plane's API at the same database; its address. */
  readonly startAnother: () => Promise<string>;
  /** All that this API serves. */
  readonly routes: readonly Route[];
  /** Of a new service account whose role, with the same name, has these permissions and no others. */
  readonly tokenFor: (name: string, permissions: readonly object[]) => Promise<string>;
  readonly send: (method: string, path: string, call?: AdminCall) => Promise<AdminAnswer>;
  /** Before the tests of the file end. */
  readonly stop: () => Promise<void>;
}

/** Stopped after the tests of the file. Makes a store of its own where none is given. */
export async function startTestAdminApi(options: Partial<AdminApiOptions> = {}, given?: { readonly store: Store; readonly database: TestDatabase }): Promise<TestAdminApi> {
  const { catalog } = options;
  const { store, database } = given ?? (await openTestStore(catalog === undefined ? {} : { configFieldsOf: (name) => catalog.get(name)?.config }));
  const { log, lines } = createMemoryLogger('admin-api');
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-admin-'));
  cleanUp.push(() => rmSync(folder, { recursive: true, force: true }));
  const tenantId = await ensureFirstStart({ store, stateFolder: folder, developmentMode: false, newAdminToken: false, log });
  const adminToken = readFileSync(join(folder, ADMIN_TOKEN_FILE), 'utf8').trim();
  const events = new EventHub({ fleetState: store.fleetState, clock: systemClock, log });
  const signing = await loadSigningMaterial({ signingKeys: store.signingKeys, rootKeyPath: join(folder, 'root-key.pem'), clock: systemClock, log });
  const authority = await loadAuthority({ signingKeys: store.signingKeys, files: undefined, clock: systemClock, log });
  const keys = new KeyDesk({ store, signing, authority, clock: systemClock });
  const auditKeeper = new AuditKeeper({ chain: store.auditChain, publishKey: () => signing.publishKey, checkpointEveryMs: 3_600_000, retentionMs: undefined, clock: systemClock, log });
  const levels = new LogLevelSwitch({ usual: { level: 'trace', areas: {} }, apply: ({ level }) => void (log.level = level), clock: systemClock, log });
  cleanUp.push(() => levels.stop());
  const customPlugins = new CustomPlugins({ store: store.plugins, clock: systemClock, log });
  const logLevels: LogLevels = { levels, watch: new LogLevelWatch({ store: store.logLevels, levels, clock: systemClock, log }) };
  const purges = new PurgeDesk({ store: store.cachePurges, clock: systemClock, log });
  cleanUp.push(() => purges.stop());
  const all: AdminApiOptions = {
    store,
    keys,
    auditKeeper,
    catalog: pluginCatalog,
    customPlugins,
    createJoinToken: async (scope, { uses, ttlMs, labels }, actor) => {
      const { token } = await store.joinTokens.create(scope, { uses, expiresAt: new Date(Date.now() + ttlMs), labels }, actor);
      return { token, text: 'hfjoin1_made-up' };
    },
    askDataPlane: async () => ({ kind: 'not-connected' }),
    purges,
    logLevels,
    events,
    listen: { host: '127.0.0.1', port: 0 },
    developmentMode: false,
    installationTenant: tenantId,
    deletionGraceMs: 604_800_000,
    publicUrl: new URL('http://127.0.0.1'),
    allowHttpIssuers: false,
    allowHttpWebhooks: true,
    maxBodyBytes: 1_048_576,
    allowedOrigins: [],
    softwareVersion: '0.1.0',
    hostname: 'test-host',
    configuration: { role: 'control_plane' },
    log,
    clock: systemClock,
    ...options,
  };
  const api = await startAdminApi(all);
  cleanUp.push(() => api.stop());
  const startAnother = async (): Promise<string> => {
    const another = await startAdminApi({ ...all, events: new EventHub({ fleetState: store.fleetState, clock: systemClock, log }) });
    cleanUp.push(() => another.stop());
    return `http://127.0.0.1:${another.address.port}`;
  };
  const base = `http://127.0.0.1:${api.address.port}`;
  const send = (method: string, path: string, call: AdminCall = {}): Promise<AdminAnswer> => sendTo(base, method, path, { token: adminToken, ...call });
  const operator = await send('POST', '/v1/operators', { json: { name: 'spectator', role: 'viewer' } });
  const token = await send('POST', `/v1/operators/${operator.expect(201).word('id')}/tokens`, { json: {} });
  return { base, port: api.address.port, store, database, tenantId, adminToken, viewerToken: token.expect(201).word('token'), logLines: lines, events, keys, auditKeeper, logLevels, routes: adminRoutes(all), startAnother, tokenFor: (name, permissions) => tokenFor(send, name, permissions), send, stop: () => api.stop() };
}

async function tokenFor(send: TestAdminApi['send'], name: string, permissions: readonly object[]): Promise<string> {
  (await send('POST', '/v1/roles', { json: { name, permissions } })).expect(201);
  const account = (await send('POST', '/v1/service-accounts', { json: { name, role: name } })).expect(201);
  return (await send('POST', `/v1/service-accounts/${account.word('id')}/tokens`, { json: {} })).expect(201).word('token');
}

const cleanUp: (() => Promise<void> | void)[] = [];

// Registered while the file is loaded, and so of the whole file.
after(async () => {
  for (const step of cleanUp.toReversed()) await step();
});

export async function sendTo(base: string, method: string, path: string, call: AdminCall): Promise<AdminAnswer> {
  const token = call.token === undefined || call.token === null ? {} : { authorization: `Bearer ${call.token}` };
  const type = call.json !== undefined ? { 'content-type': 'application/json' } : call.form !== undefined ? { 'content-type': 'application/x-www-form-urlencoded' } : {};
  const body = call.json !== undefined ? JSON.stringify(call.json) : (call.form ?? call.raw ?? null);
  const answer = await request(base + path, { method, headers: { ...token, ...type, ...call.headers }, body });
  return new AdminAnswer(answer.statusCode, answer.headers, await answer.body.text());
}
