/**
 * Session frames between bytes and types (proto/sync.proto). This is the door for frames of both planes: what comes out
 * of decodeFrame has its lengths, ids and numbers checked and is trusted to be of its type, nothing more.
 */
import { holdfast } from '../../proto/gen/sync.js';
import { describeThrown, HoldfastError } from '../errors.ts';
import { bytesToId, idToBytes, type AnyId } from '../model/ids.ts';
import { NO_VERSION, type ConfigVersion } from '../model/version.ts';
import { decodeCounts, encodeCounts } from './counts-codec.ts';
import { malformed } from './malformed-frame.ts';
import { MAXIMUM_CHUNK_BYTES, MAXIMUM_FRAME_BYTES, type Applied, type CachePurge, type CachePurges, type FellBack, type Health, type Hello, type PartialTransfer, type Rejected, type SyncFrame, type SyncMessage, type Welcome } from './sync-message.ts';

const { Envelope } = holdfast.sync.v1;
type Body = holdfast.sync.v1.Envelope.$Properties;
type WireVersion = holdfast.sync.v1.Version.$Properties | null | undefined;
type WireFellBack = holdfast.sync.v1.FellBack.$Properties;

/** The most items of a list in a frame; what is more is cut by the sender and refused by the receiver. */
const MAXIMUM_ITEMS = 1000;
const MAXIMUM_REASON_LENGTH = 2000;
/** Of a list of what is quarantined, so that however long its reasons are, the frame is not too large to be sent. */
const MAXIMUM_LIST_BYTES = 192 * 1024;
/** Of one entry besides its texts: id, tags and lengths. */
const ENTRY_BYTES = 40;
const HASH_BYTES = 32;
const ID_BYTES = 16;

/** Encodes one frame. Throws WIRE_FRAME_TOO_LARGE where it would be above 256 KiB. */
export function encodeFrame(frame: SyncFrame): Uint8Array {
  const bytes = Envelope.encode({ gatewayId: idToBytes(frame.gatewayId), ...encodeMessage(frame.message) }).finish();
  if (bytes.length <= MAXIMUM_FRAME_BYTES) return bytes;
  throw new HoldfastError({
    code: 'WIRE_FRAME_TOO_LARGE',
    source: 'gateway',
    publicMessage: `a ${frame.message.kind} frame of ${bytes.length} bytes is above the limit of ${MAXIMUM_FRAME_BYTES}`,
  });
}

/** Decodes one frame; throws WIRE_FRAME_MALFORMED where it is not exactly one known message in its form. */
export function decodeFrame(bytes: Uint8Array): SyncFrame {
  if (bytes.length > MAXIMUM_FRAME_BYTES) throw malformed(`it has ${bytes.length} bytes, the limit is ${MAXIMUM_FRAME_BYTES}`);
  let envelope: holdfast.sync.v1.Envelope;
  try {
    envelope = Envelope.decode(bytes);
  } catch (cause) {
    throw malformed(describeThrown(cause), cause);
  }
  return { gatewayId: id(envelope.gatewayId, 'gateway_id'), message: decodeMessage(envelope) };
}

function encodeMessage(message: SyncMessage): Body {
  switch (message.kind) {
    case 'hello':
      return { hello: encodeHello(message) };
    case 'welcome':
      return { welcome: { ...message, rootStatements: [...message.rootStatements], contentKeys: [...message.contentKeys] } };
    case 'snapshot':
      return { snapshot: message };
    case 'delta':
      return { delta: message };
    case 'chunk':
      return { chunk: message };
    case 'applied':
      return { applied: encodeApplied(message) };
    case 'rejected':
      return { rejected: { ...message, reasons: cut(message.reasons).map(cutText) } };
    case 'fell-back':
      return { fellBack: encodeFellBack(message) };
    case 'head':
      return { head: message };
    case 'ping':
      return { ping: message };
    case 'telemetry':
      return { telemetry: { ...message, bootId: uuidToBytes(message.bootId) } };
    case 'telemetry-ack':
      return { telemetryAck: { ...message, bootId: uuidToBytes(message.bootId) } };
    case 'credit':
      return { credit: message };
    case 'renew':
      return { renew: message };
    case 'renewed':
      return { renewed: message };
    case 'bye':
      return { bye: message };
    case 'question':
      return { question: message };
    case 'answer':
      return { answer: { ...message, problem: cutText(message.problem) } };
    case 'trust':
      return { trust: { ...message, rootStatements: [...message.rootStatements], contentKeys: [...message.contentKeys] } };
    case 'notice':
      return { notice: { code: message.code, detail: cutText(message.detail), version: message.version ?? null } };
    case 'health':
      return { health: { ...message, targets: message.targets.map((target) => ({ ...target, id: idToBytes(target.id), addresses: [...target.addresses] })) } };
    case 'counts':
      return { counts: encodeCounts(message) };
    case 'cache-purges':
      return { cachePurges: { forgottenMs: message.forgottenMs, purges: message.purges.map(({ atMs, pluginId, cacheKey }) => ({ atMs, pluginId: pluginId === undefined ? null : idToBytes(pluginId), cacheKey: cacheKey ?? null })) } };
  }
}

function encodeHello(hello: Hello): holdfast.sync.v1.Hello.$Properties {
  return {
    ...hello,
    bootId: uuidToBytes(hello.bootId),
    active: hello.active?.version ?? null,
    activeRoot: hexToBytes(hello.active?.contentRoot ?? ''),
    plugins: cut(hello.plugins),
    compressions: cut(hello.compressions),
    barred: cut(hello.barred).map(encodeFellBack),
    partialHash: hexToBytes(hello.partial?.wireHash ?? ''),
    partialBytes: hello.partial?.bytes ?? 0,
  };
}

function encodeApplied(applied: Applied): holdfast.sync.v1.Applied.$Properties {
  const all = cut(applied.quarantined).map((entry) => ({ ...entry, kind: entry.entityKind, id: idToBytes(entry.id), reason: cutText(entry.reason) }));
  let bytes = 0;
  const quarantined = all.filter((entry) => (bytes += ENTRY_BYTES + Buffer.byteLength(entry.kind + entry.code + entry.reason)) <= MAXIMUM_LIST_BYTES);
  return { ...applied, contentRoot: hexToBytes(applied.contentRoot), quarantined };
}

function encodeFellBack(fellBack: FellBack): WireFellBack {
  return { ...fellBack, fromRoot: hexToBytes(fellBack.fromRoot), reason: cutText(fellBack.reason) };
}

function decodeMessage(envelope: holdfast.sync.v1.Envelope): SyncMessage {
  if (envelope.hello != null) return decodeHello(envelope.hello);
  if (envelope.welcome != null) return decodeWelcome(envelope.welcome);
  if (envelope.snapshot != null) return { kind: 'snapshot', ...announcement(envelope.snapshot), epochStatement: envelope.snapshot.epochStatement ?? '' };
  if (envelope.delta != null) return { kind: 'delta', ...announcement(envelope.delta) };
  if (envelope.chunk != null) return decodeChunk(envelope.chunk);
  if (envelope.applied != null) return decodeApplied(envelope.applied);
  if (envelope.rejected != null) return decodeRejected(envelope.rejected);
  if (envelope.fellBack != null) return decodeFellBack(envelope.fellBack);
  if (envelope.head != null) return { kind: 'head', headStatement: envelope.head.headStatement ?? '' };
  if (envelope.ping != null) return { kind: 'ping', nonce: count(envelope.ping.nonce, 'nonce'), answer: envelope.ping.answer ?? false };
  if (envelope.telemetry != null) {
    const { bootId, sequence, batch, records } = envelope.telemetry;
    return { kind: 'telemetry', bootId: id(bootId, 'boot_id'), sequence: count(sequence, 'sequence'), batch: batch ?? new Uint8Array(), records: records ?? false };
  }
  if (envelope.telemetryAck != null) {
    const { bootId, sequence, records } = envelope.telemetryAck;
    return { kind: 'telemetry-ack', bootId: id(bootId, 'boot_id'), sequence: count(sequence, 'sequence'), records: records ?? false };
  }
  if (envelope.credit != null) {
    const { chunks, telemetry, records } = envelope.credit;
    return { kind: 'credit', chunks: count(chunks, 'chunks'), telemetry: count(telemetry, 'telemetry'), records: count(records, 'records') };
  }
  if (envelope.renew != null) return { kind: 'renew', certificateRequest: envelope.renew.certificateRequest ?? new Uint8Array() };
  if (envelope.renewed != null) return { kind: 'renewed', certificateChain: envelope.renewed.certificateChain ?? '' };
  if (envelope.bye != null) {
    const { code, reason, retryAfterMs } = envelope.bye;
    return { kind: 'bye', code: code ?? '', reason: reason ?? '', retryAfterMs: count(retryAfterMs, 'retry_after_ms') };
  }
  if (envelope.question != null) {
    const { id: questionId, subject, document } = envelope.question;
    return { kind: 'question', id: count(questionId, 'id'), subject: shortText(subject, 'subject'), document: document ?? new Uint8Array() };
  }
  if (envelope.answer != null) {
    const { id: questionId, document, problem } = envelope.answer;
    return { kind: 'answer', id: count(questionId, 'id'), document: document ?? new Uint8Array(), problem: cutText(problem ?? '') };
  }
  if (envelope.trust != null) return { kind: 'trust', ...trustOf(envelope.trust) };
  if (envelope.notice != null) {
    const { code, detail, version: about } = envelope.notice;
    return { kind: 'notice', code: shortText(code, 'code'), detail: cutText(detail ?? ''), version: about == null ? undefined : version(about, 'version') };
  }
  if (envelope.health != null) return decodeHealth(envelope.health);
  if (envelope.counts != null) return decodeCounts(envelope.counts);
  if (envelope.cachePurges != null) return decodeCachePurges(envelope.cachePurges);
  throw malformed('it holds no message of this protocol version');
}

function decodeCachePurges({ forgottenMs, purges }: holdfast.sync.v1.CachePurges.$Properties): CachePurges {
  const decoded = (purges ?? []).map(({ atMs, pluginId, cacheKey }): CachePurge => ({
    atMs: count(atMs, 'at_ms'),
    pluginId: pluginId == null || pluginId.length === 0 ? undefined : id(pluginId, 'plugin_id'),
    cacheKey: cacheKey == null || cacheKey === '' ? undefined : shortText(cacheKey, 'cache_key'),
  }));
  return { kind: 'cache-purges', forgottenMs: count(forgottenMs, 'forgotten_ms'), purges: decoded };
}

function decodeHello(hello: holdfast.sync.v1.Hello.$Properties): Hello {
  return {
    kind: 'hello',
    protocolVersion: count(hello.protocolVersion, 'protocol_version'),
    softwareVersion: shortText(hello.softwareVersion, 'software_version'),
    bootId: id(hello.bootId, 'boot_id'),
    hostname: shortText(hello.hostname, 'hostname'),
    active: hello.active == null ? undefined : { version: version(hello.active, 'active'), contentRoot: hash(hello.activeRoot, 'active_root') },
    highestAccepted: hello.highestAccepted == null ? NO_VERSION : version(hello.highestAccepted, 'highest_accepted'),
    highestManifest: hello.highestManifest ?? '',
    plugins: list(hello.plugins, 'plugins').map((plugin) => ({ name: shortText(plugin.name, 'plugins'), version: shortText(plugin.version, 'plugins'), hash: shortText(plugin.hash ?? '', 'plugins') })),
    compressions: list(hello.compressions, 'compressions'),
    barred: list(hello.barred, 'barred').map(decodeFellBack),
    partial: partialOf(hello),
  };
}

function decodeWelcome(welcome: holdfast.sync.v1.Welcome.$Properties): Welcome {
  return {
    kind: 'welcome',
    protocolVersion: count(welcome.protocolVersion, 'protocol_version'),
    softwareVersion: shortText(welcome.softwareVersion, 'software_version'),
    ...trustOf(welcome),
    headStatement: welcome.headStatement ?? '',
    pingIntervalMs: count(welcome.pingIntervalMs, 'ping_interval_ms'),
    telemetryCredit: count(welcome.telemetryCredit, 'telemetry_credit'),
    recordsCredit: count(welcome.recordsCredit, 'records_credit'),
    labels: { ...welcome.labels },
  };
}

/** What Welcome and Trust have in common. */
function trustOf(given: holdfast.sync.v1.Trust.$Properties) {
  return {
    rootStatements: list(given.rootStatements, 'root_statements'),
    delegationStatement: given.delegationStatement ?? '',
    contentKeys: list(given.contentKeys, 'content_keys').map((key) => ({
      keyId: count(key.keyId, 'key_id'),
      ephemeralPublicKey: key.ephemeralPublicKey ?? new Uint8Array(),
      nonce: key.nonce ?? new Uint8Array(),
      ciphertext: key.ciphertext ?? new Uint8Array(),
    })),
    authoritiesStatement: given.authoritiesStatement ?? '',
  };
}

function partialOf({ partialHash, partialBytes }: holdfast.sync.v1.Hello.$Properties): PartialTransfer | undefined {
  const bytes = count(partialBytes, 'partial_bytes');
  return bytes === 0 ? undefined : { wireHash: hash(partialHash, 'partial_hash'), bytes };
}

function announcement(given: holdfast.sync.v1.Delta.$Properties) {
  return {
    transferId: count(given.transferId, 'transfer_id'),
    manifestStatement: given.manifestStatement ?? '',
    transferStatement: given.transferStatement ?? '',
    compression: given.compression ?? '',
    startOffset: count(given.startOffset, 'start_offset'),
  };
}

function decodeChunk(chunk: holdfast.sync.v1.Chunk.$Properties): SyncMessage {
  const bytes = chunk.bytes ?? new Uint8Array();
  if (bytes.length === 0 || bytes.length > MAXIMUM_CHUNK_BYTES) throw malformed(`a chunk has 1 to ${MAXIMUM_CHUNK_BYTES} bytes, this one has ${bytes.length}`);
  return { kind: 'chunk', transferId: count(chunk.transferId, 'transfer_id'), offset: count(chunk.offset, 'offset'), bytes };
}

function decodeApplied(applied: holdfast.sync.v1.Applied.$Properties): Applied {
  return {
    kind: 'applied',
    version: version(applied.version, 'version'),
    contentRoot: hash(applied.contentRoot, 'content_root'),
    tookMs: count(applied.tookMs, 'took_ms'),
    quarantined: list(applied.quarantined, 'quarantined').map((entry) => ({
      entityKind: shortText(entry.kind, 'kind'),
      id: id(entry.id, 'id'),
      code: shortText(entry.code, 'code'),
      reason: cutText(entry.reason ?? ''),
    })),
    already: applied.already ?? false,
  };
}

function decodeRejected(rejected: holdfast.sync.v1.Rejected.$Properties): Rejected {
  return { kind: 'rejected', version: version(rejected.version, 'version'), code: shortText(rejected.code, 'code'), reasons: list(rejected.reasons, 'reasons').map(cutText) };
}

function decodeHealth({ targets, leftOut }: holdfast.sync.v1.Health.$Properties): Health {
  return {
    kind: 'health',
    targets: list(targets, 'targets').map((target) => ({
      id: id(target.id, 'id'),
      addresses: list(target.addresses, 'addresses').map(({ ip, port, state, cause, sinceMs }) => ({
        ip: shortText(ip, 'ip'), port: count(port, 'port'), state: stateOf(state), cause: shortText(cause, 'cause'), sinceMs: count(sinceMs, 'since_ms'),
      })),
    })),
    leftOut: count(leftOut, 'left_out'),
  };
}

/** What a later version may call a state is one in which it takes no requests. */
function stateOf(text: string | null | undefined): Health['targets'][number]['addresses'][number]['state'] {
  return text === 'closed' || text === 'half-open' ? text : 'open';
}

function decodeFellBack(fellBack: WireFellBack): FellBack {
  return {
    kind: 'fell-back',
    from: version(fellBack.from, 'from'),
    to: fellBack.to == null ? NO_VERSION : version(fellBack.to, 'to'),
    fromRoot: hash(fellBack.fromRoot, 'from_root'),
    reason: cutText(fellBack.reason ?? ''),
  };
}

function id<T extends AnyId>(bytes: Uint8Array | null | undefined, field: string): T {
  if (bytes?.length !== ID_BYTES) throw malformed(`${field} must have ${ID_BYTES} bytes`);
  return bytesToId<T>(bytes);
}

function hash(bytes: Uint8Array | null | undefined, field: string): string {
  if (bytes?.length !== HASH_BYTES) throw malformed(`${field} must have ${HASH_BYTES} bytes`);
  return Buffer.from(bytes).toString('hex');
}

function count(value: number | null | undefined, field: string): number {
  const number = value ?? 0;
  if (!Number.isSafeInteger(number) || number < 0) throw malformed(`${field} is too large`);
  return number;
}

function version(value: WireVersion, field: string): ConfigVersion {
  if (value == null) throw malformed(`${field} is missing`);
  return { epoch: count(value.epoch, field), sequence: count(value.sequence, field) };
}

function shortText(value: string | null | undefined, field: string): string {
  const text = value ?? '';
  if (text.length > 255) throw malformed(`${field} is longer than 255 characters`);
  return text;
}

function list<T>(items: readonly T[] | null | undefined, field: string): readonly T[] {
  const given = items ?? [];
  if (given.length > MAXIMUM_ITEMS) throw malformed(`${field} has more than ${MAXIMUM_ITEMS} items`);
  return given;
}

function cut<T>(items: readonly T[]): T[] {
  return items.slice(0, MAXIMUM_ITEMS);
}

function cutText(text: string): string {
  return text.length > MAXIMUM_REASON_LENGTH ? `${text.slice(0, MAXIMUM_REASON_LENGTH)}…` : text;
}

function hexToBytes(hex: string): Uint8Array {
  return Buffer.from(hex, 'hex');
}

function uuidToBytes(uuid: string): Uint8Array {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex');
}
