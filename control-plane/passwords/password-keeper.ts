/**
 * Hashes the passwords that an earlier version kept in the clear: a few at a time, off everybody's way, as changes of the control
 * plane's own, which are published like others. Until then such a credential opens nothing, because data planes get no password of it.
 * Looks once at the start, and every hour for what an older control plane wrote since. Started by start-control-plane.ts.
 */
import type { Clock, TimerHandle } from '../../shared/clock.ts';
import { describeThrown } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { EntityId } from '../../shared/model/ids.ts';
import { definitionOf } from '../../shared/model/registry.ts';
import { PASSWORD_KIND, type ClearPasswordStore } from '../store/clear-password-store.ts';
import { buildEntityRecord, formName, readEntity } from '../store/entity-record.ts';
import type { StoredEntity } from '../store/entity-reader.ts';
import { CONTROL_PLANE_ACTOR, withEveryEntity, type GatewayScope } from '../store/scope.ts';
import type { Store } from '../store/store.ts';
import { hashPassword } from './password-hashes.ts';

export interface PasswordKeeperOptions {
  readonly store: Pick<Store, 'read' | 'write' | 'secretsOf'> & { readonly clearPasswords: ClearPasswordStore };
  readonly clock: Clock;
  readonly log: Logger;
}

const SOON_MS = 1_000;
const LOOK_EVERY_MS = 3_600_000;
const definition = definitionOf(PASSWORD_KIND);

export class PasswordKeeper {
  readonly #options: PasswordKeeperOptions;
  #next: TimerHandle | undefined;
  #running: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(options: PasswordKeeperOptions) {
    this.#options = options;
  }

  start(afterMs = SOON_MS): void {
    this.#next = this.#options.clock.after(afterMs, () => {
      this.#running = this.#look().finally(() => {
        if (!this.#isStopped) this.start(LOOK_EVERY_MS);
      });
    });
  }

  /** Resolves when nothing of it runs any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#next?.cancel();
    await this.#running;
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    const { store, log } = this.#options;
    let count = 0;
    try {
      for (const scope of await store.clearPasswords.gateways()) {
        // A gateway that is frozen, or went away, holds up no other.
        count += await this.#hashAll(scope).catch((thrown: unknown) => this.#failed(scope, thrown));
      }
    } catch (thrown) {
      log.warn({ event: 'passwords-not-hashed', reason: describeThrown(thrown) }, 'passwords that an earlier version kept could not be looked for; tried again in an hour');
    }
    if (count > 0) log.info({ event: 'passwords-hashed', count }, `${count} passwords that an earlier version kept are hashed now`);
  }

  #failed({ gatewayId }: GatewayScope, thrown: unknown): number {
    this.#options.log.warn({ event: 'passwords-not-hashed', gateway: gatewayId, reason: describeThrown(thrown) }, 'passwords of a gateway that an earlier version kept could not be hashed; tried again in an hour, and at the next start');
    return 0;
  }

  async #hashAll(scope: GatewayScope): Promise<number> {
    let count = 0;
    let after: EntityId | undefined;
    do {
      const ids = await this.#options.store.clearPasswords.listSome(scope, after);
      count += await this.#hashSome(scope, ids);
      after = ids.at(-1);
    } while (after !== undefined && !this.#isStopped);
    return count;
  }

  async #hashSome(scope: GatewayScope, ids: readonly EntityId[]): Promise<number> {
    if (ids.length === 0) return 0;
    const { store } = this.#options;
    const everything = withEveryEntity(scope);
    const secrets = await store.secretsOf(scope);
    const hashes = new Map<EntityId, { readonly of: unknown; readonly hash: string }>();
    for (const id of ids) {
      const stored = await store.read(everything, (reader) => reader.get(PASSWORD_KIND, id));
      const password = stored === undefined ? null : readEntity(definition, stored, secrets)['password'];
      if (typeof password === 'string') hashes.set(id, { of: password, hash: await hashPassword(password) });
    }
    const { value } = await store.write(everything, CONTROL_PLANE_ACTOR, async (writer) => {
      let written = 0;
      for (const stored of await writer.getManyForUpdate([...hashes.keys()].map((id) => ({ kind: PASSWORD_KIND, id })))) {
        const [entity, known] = [readEntity(definition, stored, secrets), hashes.get(stored.id)];
        // Somebody may have given it another one meanwhile.
        if (known === undefined || isHashed(stored) || entity['password'] !== known.of) continue;
        const problem = await writer.update(buildEntityRecord(definition, { ...entity, password: known.hash }, secrets));
        if (problem === undefined) written += 1;
      }
      return written;
    });
    return value;
  }
}

function isHashed({ controlPlaneOnly }: StoredEntity): boolean {
  return controlPlaneOnly[formName('password')] !== undefined;
}
