/**
 * The contract of a kind of vault: one object per vault, which keeps what it needs to ask (tokens of its own), and what it is given
 * from outside. Made by open-source.ts; asked by vault-resolver.ts.
 */
import type { Clock } from '../../shared/clock.ts';
import type { JsonObject } from '../../shared/model/definition.ts';
import type { VaultHttp } from './vault-http.ts';

export interface VaultSource {
  /** The secret as text; where it has members, as JSON. Throws VAULT_…. */
  read(secret: SecretName): Promise<string>;
}

export interface SecretName {
  readonly name: string;
  /** Undefined: the newest. */
  readonly version: string | undefined;
}

export interface SourceServices {
  readonly http: VaultHttp;
  readonly clock: Clock;
  /** Of the process. Only sources decide what of it may be looked at. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Undefined where there is none. Bounded by `MAX_SECRET_BYTES`. */
  readonly readFile: (path: string) => Promise<string | undefined>;
  readonly limits: LocalLimits;
}

/** What of this machine configurations may refer to: settings of the data plane. */
export interface LocalLimits {
  /** Beginnings of names of variables. */
  readonly envPrefixes: readonly string[];
  readonly folder: string | undefined;
}

/** Of a secret, and of any answer that holds one: a chain of certificates with its key, several times. */
export const MAX_SECRET_BYTES = 262_144;

export function textOf(config: JsonObject, name: string): string | undefined {
  const value = config[name];
  return typeof value === 'string' ? value : undefined;
}

export function numberOf(config: JsonObject, name: string): number | undefined {
  const value = config[name];
  return typeof value === 'number' ? value : undefined;
}
