/**
 * The frames of a session as types: what sync-codec.ts decodes into and encodes from (proto/sync.proto). Statements in
 * them are unverified text: only shared/trust says what they are worth.
 */
import type { EntityId, GatewayId } from '../model/ids.ts';
import type { ConfigVersion } from '../model/version.ts';

/** Subprotocol of the WebSocket. */
export const SYNC_SUBPROTOCOL = 'holdfast.sync.v1';
/** Path of the WebSocket on the control plane's sync address. */
export const SYNC_PATH = '/sync';
/** The largest frame either side sends or takes, bytes. */
export const MAXIMUM_FRAME_BYTES = 256 * 1024;
/** From this protocol version on a data plane takes questions. */
export const QUESTIONS_SINCE_VERSION = 2;
/** From this protocol version on a data plane takes Trust, and a control plane takes Notice and Health; both ends resume cut transfers. */
export const TRUST_AND_NOTICES_SINCE_VERSION = 3;
/** From this protocol version on both sides take Counts, and data planes CachePurges. */
export const COUNTS_SINCE_VERSION = 4;
/** Counts in one frame, at most. */
export const MAXIMUM_COUNTS = 8_192;
/** Subject of questions about a data plane's log level (data-plane/answer-log-level.ts). */
export const LOG_LEVEL_SUBJECT = 'log-level';
/** Subject of the question what would become of a request (shared/model/explain-question.ts). */
export const EXPLAIN_SUBJECT = 'explain';
/** The largest piece of a transfer in one frame, bytes. */
export const MAXIMUM_CHUNK_BYTES = 64 * 1024;

/** One frame. `gatewayId` is compared with the certificate by the control plane and with its own by the data plane. */
export interface SyncFrame {
  readonly gatewayId: GatewayId;
  readonly message: SyncMessage;
}

export interface Hello {
  readonly kind: 'hello';
  readonly protocolVersion: number;
  readonly softwareVersion: string;
  /** UUID, new at every start of the process. */
  readonly bootId: string;
  readonly hostname: string;
  /** What it serves now. */
  readonly active: { readonly version: ConfigVersion; readonly contentRoot: string } | undefined;
  /** NO_VERSION before the first. */
  readonly highestAccepted: ConfigVersion;
  /** Its manifest statement; '' where it is not kept, and before protocol version 3. */
  readonly highestManifest: string;
  readonly plugins: readonly PluginVersion[];
  readonly compressions: readonly string[];
  readonly barred: readonly FellBack[];
  /** Of a transfer that was cut off. */
  readonly partial: PartialTransfer | undefined;
}

export interface PartialTransfer {
  /** The signed hash of all its wire bytes, lower-case hex. */
  readonly wireHash: string;
  /** Bytes from the beginning that are there; at least 1. */
  readonly bytes: number;
}

export interface PluginVersion {
  readonly name: string;
  readonly version: string;
  /** Of a custom plugin: SHA-256 over its files, lower-case hex; '' of bundled ones. */
  readonly hash: string;
}

export interface Welcome {
  readonly kind: 'welcome';
  readonly protocolVersion: number;
  readonly softwareVersion: string;
  /** Bundles, oldest root set first (verifyRootChain). */
  readonly rootStatements: readonly string[];
  /** A bundle (verifyDelegation). */
  readonly delegationStatement: string;
  /** '' where nothing was published yet. */
  readonly headStatement: string;
  readonly contentKeys: readonly WrappedKey[];
  readonly pingIntervalMs: number;
  /** Telemetry batches that may be sent without waiting. */
  readonly telemetryCredit: number;
  /** Batches of access records that may be sent without waiting; 0 from a control plane that takes none. */
  readonly recordsCredit: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Certificate authorities; '' from a control plane before protocol version 3, or with an authority of its own. */
  readonly authoritiesStatement: string;
}

/** A gateway content key for one data plane (shared/trust/content-key.ts). */
export interface WrappedKey {
  readonly keyId: number;
  readonly ephemeralPublicKey: Uint8Array;
  readonly nonce: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/** Announces a transfer; its bytes follow in chunks. */
export interface Snapshot {
  readonly kind: 'snapshot';
  readonly transferId: number;
  readonly manifestStatement: string;
  readonly transferStatement: string;
  readonly compression: string;
  /** '' in a gateway's first epoch. */
  readonly epochStatement: string;
  /** Where its chunks begin; above 0 only for what Hello named as partial. */
  readonly startOffset: number;
}

export interface Delta {
  readonly kind: 'delta';
  readonly transferId: number;
  readonly manifestStatement: string;
  readonly transferStatement: string;
  readonly compression: string;
  /** As in Snapshot. */
  readonly startOffset: number;
}

export interface Chunk {
  readonly kind: 'chunk';
  readonly transferId: number;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export interface Applied {
  readonly kind: 'applied';
  readonly version: ConfigVersion;
  /** Lower-case hex. */
  readonly contentRoot: string;
  /** From the first frame of the transfer to the swap in the last thread, milliseconds. */
  readonly tookMs: number;
  readonly quarantined: readonly Quarantined[];
  readonly already: boolean;
}

export interface Quarantined {
  readonly entityKind: string;
  readonly id: EntityId;
  readonly code: string;
  readonly reason: string;
}

export interface Rejected {
  readonly kind: 'rejected';
  readonly version: ConfigVersion;
  readonly code: string;
  readonly reasons: readonly string[];
}

export interface FellBack {
  readonly kind: 'fell-back';
  readonly from: ConfigVersion;
  readonly to: ConfigVersion;
  /** Content root of what it left, lower-case hex. */
  readonly fromRoot: string;
  readonly reason: string;
}

export interface Head {
  readonly kind: 'head';
  readonly headStatement: string;
}

export interface Ping {
  readonly kind: 'ping';
  readonly nonce: number;
  readonly answer: boolean;
}

export interface Telemetry {
  readonly kind: 'telemetry';
  readonly bootId: string;
  readonly sequence: number;
  /** An encoded telemetry batch, or one of access records. */
  readonly batch: Uint8Array;
  /** Access records: they are numbered by themselves, and only sent where Welcome gave credit for them. */
  readonly records: boolean;
}

/** Everything of this boot up to and including `sequence` is stored durably. */
export interface TelemetryAck {
  readonly kind: 'telemetry-ack';
  readonly bootId: string;
  readonly sequence: number;
  /** Of the sequence of access records. */
  readonly records: boolean;
}

/** The other side may send that many more. */
export interface Credit {
  readonly kind: 'credit';
  /** Chunks, data plane → control plane. */
  readonly chunks: number;
  /** Telemetry batches, control plane → data plane. */
  readonly telemetry: number;
  /** Batches of access records, control plane → data plane. */
  readonly records: number;
}

/** Asks for a new certificate for the same identity. */
export interface Renew {
  readonly kind: 'renew';
  /** PKCS #10, DER. */
  readonly certificateRequest: Uint8Array;
}

export interface Renewed {
  readonly kind: 'renewed';
  /** PEM, leaf first. */
  readonly certificateChain: string;
}

export interface Bye {
  readonly kind: 'bye';
  /** An error code, or `shutting-down`. */
  readonly code: string;
  readonly reason: string;
  readonly retryAfterMs: number;
}

/** What an operator wants to know of one data plane, control plane → data plane. Protocol version 2 and later. */
export interface Question {
  readonly kind: 'question';
  /** Unique in the session while it is open. */
  readonly id: number;
  /** What it is about: `explain`. */
  readonly subject: string;
  /** JSON in the subject's own form. */
  readonly document: Uint8Array;
}

export interface Answer {
  readonly kind: 'answer';
  readonly id: number;
  /** JSON; empty where there is a problem. */
  readonly document: Uint8Array;
  /** Why there is no answer; '' where there is one. */
  readonly problem: string;
}

/** Keys changed while a session lives; each field as in Welcome. Control plane → data plane, protocol version 3 and later. */
export interface TrustUpdate {
  readonly kind: 'trust';
  readonly rootStatements: readonly string[];
  readonly delegationStatement: string;
  readonly contentKeys: readonly WrappedKey[];
  readonly authoritiesStatement: string;
}

/** What an operator should know and no other frame says. Data plane → control plane, protocol version 3 and later. */
export interface Notice {
  readonly kind: 'notice';
  /** As in ERRORS.md. */
  readonly code: string;
  readonly detail: string;
  readonly version: ConfigVersion | undefined;
}

/**
 * How the targets of upstreams are, as a whole: takes the place of what was said before. Data plane → control plane, protocol
 * version 3 and later.
 */
export interface Health {
  readonly kind: 'health';
  /** Those that do not take requests, and those with a name; all others take requests, or were not asked yet. */
  readonly targets: readonly TargetHealth[];
  /** Further ones with addresses that take no requests. */
  readonly leftOut: number;
}

export interface TargetHealth {
  readonly id: EntityId;
  /** None where its name has no address. */
  readonly addresses: readonly AddressHealth[];
}

export interface AddressHealth {
  readonly ip: string;
  readonly port: number;
  readonly state: 'closed' | 'open' | 'half-open';
  /** Why it is not closed; '' where it is. */
  readonly cause: string;
  /** Milliseconds since the epoch. */
  readonly sinceMs: number;
}

/**
 * Counts of limits that the data planes of a gateway share. From a data plane what it counted itself, to a data plane what all others
 * counted. Both ways, protocol version 4 and later.
 */
export interface Counts {
  readonly kind: 'counts';
  readonly windows: readonly CountedWindow[];
}

export interface CountedWindow {
  /** Milliseconds since the epoch. */
  readonly startMs: number;
  readonly windowMs: number;
  readonly isSliding: boolean;
  /** Keyed hashes, 22 characters of base64url each. */
  readonly keys: readonly string[];
  /** By place of the key; they never go down. */
  readonly counts: readonly number[];
}

/** What operators emptied of the caches of plugins: the last orders of the gateway. To data planes, protocol version 4 and later. */
export interface CachePurges {
  readonly kind: 'cache-purges';
  /** Orders up to this moment may have been forgotten; 0: none was. */
  readonly forgottenMs: number;
  /** By time. */
  readonly purges: readonly CachePurge[];
}

export interface CachePurge {
  /** Milliseconds since the epoch; no two of a gateway are the same. */
  readonly atMs: number;
  /** Undefined: of all plugins. */
  readonly pluginId: EntityId | undefined;
  /** Undefined: everything. */
  readonly cacheKey: string | undefined;
}

export type SyncMessage =
  | Hello | Welcome | Snapshot | Delta | Chunk | Applied | Rejected | FellBack | Head | Ping | Telemetry | TelemetryAck
  | Credit | Renew | Renewed | Bye | Question | Answer | TrustUpdate | Notice | Health | Counts | CachePurges;

/** An entity as it travels: its bytes were encoded once, when it was written. */
export interface Leaf {
  readonly kind: string;
  readonly id: EntityId;
  readonly entity: Uint8Array;
}

/** One entity's last state between two versions. */
export type LeafChange = ({ readonly op: 'put' } & Leaf) | { readonly op: 'delete'; readonly kind: string; readonly id: EntityId };
