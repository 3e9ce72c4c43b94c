/** One size of `npm run bench -- consumers`: prints its figures as JSON. Run with --expose-gc. */
import { randomUUID } from 'node:crypto';
import { compileConfig } from '../../data-plane/config/compile.ts';
import type { CompiledConfig } from '../../data-plane/config/compiled-config.ts';
import { packLeaves, readPacked } from '../../data-plane/config/packed-changes.ts';
import { runAtOnce } from '../../data-plane/config/run-in-slices.ts';
import { defined } from '../../shared/assert.ts';
import type { EntityKind, JsonObject } from '../../shared/model/definition.ts';
import { parseId } from '../../shared/model/ids.ts';
import { definitionOf } from '../../shared/model/registry.ts';
import { createCredentialDigester, deriveLookupKey } from '../../shared/trust/credential-digest.ts';
import { encodeEntity } from '../../shared/wire/entity-codec.ts';
import type { Leaf } from '../../shared/wire/sync-message.ts';
import { testServices } from '../../test/support/compile-config.ts';
import { CONTENT_KEY, CONTENT_KEYS } from '../../test/support/config-content.ts';

export interface ConsumerFigures {
  readonly consumers: number;
  readonly loadCpuSeconds: number;
  readonly bytesEach: number;
  /** Microseconds of CPU for each: a key that was used lately, one that nobody has, one that is used for the first time, and a consumer by its id. */
  readonly remembered: number;
  readonly unknown: number;
  readonly first: number;
  readonly consumer: number;
  /** One more key on top of all. */
  readonly changeCpuMs: number;
}

const ASKED = 200_000;
const WARM_UP = 50_000;
const count = Number(process.argv[2]);
const digest = createCredentialDigester(deriveLookupKey(CONTENT_KEY));
const keyOf = (n: number): string => `key-${String(n).padStart(28, '0')}`;
const ids: string[] = [];

function leaf(kind: EntityKind, values: JsonObject, secrets: Readonly<Record<string, Uint8Array>> = {}): Leaf {
  const id = randomUUID();
  const entity = { id, created_at: 1_700_000_000, updated_at: 1_700_000_000, tags: null, ...values };
  return { kind, id: defined(parseId(id), 'an id'), entity: encodeEntity(definitionOf(kind), entity, secrets) };
}

const credential = (n: number, consumer: string): Leaf => leaf('keyauth_credentials', { consumer: { id: consumer }, expires_at: null }, { key: Buffer.from(digest(keyOf(n)), 'hex') });

function* leaves(): Generator<Leaf> {
  for (let n = 0; n < count; n += 1) {
    const consumer = leaf('consumers', { username: `customer-${n}@company.example`, custom_id: null });
    if (ids.length < ASKED) ids.push(consumer.id);
    yield consumer;
    yield credential(n, consumer.id);
  }
}

function usedBytes(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function cpuMicros(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

function compile(base: CompiledConfig | undefined, packed: SharedArrayBuffer): CompiledConfig {
  const change = { version: { epoch: 1, sequence: 1 }, contentRoot: 'ab', reset: base === undefined, changes: readPacked(packed), contentKeys: CONTENT_KEYS };
  const result = runAtOnce(compileConfig(base, change, testServices()));
  if (result.kind === 'refused') throw new Error(JSON.stringify(result.problems));
  return result.config;
}

/** Microseconds for each. */
function perCall(calls: number, call: (n: number) => void): number {
  return cpuMicros(() => {
    for (let n = 0; n < calls; n += 1) call(n);
  }) / calls;
}

/** In a call of its own: nothing of it may still be there when memory is measured. */
function pack(): SharedArrayBuffer {
  return packLeaves([...leaves()]);
}

const packed = pack();
let config: CompiledConfig | undefined;
const before = usedBytes();
const loadMicros = cpuMicros(() => (config = compile(undefined, packed)));
const bytesEach = (usedBytes() - before) / count;
const loaded = config ?? compile(undefined, packed);
const ask = (key: string): void => void loaded.credentialBySecret('keyauth_credentials', key);
const [asked, far] = [Math.min(count, ASKED), Math.max(1, Math.floor(count / ASKED))];
perCall(WARM_UP, (n) => ask(`nobody-${n}`));
const figures: ConsumerFigures = {
  consumers: count,
  loadCpuSeconds: loadMicros / 1e6,
  bytesEach,
  unknown: perCall(ASKED, (n) => ask(`none-${n}`)),
  // Every so many-th, so that they lie as far apart as they can.
  first: perCall(asked, (n) => ask(keyOf((n * far) % count))),
  remembered: perCall(ASKED * 5, (n) => ask(keyOf(n % Math.min(count, 1_000)))),
  consumer: perCall(ASKED, (n) => void loaded.consumerById(ids[n % ids.length] ?? '')),
  changeCpuMs: cpuMicros(() => {
    const next = compile(loaded, packLeaves([credential(count + 1, ids[0] ?? '')]));
    if (next.credentialBySecret('keyauth_credentials', keyOf(count + 1)) === undefined) throw new Error('the new key is not known');
  }) / 1_000,
};
console.log(JSON.stringify(figures));
