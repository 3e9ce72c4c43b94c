/**
 * The transactions of operations on entities, with the secrets of their gateway (who may see them is decided entity by
 * entity: EntityReader.mayReveal), and the version of a change told to its author. Used by entity-operations.ts and related-operations.ts.
 */
import { formatVersion } from '../../shared/model/version.ts';
import type { EntityReader } from '../store/entity-reader.ts';
import type { EntityWriter } from '../store/entity-writer.ts';
import type { GatewaySecrets } from '../store/secret-box.ts';
import type { Store } from '../store/store.ts';
import type { Answer } from './answer.ts';
import type { GatewayRequest } from './route.ts';

export type EntityStore = Pick<Store, 'read' | 'write' | 'secretsOf'>;

export class EntityTransactions {
  readonly #store: EntityStore;

  constructor(store: EntityStore) {
    this.#store = store;
  }

  /** One moment for all that is read. */
  async read<T>(request: GatewayRequest, work: (reader: EntityReader, secrets: GatewaySecrets) => Promise<T>): Promise<T> {
    const secrets = await this.#store.secretsOf(request.gateway);
    return this.#store.read(request.gateway, (reader) => work(reader, secrets));
  }

  /** Tells the version of the change, so that a client can wait until its data planes have it. */
  async write(request: GatewayRequest, work: (writer: EntityWriter, secrets: GatewaySecrets) => Promise<Answer>): Promise<Answer> {
    const secrets = await this.#store.secretsOf(request.gateway);
    const { value, version } = await this.#store.write(request.gateway, request.actor, (writer) => work(writer, secrets));
    return version === undefined ? value : { ...value, headers: { ...value.headers, 'x-holdfast-config-version': formatVersion(version) } };
  }
}
