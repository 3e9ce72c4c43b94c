/**
 * What an installation has from its first start on: a tenant with a gateway called default, and, outside development mode,
 * an operator whose token is written to a file. Each step may be cut by a crash and is done at the next start. Called by
 * start-control-plane.ts before the admin API opens.
 */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defined } from '../shared/assert.ts';
import { HoldfastError } from '../shared/errors.ts';
import type { Logger } from '../shared/log.ts';
import type { TenantId } from '../shared/model/ids.ts';
import { DEFAULT_GATEWAY } from './admin-api/route.ts';
import type { Operator } from './store/operator-store.ts';
import { CONTROL_PLANE_ACTOR } from './store/scope.ts';
import { readOrCreateSecretFile } from './store/secret-file.ts';
import type { Store } from './store/store.ts';
import type { Stored } from './store/store-problem.ts';

export interface FirstStartOptions {
  readonly store: Pick<Store, 'tenants' | 'gateways' | 'operators' | 'tokens'>;
  /** Where the first token is written, mode 0600. */
  readonly stateFolder: string;
  readonly developmentMode: boolean;
  /** Make a token even though there have been some: all are lost. */
  readonly newAdminToken: boolean;
  readonly log: Logger;
}

const FIRST_TENANT = 'default';
const FIRST_OPERATOR = 'admin';
export const ADMIN_TOKEN_FILE = 'admin-token';

/** Returns the installation's own tenant: the oldest. Safe when several control planes start at once. */
export async function ensureFirstStart(options: FirstStartOptions): Promise<TenantId> {
  const tenantId = await ensureTenant(options);
  if ((await options.store.gateways.list(tenantId)).length === 0) await options.store.gateways.create(tenantId, DEFAULT_GATEWAY, CONTROL_PLANE_ACTOR);
  if (!options.developmentMode || options.newAdminToken) await ensureAdminToken(options, tenantId);
  return tenantId;
}

async function ensureTenant({ store, log }: FirstStartOptions): Promise<TenantId> {
  const [existing] = await store.tenants.list();
  if (existing !== undefined) return existing.id;
  const created = await store.tenants.create(FIRST_TENANT, CONTROL_PLANE_ACTOR);
  if (created.kind === 'stored') log.info({ event: 'first-start', tenant: created.value.id }, 'first start: tenant and gateway "default" made');
  // Another control plane may have been first.
  const [oldest] = await store.tenants.list();
  return defined(oldest, 'the first tenant').id;
}

async function ensureAdminToken({ store, stateFolder, newAdminToken, log }: FirstStartOptions, tenantId: TenantId): Promise<void> {
  const file = join(stateFolder, ADMIN_TOKEN_FILE);
  // Tells the next start that this one did not get as far as writing the token down.
  const pending = `${file}.pending`;
  const operators = await store.operators.list(tenantId);
  if (operators.length > 0 && !newAdminToken && !existsSync(pending)) return;
  writeFileSync(pending, '', { mode: 0o600 });
  const operator = operators.find((candidate) => candidate.installationAdmin) ?? (await createFirstOperator(store, tenantId));
  if (operator === undefined) return rmSync(pending, { force: true });
  if (operator.disabledAt !== undefined) await store.operators.setDisabled(tenantId, operator.id, false, CONTROL_PLANE_ACTOR);
  const { text: token } = stored(await store.tokens.create(tenantId, operator.id, { name: 'first' }, CONTROL_PLANE_ACTOR));
  rmSync(file, { force: true });
  readOrCreateSecretFile(file, () => token);
  rmSync(pending, { force: true });
  log.warn({ event: 'admin-token-written', file, operator: operator.name }, `the admin token is in ${file}: keep it in a safe place, then delete the file`);
}

/** Undefined where another control plane has made it meanwhile, and with it the token. */
async function createFirstOperator(store: FirstStartOptions['store'], tenantId: TenantId): Promise<Operator | undefined> {
  const created = await store.operators.create(tenantId, { name: FIRST_OPERATOR, role: 'owner', installationAdmin: true }, CONTROL_PLANE_ACTOR);
  return created.kind === 'stored' ? created.value : undefined;
}

function stored<T>(result: Stored<T>): T {
  if (result.kind === 'stored') return result.value;
  throw new HoldfastError({ code: 'ADMIN_FIRST_TOKEN_FAILED', source: 'control-plane', publicMessage: 'the first admin token could not be made', message: `the first admin token could not be made: ${result.kind}` });
}
