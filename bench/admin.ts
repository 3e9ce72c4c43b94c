/**
 * `npm run bench -- admin`: the admin API on a real Postgres with 100,000 entities in eight gateways: reads, single writes, pages at every
 * depth, a batch of 10,000 entities. Method and limits in bench/README.md.
 */
import { writeFileSync } from 'node:fs';
import { request } from 'undici';
import { withEveryEntity } from '../control-plane/store/scope.ts';
import { defined } from '../shared/assert.ts';
import { quantile, runLoop, type AdminCall, type LoopResult } from './admin/closed-loop.ts';
import { loadEntities } from './fleet/fleet-content.ts';
import { FleetInstallation } from './fleet/fleet-installation.ts';
import type { BenchOptions } from './main.ts';
import { cpuMicros } from './process-cost.ts';
import { machine } from './turns.ts';

const GATEWAYS = 8;
const ENTITIES = 100_000;
/** All but this share are in the first gateway, so that a list has hundreds of pages. */
const IN_OTHERS = 0.4;
const READERS = 16;
const WRITERS = 16;
/** What was asked for. */
const WRITES_PER_SECOND = 400;
const PAGE = 100;
/** Pages at each end of a list that are compared. */
const COMPARED_PAGES = 40;
const BATCH = 10_000;

interface AdminScene {
  readonly installation: FleetInstallation;
  readonly base: string;
  readonly token: string;
  readonly gateways: readonly { readonly name: string; readonly blocks: number }[];
  readonly seconds: number;
}

type Figures = Readonly<Record<string, number>>;

const CASES: Readonly<Record<string, (scene: AdminScene, smoke: boolean) => Promise<Figures>>> = { reads: measureReads, writes: measureWrites, paced: measurePacedWrites, pages: measurePages, batch: measureBatch };

export async function runAdminBench(options: BenchOptions): Promise<void> {
  const { smoke } = options;
  const profile = process.env['HOLDFAST_BENCH_PROFILE'];
  const installation = await FleetInstallation.start({ careless: smoke, ...(profile === undefined ? {} : { nodeWords: ['--cpu-prof', `--cpu-prof-dir=${profile}`] }) });
  const interrupted = (): void => void installation.stop().finally(() => process.exit(1));
  process.once('SIGTERM', interrupted).once('SIGINT', interrupted);
  try {
    const scene = await prepare(installation, options.entities[0] ?? (smoke ? 4_200 : ENTITIES), options.seconds);
    const results: Record<string, Figures[]> = {};
    const wanted = options.only.length > 0 ? options.only : Object.keys(CASES);
    for (let round = 0; round < options.rounds; round += 1) {
      for (const name of wanted) {
        const figures = await defined(CASES[name], `the case ${name}`)(scene, smoke);
        (results[name] ??= []).push(figures);
        console.log(`${name}: ${Object.entries(figures).map(([what, value]) => `${what} ${value}`).join(', ')}`);
      }
    }
    if (!smoke && options.only.length === 0) writeFileSync(new URL('./results/admin.json', import.meta.url), `${JSON.stringify({ command: 'npm run bench -- admin', machine: machine(), seconds: options.seconds, results }, null, 1)}\n`);
  } finally {
    process.off('SIGTERM', interrupted).off('SIGINT', interrupted);
    await installation.stop();
  }
}

/** Eight gateways with their entities, statistics as autovacuum would have made them, and a token of a service account's kind. */
async function prepare(installation: FleetInstallation, entities: number, seconds: number): Promise<AdminScene> {
  const { store, scope, first } = installation;
  const actor = { operatorId: null, name: 'bench', requestId: 'bench', address: '' };
  const inOther = Math.floor((entities * IN_OTHERS) / (GATEWAYS - 1) / 100) * 100;
  const gateways: { name: string; blocks: number }[] = [];
  const begun = performance.now();
  for (let index = 0; index < GATEWAYS; index += 1) {
    const name = `bench-${index}`;
    const created = await store.gateways.create(scope.tenantId, name, actor);
    if (created.kind !== 'stored') throw new Error(`the gateway was refused: ${JSON.stringify(created)}`);
    const count = index === 0 ? entities - (GATEWAYS - 1) * inOther : inOther;
    await loadEntities(store, withEveryEntity(created.value), 0, count);
    gateways.push({ name, blocks: count / 100 });
  }
  await installation.query('VACUUM ANALYZE');
  console.log(`${entities} entities in ${GATEWAYS} gateways after ${((performance.now() - begun) / 1_000).toFixed(1)} s`);
  const operator = await send(first.admin.base, 'POST', '/v1/operators', { name: 'bench', role: 'admin' });
  const { token } = await send(first.admin.base, 'POST', `/v1/operators/${String(operator['id'])}/tokens`, {});
  const scene = { installation, base: first.admin.base, token: String(token), gateways, seconds };
  // V8 compiles, connections open, statements are prepared.
  await runLoop({ ...scene, connections: READERS, seconds: Math.min(4, seconds), next: () => readOf(scene) });
  await runLoop({ ...scene, connections: WRITERS, seconds: Math.min(4, seconds), next: writesOf(scene) });
  return scene;
}

async function measureReads(scene: AdminScene): Promise<Figures> {
  return measure(scene, () => runLoop({ ...scene, connections: READERS, next: () => readOf(scene) }));
}

async function measureWrites(scene: AdminScene): Promise<Figures> {
  return measure(scene, () => runLoop({ ...scene, connections: WRITERS, next: writesOf(scene) }));
}

/** At the rate that is asked for, how long does one take? */
async function measurePacedWrites(scene: AdminScene): Promise<Figures> {
  return measure(scene, () => runLoop({ ...scene, connections: WRITERS, pacePerSecond: WRITES_PER_SECOND, next: writesOf(scene) }));
}

/** Any entity of any gateway: half by name, half by what belongs to it. */
function readOf({ gateways }: AdminScene): AdminCall {
  const { name, blocks } = defined(gateways[Math.floor(Math.random() * gateways.length)], 'a gateway');
  const block = Math.floor(Math.random() * blocks);
  const path = [`/services/fleet-${block}-${block % 5}`, `/routes/fleet-${block}-${block % 40}`, `/consumers/consumer-${block}-${block % 25}`, `/services/fleet-${block}-${block % 5}/plugins`][Math.floor(Math.random() * 4)];
  return { method: 'GET', path: `/${name}${path ?? ''}` };
}

/** Each connection creates a route at its gateway, changes it and deletes it. */
function writesOf({ gateways }: AdminScene): (connection: number) => AdminCall {
  const steps = new Map<number, number>();
  const run = Math.random().toString(36).slice(2);
  return (connection) => {
    const step = steps.get(connection) ?? 0;
    steps.set(connection, step + 1);
    const path = `/${defined(gateways[connection % gateways.length], 'a gateway').name}/routes`;
    const name = `${run}-${connection}-${Math.floor(step / 3)}`;
    if (step % 3 === 0) return { method: 'POST', path, json: { name, paths: [`/${name}`], methods: ['GET'] } };
    return step % 3 === 1 ? { method: 'PATCH', path: `${path}/${name}`, json: { tags: ['changed'], strip_path: false } } : { method: 'DELETE', path: `${path}/${name}` };
  };
}

/** The routes of the largest gateway, page by page. */
async function measurePages(scene: AdminScene): Promise<Figures> {
  const tookMs: number[] = [];
  for (let next: unknown = `/bench-0/routes?size=${PAGE}`; typeof next === 'string'; ) {
    const sent = performance.now();
    ({ next } = await send(scene.base, 'GET', next, undefined, scene.token));
    tookMs.push(performance.now() - sent);
  }
  const compared = Math.min(COMPARED_PAGES, Math.ceil(tookMs.length / 2));
  const [start, end] = [tookMs.slice(0, compared), tookMs.slice(-compared)].map((some) => some.toSorted((a, b) => a - b));
  return { pages: tookMs.length, firstMs: rounded(quantile(start ?? [], 0.5)), lastMs: rounded(quantile(end ?? [], 0.5)) };
}

/** 10,000 entities in one batch, the same again, and their deletion. */
async function measureBatch({ base, token, installation }: AdminScene, smoke: boolean): Promise<Figures> {
  const count = smoke ? 200 : BATCH;
  const gateway = `batch-${Math.random().toString(36).slice(2)}`;
  await send(base, 'POST', '/v1/gateways', { name: gateway }, token);
  const services = Array.from({ length: count / 10 }, (_, n) => ({ op: 'upsert', kind: 'services', id: `s${n}`, entity: { url: `http://s${n}.internal:8080/v1` } }));
  const routes = Array.from({ length: count - services.length }, (_, n) => ({ op: 'upsert', kind: 'routes', id: `r${n}`, entity: { paths: [`/r${n}`], methods: ['GET', 'POST'], service: { name: `s${n % services.length}` } } }));
  const timed = async (operations: readonly object[]): Promise<number> => {
    const begun = performance.now();
    await send(base, 'POST', `/v1/gateways/${gateway}/batch`, { operations }, token);
    return Math.round(performance.now() - begun);
  };
  const before = cpuOf(installation);
  const createMs = await timed([...services, ...routes]);
  const after = cpuOf(installation);
  const unchangedMs = await timed([...services, ...routes]);
  const deleteMs = await timed([...routes, ...services].map(({ kind, id }) => ({ op: 'delete', kind, id })));
  return { entities: count, createMs, unchangedMs, deleteMs, createControlPlaneCpuMs: Math.round((after.controlPlane - before.controlPlane) / 1_000), createPostgresCpuMs: Math.round((after.postgres - before.postgres) / 1_000) };
}

async function measure({ installation }: AdminScene, work: () => Promise<LoopResult>): Promise<Figures> {
  const before = cpuOf(installation);
  const result = await work();
  const after = cpuOf(installation);
  return {
    requests: result.requests, perSecond: Math.round(result.perSecond), p50Ms: rounded(result.p50Ms), p99Ms: rounded(result.p99Ms), maxMs: rounded(result.maxMs),
    controlPlaneCpuMicros: Math.round((after.controlPlane - before.controlPlane) / result.requests), postgresCpuMicros: Math.round((after.postgres - before.postgres) / result.requests),
  };
}

function cpuOf({ first, postgresPid }: FleetInstallation): { readonly controlPlane: number; readonly postgres: number } {
  return { controlPlane: cpuMicros(first.pid()), postgres: cpuMicros(postgresPid) };
}

async function send(base: string, method: string, path: string, json?: object, token?: string): Promise<Record<string, unknown>> {
  const { statusCode, body } = await request(base + path, { method, headers: { 'content-type': 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) }, body: json === undefined ? null : JSON.stringify(json), headersTimeout: 60_000 });
  const text = await body.text();
  if (statusCode < 200 || statusCode > 299) throw new Error(`${method} ${path} was answered ${statusCode}: ${text.slice(0, 500)}`);
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed !== 'object' || parsed === null) throw new Error(`${method} ${path} was answered with no object`);
  return { ...parsed };
}

function rounded(ms: number): number {
  return Number(ms.toFixed(2));
}
