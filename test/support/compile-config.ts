/** Compiles configurations for tests with the real codec and plugins, and keeps the last one as the base of the next. */
import { compileConfig } from '../../data-plane/config/compile.ts';
import type { CompileResult, CompileServices, EntityChange } from '../../data-plane/config/compile-contract.ts';
import type { CompiledConfig } from '../../data-plane/config/compiled-config.ts';
import { runAtOnce } from '../../data-plane/config/run-in-slices.ts';
import { pluginServices } from '../../shared/plugin-kit/plugin-host.ts';
import type { CounterTable } from '../../shared/plugins/plugin-services.ts';
import { pluginRegistry } from '../../shared/plugins/registry.ts';
import type { ContentKeyRing } from '../../shared/trust/content-seal.ts';
import { decodeEntity, salvageEntity } from '../../shared/wire/entity-codec.ts';
import type { VaultValues } from '../../data-plane/vaults/vault-values.ts';
import { CONTENT_KEYS } from './config-content.ts';

/** Nothing is ever over. */
const ENDLESS: CounterTable = {
  take: (_key, windows) => ({ kind: 'taken', remaining: windows.map(({ limit }) => limit - 1) }),
  add: (_key, windows, amount) => windows.map(() => amount),
};

export function testServices(overrides: Partial<CompileServices> = {}): CompileServices {
  const nowMs = (): number => overrides.clock?.nowMs() ?? 1_700_000_000_000;
  const clock = { nowMs, monotonicMs: nowMs };
  return {
    decodeEntity,
    salvageEntity,
    plugins: pluginRegistry,
    clock,
    servicesOf: ({ id }) => ({ given: pluginServices({ pluginId: id, clock, counters: ENDLESS }), release: () => undefined }),
    ...overrides,
  };
}

export interface CompileOptions {
  readonly base?: CompiledConfig;
  /** A snapshot; the default where there is no base. */
  readonly reset?: boolean;
  readonly contentKeys?: ContentKeyRing | undefined;
  readonly services?: CompileServices;
  readonly sequence?: number;
  readonly vaultValues?: VaultValues;
}

export function compile(changes: Iterable<EntityChange>, options: CompileOptions = {}): CompileResult {
  const { base, reset = base === undefined, services = testServices(), sequence = 1, vaultValues } = options;
  const contentKeys = 'contentKeys' in options ? options.contentKeys : CONTENT_KEYS;
  return runAtOnce(compileConfig(base, { version: { epoch: 1, sequence }, contentRoot: 'ab', reset, changes, contentKeys, ...(vaultValues === undefined ? {} : { vaultValues }) }, services));
}

/** The configuration and what is quarantined in it; throws where it is refused. */
export function compiled(changes: Iterable<EntityChange>, options: CompileOptions = {}): Extract<CompileResult, { readonly kind: 'compiled' }> {
  const result = compile(changes, options);
  if (result.kind === 'refused') throw new Error(`refused: ${JSON.stringify(result.problems)}`);
  return result;
}
