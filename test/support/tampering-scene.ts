/**
 * What the tests of tampering stand on: a control plane with genuine keys, an origin that tells which configuration led
 * to it, and a data plane process. A genuine configuration of version 1.N answers "genuine-N", a forged one "forged".
 */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EntityChange } from '../../data-plane/config/compile-contract.ts';
import { defined } from '../../shared/assert.ts';
import { parseId, type EntityId } from '../../shared/model/ids.ts';
import { formatVersion, type ConfigVersion } from '../../shared/model/version.ts';
import type { Leaf, SyncMessage } from '../../shared/wire/sync-message.ts';
import { put, ref, testId } from './config-content.ts';
import { DataPlaneProcess, type LogLine } from './data-plane-process.ts';
import { FakeControlPlane } from './fake-control-plane.ts';
import { waitUntil } from './wait-until.ts';

const PATH = '/served';
const FORGED_PATH = '/forged';
/** Far above what any wait needs, because the machine may be busy with other tests. */
export const DEADLINE_MS = 60_000;

export class TamperingScene {
  readonly controlPlane: FakeControlPlane;
  readonly #origin: Server;
  readonly #processes: DataPlaneProcess[] = [];

  private constructor(controlPlane: FakeControlPlane, origin: Server) {
    this.controlPlane = controlPlane;
    this.#origin = origin;
  }

  static async start(): Promise<TamperingScene> {
    const origin = createServer((request, response) => response.end(request.url?.slice(1)));
    await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
    return new TamperingScene(await FakeControlPlane.start(), origin);
  }

  /** `earlier`: the same data plane again. */
  async startDataPlane(environment: Readonly<Record<string, string>> = {}, earlier?: DataPlaneProcess): Promise<DataPlaneProcess> {
    const dataPlane = await DataPlaneProcess.start({ HOLDFAST_JOIN_TOKEN: this.controlPlane.joinToken(), ...environment }, earlier);
    this.#processes.push(dataPlane);
    return dataPlane;
  }

  async stop(): Promise<void> {
    for (const process of this.#processes.reverse()) await process.destroy();
    await this.controlPlane.stop();
    this.#origin.closeAllConnections();
    await new Promise((resolve) => this.#origin.close(resolve));
  }

  /** Publishes the next genuine configuration. */
  publishGood(): Promise<ConfigVersion> {
    return this.controlPlane.publish(this.#entities(`genuine-${this.controlPlane.version.sequence + 1}`, PATH));
  }

  /** A whole configuration that no data plane may ever serve. */
  get forgedLeaves(): readonly Leaf[] {
    return [...this.#entities('forged', PATH), ...this.#entities('forged', FORGED_PATH).slice(1)].map(toLeaf);
  }

  /** The whole genuine configuration that a version would be. */
  genuineLeaves(sequence: number): readonly Leaf[] {
    return this.#entities(`genuine-${sequence}`, PATH).map(toLeaf);
  }

  /** S3: a genuine version serves, in every thread, and nothing forged does. */
  async serves(dataPlane: DataPlaneProcess, version: ConfigVersion): Promise<void> {
    for (let request = 0; request < 4; request++) assert.deepEqual(await dataPlane.get(PATH), { status: 200, body: `genuine-${version.sequence}` });
    assert.equal((await dataPlane.get(FORGED_PATH)).status, 404);
    assert.equal((await dataPlane.status()).holdfast.config?.version, formatVersion(version));
  }

  /** Nothing serves. */
  async servesNothing(dataPlane: DataPlaneProcess): Promise<void> {
    assert.equal((await dataPlane.get('/status/ready', dataPlane.statusPort)).status, 503);
    const { status, body } = await dataPlane.get(PATH);
    assert.ok(status === 0 || status === 503, `${status} ${body}`);
    assert.equal((await dataPlane.status()).holdfast.config, null);
  }

  /** What data planes have told so far. */
  get told(): readonly SyncMessage[] {
    return this.controlPlane.sessions.flatMap((session) => session.heard);
  }

  /** The next message of a kind after the first `after` that were told, but for what a session begins with: that something serves already. */
  tells<Kind extends SyncMessage['kind']>(kind: Kind, after: number): Promise<Extract<SyncMessage, { kind: Kind }>> {
    const isIt = (message: SyncMessage): message is Extract<SyncMessage, { kind: Kind }> => message.kind === kind && !(message.kind === 'applied' && message.already);
    return waitUntil(`a ${kind} frame`, () => this.told.slice(after).find(isIt), DEADLINE_MS);
  }

  #entities(answer: string, path: string): readonly EntityChange[] {
    const address: AddressInfo | string | null = this.#origin.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    return [
      put('services', { id: testId('a'), name: 'origin', url: `http://127.0.0.1:${port}/${answer}` }),
      put('routes', { id: testId(path === PATH ? 'b' : 'c'), name: path.slice(1), paths: [path], service: ref('a') }),
    ];
  }
}

/** The next line of an event after the first `after` lines of the log. */
export function logs(dataPlane: DataPlaneProcess, event: string, after: number, matches: (line: LogLine) => boolean = () => true): Promise<LogLine> {
  return waitUntil(`the log line "${event}"`, () => dataPlane.log.slice(after).find((line) => line.event === event && matches(line)), DEADLINE_MS);
}

function toLeaf({ kind, id, bytes }: EntityChange): Leaf {
  return { kind, id: defined(parseId<EntityId>(id), 'an id'), entity: defined(bytes, 'the bytes of an entity') };
}
