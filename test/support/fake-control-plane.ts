/**
 * A small real control plane for tests of the data plane: real TLS with its own CA, real enrolment, real WebSockets, real
 * signatures; no store and no admin API. What it publishes is given by the test, right or wrong. One gateway.
 */
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { X509Certificate } from 'node:crypto';
import type { AddressInfo, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { WebSocketServer, type WebSocket } from 'ws';
import { createAuthority, openAuthority, readCertificateRequest, type CertificateAuthority } from '../../control-plane/enrolment/certificate-authority.ts';
import type { EntityChange } from '../../data-plane/config/compile-contract.ts';
import { defined } from '../../shared/assert.ts';
import { newId, parseId, type DataPlaneId, type EntityId } from '../../shared/model/ids.ts';
import type { ConfigVersion } from '../../shared/model/version.ts';
import { ContentTree } from '../../shared/trust/content-hash.ts';
import { wrapContentKey } from '../../shared/trust/content-key.ts';
import { identityOfCertificate } from '../../shared/trust/identity.ts';
import { formatJoinToken } from '../../shared/trust/join-token.ts';
import { fingerprintOfRootBundle } from '../../shared/trust/root-set.ts';
import { signStatement } from '../../shared/trust/statements.ts';
import { applyChanges, type Transfer } from '../../shared/trust/verify-transfer.ts';
import { ENROL_PATH, parseEnrolRequest, type EnrolAnswer } from '../../shared/wire/enrolment-message.ts';
import { PROTOCOL_VERSION } from '../../shared/wire/protocol-version.ts';
import { decodeFrame, encodeFrame } from '../../shared/wire/sync-codec.ts';
import type { Hello, Leaf, LeafChange, SyncMessage, Welcome, WrappedKey } from '../../shared/wire/sync-message.ts';
import { CONTENT_KEY } from './config-content.ts';
import { createTestTrust, signDelta, signEpoch, signSnapshot, withNewPublishKey, type Alterations, type TestTrust } from './signed-content.ts';
import { waitUntil } from './wait-until.ts';

const TRUST_DOMAIN = 'holdfast.test';
const DAY_MS = 86_400_000;
const CHUNK_BYTES = 16 * 1024;
/** Many processes start at once on few cores when all tests run. */
const DEADLINE_MS = 30_000;

export interface FakeControlPlaneOptions {
  /** 0 takes a free one. */
  readonly port?: number;
  readonly pingIntervalMs?: number;
  /** Of the certificates it gives to data planes. */
  readonly certificateLifetimeMs?: number;
  /** How old those that enrolment gives are already; their end is as far away as without. */
  readonly certificateAgeMs?: number;
  /** What stays the same when it "restarts". */
  readonly installation?: Installation;
}

/** Keys and content: what a database would hold. */
export interface Installation {
  readonly trust: TestTrust;
  readonly authority: CertificateAuthority;
}

/** One data plane's connection. */
export interface FakeSession {
  readonly hello: Hello;
  /** Everything it said after Hello but pings and credit, in order. */
  readonly heard: readonly SyncMessage[];
  send(message: SyncMessage): void;
  /** A content key for this data plane. */
  wrap(keyId: number, contentKey: Uint8Array): WrappedKey;
  /** Whatever it is. */
  sendBytes(bytes: Uint8Array): void;
  /** The network is gone: no close frame, no Bye. */
  cut(): void;
}

class Session implements FakeSession {
  readonly hello: Hello;
  readonly heard: SyncMessage[] = [];
  readonly #socket: WebSocket;
  readonly #trust: TestTrust;
  readonly wrap: FakeSession['wrap'];

  constructor(hello: Hello, socket: WebSocket, trust: TestTrust, wrap: FakeSession['wrap']) {
    this.hello = hello;
    this.#socket = socket;
    this.#trust = trust;
    this.wrap = wrap;
  }

  send(message: SyncMessage): void {
    this.sendBytes(encodeFrame({ gatewayId: this.#trust.audience.gatewayId, message }));
  }

  sendBytes(bytes: Uint8Array): void {
    this.#socket.send(bytes);
  }

  cut(): void {
    this.#socket.terminate();
  }
}

export class FakeControlPlane {
  #installation: Installation;
  readonly #options: FakeControlPlaneOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #sessions: Session[] = [];
  #leaves = new Map<string, Leaf>();
  #tree = new ContentTree();
  #version: ConfigVersion = { epoch: 1, sequence: 0 };
  #transfers = 0;
  #enrolments = 0;
  /** Set by tests: what is wrong with the next Welcome. */
  alterWelcome: (welcome: Welcome) => Welcome = (welcome) => welcome;
  /** Set by tests: says nothing after the connection stands. */
  mute = false;
  /** Set by tests: whether a data plane that is behind is offered the newest right after its Welcome. */
  offersAtWelcome = true;
  /** Set by tests: certificates are not renewed. */
  refusesRenewal = false;

  private constructor(installation: Installation, server: Server, options: FakeControlPlaneOptions) {
    this.#installation = installation;
    this.#server = server;
    this.#options = options;
  }

  static async start(options: FakeControlPlaneOptions = {}): Promise<FakeControlPlane> {
    const installation = options.installation ?? { trust: await createTestTrust(), authority: await openAuthority(await createAuthority(Date.now())) };
    const issued = await installation.authority.issueServer({ names: ['127.0.0.1', 'localhost'], nowMs: Date.now(), lifetimeMs: DAY_MS });
    const server = createServer({ key: issued.privateKeyPem, cert: issued.chainPem, ca: installation.authority.certificatePem, requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.3' });
    const fake = new FakeControlPlane(installation, server, options);
    const webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
    server.on('connection', (socket: Socket) => fake.#sockets.add(socket));
    server.on('request', (request, response) => void fake.#enrol(request, response));
    server.on('upgrade', (request, socket, head) => webSockets.handleUpgrade(request, socket, head, (webSocket) => fake.#greet(webSocket, peerOf(request))));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port ?? 0, '127.0.0.1', resolve);
    });
    return fake;
  }

  get port(): number {
    const address: AddressInfo | string | null = this.#server.address();
    if (typeof address !== 'object' || address === null) throw new Error('the fake control plane does not listen');
    return address.port;
  }

  get url(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  get installation(): Installation {
    return this.#installation;
  }

  get version(): ConfigVersion {
    return this.#version;
  }

  /** From here on another key signs, which the root key delegates to; returns what signed before. Sessions hear of it by their next Welcome. */
  async rotatePublishKey(): Promise<TestTrust> {
    const { trust } = this.#installation;
    this.#installation = { ...this.#installation, trust: await withNewPublishKey(trust) };
    return trust;
  }

  /** The root key begins a new epoch; what is published next is its first version, whole. */
  beginEpoch(epoch: number): void {
    this.#version = { epoch, sequence: 0 };
  }

  get contentRoot(): string {
    return this.#tree.rootHex();
  }

  get enrolments(): number {
    return this.#enrolments;
  }

  /** All that ever were, oldest first. */
  get sessions(): readonly FakeSession[] {
    return this.#sessions;
  }

  joinToken(alterations: { readonly caFingerprint?: string; readonly rootFingerprint?: string; readonly urls?: readonly string[] } = {}): string {
    const { trust, authority } = this.installation;
    return formatJoinToken({
      version: 1, urls: [this.url], tokenId: newId<EntityId>(), secret: Buffer.alloc(32, 1).toString('base64url'),
      caFingerprint: authority.fingerprint, rootFingerprint: fingerprintOfRootBundle(trust.rootStatement), ...alterations,
    });
  }

  /** The newest session, once there are `count`. */
  session(count = 1): Promise<FakeSession> {
    return waitUntil(`session ${count}`, () => this.#sessions[count - 1], DEADLINE_MS);
  }

  /** The next thing of that kind a data plane says in any session after `after` of them. */
  async heard<Kind extends SyncMessage['kind']>(kind: Kind, matches: (message: Extract<SyncMessage, { kind: Kind }>) => boolean = () => true, deadlineMs = DEADLINE_MS): Promise<Extract<SyncMessage, { kind: Kind }>> {
    const isIt = (message: SyncMessage): message is Extract<SyncMessage, { kind: Kind }> => message.kind === kind;
    return waitUntil(`a ${kind} frame`, () => this.#sessions.flatMap((session) => session.heard).filter(isIt).find(matches), deadlineMs);
  }

  /** Changes the configuration by one version and offers it to whoever is connected, as a delta where that fits. */
  async publish(changes: readonly EntityChange[], alterations: Alterations = {}): Promise<ConfigVersion> {
    const base = { version: this.#version, tree: this.#tree };
    const leafChanges = changes.map(toLeafChange);
    this.#version = { ...this.#version, sequence: this.#version.sequence + 1 };
    this.#tree = base.tree.clone();
    applyChanges(this.#tree, leafChanges);
    for (const change of leafChanges) {
      if (change.op === 'put') this.#leaves.set(`${change.kind}/${change.id}`, change);
      else this.#leaves.delete(`${change.kind}/${change.id}`);
    }
    const { trust } = this.installation;
    if (base.version.sequence === 0) this.offer(await this.snapshot(alterations), 'snapshot');
    else this.offer(await signDelta(trust, base, this.#version, leafChanges, alterations), 'delta');
    return this.#version;
  }

  /** The whole configuration at the newest version, signed. */
  async snapshot(alterations: Alterations = {}): Promise<Transfer> {
    const { trust } = this.installation;
    const { epoch } = this.#version;
    const snapshot = await signSnapshot(trust, this.#version, [...this.#leaves.values()], alterations);
    return epoch === 1 ? snapshot : { ...snapshot, epochStatement: await signEpoch(trust, epoch) };
  }

  /** Sends a transfer to every session, whatever it holds. `cut`: only so many bytes of it. */
  offer(transfer: Transfer, kind: 'snapshot' | 'delta', cut = transfer.wireBytes.length): void {
    for (const session of this.#sessions) this.#offerTo(session, transfer, kind, cut);
  }

  async headStatement(alterations: { readonly expiresAt?: number; readonly sequence?: number } = {}): Promise<string> {
    const { trust } = this.installation;
    const { tenantId, gatewayId } = trust.audience;
    const now = Date.now();
    return signStatement('head', { format: 1, tenant: tenantId, gateway: gatewayId, ...this.#version, contentRoot: this.#tree.rootHex(), issuedAt: now, expiresAt: now + 300_000, ...alterations }, trust.publishKey);
  }

  /** As a kill: every connection is gone at once. Idempotent. */
  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #offerTo(session: Session, transfer: Transfer, kind: 'snapshot' | 'delta', cut = transfer.wireBytes.length): void {
    const transferId = (this.#transfers += 1);
    const { manifestStatement, framing, epochStatement, wireBytes } = transfer;
    const announced = { transferId, manifestStatement, transferStatement: framing.kind === 'signed' ? framing.transferStatement : '', compression: 'zstd', startOffset: 0 };
    session.send(kind === 'snapshot' ? { kind, ...announced, epochStatement } : { kind, ...announced });
    for (let offset = 0; offset < cut; offset += CHUNK_BYTES) session.send({ kind: 'chunk', transferId, offset, bytes: wireBytes.subarray(offset, Math.min(cut, offset + CHUNK_BYTES)) });
  }

  #greet(socket: WebSocket, certificate: X509Certificate | undefined): void {
    const { trust, authority } = this.installation;
    const identity = certificate === undefined ? undefined : identityOfCertificate(certificate, TRUST_DOMAIN);
    if (certificate === undefined || identity === undefined || !certificate.verify(authority.publicKey)) return socket.close(1008, 'no certificate of ours');
    let session: Session | undefined;
    const isExpired = certificate.validToDate.getTime() < Date.now();
    socket.on('message', (data: Buffer) => {
      if (this.mute) return;
      const { message } = decodeFrame(data);
      if (message.kind === 'hello' && !isExpired) {
        session = new Session(message, socket, trust, (keyId, contentKey) => wrapContentKey({ contentKey, keyId, recipient: certificate.publicKey, identity }));
        void this.#welcome(session, certificate.publicKey, identity);
      } else if (message.kind === 'ping') {
        if (!message.answer) session?.send({ kind: 'ping', nonce: message.nonce, answer: true });
      } else if (message.kind === 'renew') {
        if (!this.refusesRenewal) void this.#renew(message.certificateRequest, identity, (answer) => socket.send(encodeFrame({ gatewayId: identity.gatewayId, message: answer })));
      } else if (message.kind === 'telemetry') {
        session?.heard.push(message);
        session?.send({ kind: 'telemetry-ack', bootId: message.bootId, sequence: message.sequence, records: message.records });
        session?.send({ kind: 'credit', chunks: 0, telemetry: message.records ? 0 : 1, records: message.records ? 1 : 0 });
      } else if (message.kind !== 'credit') {
        session?.heard.push(message);
      }
    });
    return undefined;
  }

  async #welcome(session: Session, recipient: X509Certificate['publicKey'], identity: NonNullable<ReturnType<typeof identityOfCertificate>>): Promise<void> {
    const { trust } = this.installation;
    const { active } = session.hello;
    session.send(
      this.alterWelcome({
        kind: 'welcome', protocolVersion: PROTOCOL_VERSION, softwareVersion: '0.1.0', rootStatements: [trust.rootStatement], delegationStatement: trust.delegationStatement,
        headStatement: await this.headStatement(), contentKeys: [wrapContentKey({ contentKey: CONTENT_KEY, keyId: 1, recipient, identity })],
        pingIntervalMs: this.#options.pingIntervalMs ?? 10_000, telemetryCredit: 8, recordsCredit: 4, labels: { region: 'test' }, authoritiesStatement: '',
      }),
    );
    this.#sessions.push(session);
    const isCurrent = active?.version.sequence === this.#version.sequence && active.version.epoch === this.#version.epoch;
    if (this.offersAtWelcome && this.#version.sequence > 0 && !isCurrent) this.#offerTo(session, await this.snapshot(), 'snapshot');
  }

  async #renew(request: Uint8Array, identity: NonNullable<ReturnType<typeof identityOfCertificate>>, answer: (message: SyncMessage) => void): Promise<void> {
    const issued = await this.installation.authority.signDataPlane({ publicKey: await readCertificateRequest(request), identity, nowMs: Date.now(), lifetimeMs: DAY_MS });
    answer({ kind: 'renewed', certificateChain: issued.chainPem });
  }

  async #enrol(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { trust, authority } = this.installation;
    const chunks: Buffer[] = [];
    for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
    if (request.method !== 'POST' || request.url !== ENROL_PATH) return void response.writeHead(404).end();
    const { certificateRequest, secret } = parseEnrolRequest(Buffer.concat(chunks).toString('utf8'));
    if (secret !== Buffer.alloc(32, 1).toString('base64url')) return void response.writeHead(403).end(JSON.stringify({ code: 'ENROL_TOKEN_REFUSED', message: 'the join token is used up' }));
    const identity = { trustDomain: TRUST_DOMAIN, ...trust.audience, dataPlaneId: newId<DataPlaneId>() };
    const ageMs = this.#options.certificateAgeMs ?? 0;
    const issued = await authority.signDataPlane({
      publicKey: await readCertificateRequest(Buffer.from(certificateRequest, 'base64')), identity, nowMs: Date.now() - ageMs, lifetimeMs: (this.#options.certificateLifetimeMs ?? DAY_MS) + ageMs,
    });
    const answer: EnrolAnswer = {
      ...identity, certificateChain: issued.chainPem, caCertificates: authority.certificatePem,
      rootStatements: [trust.rootStatement], delegationStatement: trust.delegationStatement, labels: { region: 'test' },
    };
    this.#enrolments += 1;
    return void response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer));
  }
}

function toLeafChange({ kind, id, bytes }: EntityChange): LeafChange {
  const entityId = defined(parseId<EntityId>(id), 'the id of an entity');
  return bytes === undefined ? { op: 'delete', kind, id: entityId } : { op: 'put', kind, id: entityId, entity: bytes };
}

function peerOf(request: IncomingMessage): X509Certificate | undefined {
  return request.socket instanceof TLSSocket ? request.socket.getPeerX509Certificate() : undefined;
}
