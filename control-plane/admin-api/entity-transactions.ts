/**
 * The transactions of operations on entities, with the secrets of their gateway (who may see them is decided entity by
 * entity: EntityReader.mayReveal), and the version of a change told to its author. Used by entity-operations.ts and related-operations.ts.
 */
import { formatVersion } from '../../shared/model/version.ts';
import type { EntityReader, Revealed } from '../store/entity-reader.ts';
import type { EntityWriter } from '../store/entity-writer.ts';
import type { GatewaySecrets } from '../store/secret-box.ts';
import type { Store } from '../store/store.ts';
import type { Answer } from './answer.ts';
import type { GatewayRequest } from './route.ts';

export type EntityStore = Pick<Store, 'read' | 'write' | 'secretsOf' | 'audit'>;

/** Named in the audit of one request, at most; the number is always told. */
const NAMED = 100;

export class EntityTransactions {
  readonly #store: EntityStore;

  constructor(store: EntityStore) {
    this.#store = store;
  }

  /** One moment for all that is read. Whose secrets are in the answer is in the audit before anybody gets it. */
  async read<T>(request: GatewayRequest, work: (reader: EntityReader, secrets: GatewaySecrets) => Promise<T>): Promise<T> {
    const secrets = await this.#store.secretsOf(request.gateway);
    let revealed: readonly Revealed[] = [];
    const value = await this.#store.read(request.gateway, async (reader) => {
      const done = await work(reader, secrets);
      revealed = reader.revealed;
      return done;
    });
    const [first] = revealed;
    if (first !== undefined) {
      const { tenantId, gatewayId } = request.gateway;
      const details = revealed.length === 1 ? {} : { count: revealed.length, ids: revealed.slice(0, NAMED).map(({ id }) => id) };
      await this.#store.audit.add({ tenantId, gatewayId, actor: request.actor, action: 'reveal', subjectKind: first.kind, subjectId: first.id, details });
    }
    return value;
  }

  /** Tells the version of the change, so that a client can wait until its data planes have it. */
  async write(request: GatewayRequest, work: (writer: EntityWriter, secrets: GatewaySecrets) => Promise<Answer>): Promise<Answer> {
    const secrets = await this.#store.secretsOf(request.gateway);
    const { value, version } = await this.#store.write(request.gateway, request.actor, (writer) => work(writer, secrets));
    return version === undefined ? value : { ...value, headers: { ...value.headers, 'x-holdfast-config-version': formatVersion(version) } };
  }
}
