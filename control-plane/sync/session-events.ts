/**
 * The words in which session-state.ts speaks: what a session of a data plane is, what can happen to it, and what it then
 * wants done. Carried out by session.ts.
 */
import type { ConfigVersion } from '../../shared/model/version.ts';
import type { Answer, Applied, Counts, FellBack, Health, Hello, Notice, PartialTransfer, Rejected, Renew, SyncMessage, Telemetry } from '../../shared/wire/sync-message.ts';
import type { PublishedVersion } from '../publish/publisher.ts';

/** What is being sent, without its bytes. */
export interface TransferInHand {
  /** The same for everybody who is sent the same bytes. */
  readonly transferId: number;
  readonly kind: 'snapshot' | 'delta';
  readonly published: PublishedVersion;
  readonly length: number;
  /** Above 0 where the data plane has what comes before. */
  readonly startOffset: number;
}

/** What every state knows of the connection. */
export interface Link {
  /** Monotonic milliseconds of the connection, and of the last frame. */
  readonly openedAtMs: number;
  readonly heardAtMs: number;
  readonly pings: number;
  /** Frames, and notices, reports of health, counts and requests to renew among them, that are taken before the next tick. */
  readonly frameAllowance: number;
  readonly noticeAllowance: number;
  readonly healthAllowance: number;
  readonly countsAllowance: number;
  readonly renewAllowance: number;
  /** Chunks that the data plane still takes. */
  readonly chunkCredit: number;
  /** Telemetry batches that it may still send. */
  readonly telemetryAllowance: number;
  /** Likewise of access records. */
  readonly recordsAllowance: number;
}

/** What is known of the data plane after its Hello. */
export interface Peer {
  /** It never accepted anything. */
  readonly newcomer: boolean;
  /** What it serves; the root is unknown after it fell back. */
  readonly active: { readonly version: ConfigVersion; readonly contentRoot: string | undefined } | undefined;
  /** Versions it fell back from or refused for good: not offered again. */
  readonly unwanted: readonly ConfigVersion[];
  /** What it could not keep for want of disk: offered again after so many ticks. */
  readonly postponed: { readonly version: ConfigVersion; readonly ticks: number } | undefined;
  /** Whether the next offer must be a snapshot, because a delta did not fit. */
  readonly needsSnapshot: boolean;
  /** Of a transfer that was cut off with the session before; until the first offer. */
  readonly partial: PartialTransfer | undefined;
  readonly newest: PublishedVersion | undefined;
}

export type SessionState =
  /** The certificate is good; nothing was said yet. */
  | { readonly kind: 'awaiting-hello'; readonly link: Link }
  /** The certificate has expired: Renew is all that is taken. */
  | { readonly kind: 'renewing-only'; readonly link: Link }
  /** Hello came, Welcome is being prepared. */
  | { readonly kind: 'greeting'; readonly link: Link; readonly hello: Hello; readonly newest: PublishedVersion | undefined }
  | { readonly kind: 'settled'; readonly link: Link; readonly peer: Peer }
  /** The bytes of a transfer are being fetched. */
  | { readonly kind: 'preparing'; readonly link: Link; readonly peer: Peer }
  /** Announced; chunks go out one after the other. */
  | { readonly kind: 'sending'; readonly link: Link; readonly peer: Peer; readonly transfer: TransferInHand; readonly offset: number; readonly chunkOnItsWay: boolean; readonly ticks: number }
  /** All bytes are out, the answer is not in. */
  | { readonly kind: 'confirming'; readonly link: Link; readonly peer: Peer; readonly transfer: TransferInHand; readonly ticks: number }
  | { readonly kind: 'closed'; readonly link: Link };

export type SessionEvent =
  | { readonly kind: 'frame'; readonly message: SyncMessage; readonly nowMs: number }
  /** Welcome is ready to be sent; `newest` is what is published. */
  | { readonly kind: 'welcome-ready'; readonly welcome: SyncMessage; readonly newest: PublishedVersion | undefined }
  | { readonly kind: 'released'; readonly published: PublishedVersion }
  | { readonly kind: 'transfer-ready'; readonly transfer: TransferInHand | undefined }
  /** What was being prepared could not be had; the reason is logged. */
  | { readonly kind: 'transfer-failed' }
  | { readonly kind: 'chunk-sent'; readonly transferId: number }
  | { readonly kind: 'telemetry-stored'; readonly bootId: string; readonly sequence: number; readonly records: boolean }
  | { readonly kind: 'tick'; readonly nowMs: number }
  /** To be ended by us: shutdown, revocation, a broken rule, another session of the same data plane. */
  | { readonly kind: 'end'; readonly code: string; readonly reason: string; readonly retryAfterMs: number }
  | { readonly kind: 'disconnected' };

export type SessionEffect =
  | { readonly kind: 'send'; readonly message: SyncMessage }
  | { readonly kind: 'greet'; readonly hello: Hello }
  /** Fetch the bytes from `base` (undefined: a snapshot) to the newest release, or what is missing of a partial transfer. */
  | { readonly kind: 'prepare'; readonly base: ConfigVersion | undefined; readonly partial: PartialTransfer | undefined; readonly newcomer: boolean }
  | { readonly kind: 'announce'; readonly startOffset: number }
  | { readonly kind: 'send-chunk'; readonly transferId: number; readonly offset: number; readonly length: number }
  | { readonly kind: 'store-telemetry'; readonly telemetry: Telemetry }
  | { readonly kind: 'renew'; readonly renew: Renew }
  | { readonly kind: 'take-answer'; readonly answer: Answer }
  | { readonly kind: 'report-desired'; readonly version: ConfigVersion }
  /** Said at Hello: it serves this. */
  | { readonly kind: 'report-active'; readonly active: PublishedVersion }
  | { readonly kind: 'report-applied'; readonly applied: Applied }
  | { readonly kind: 'report-rejected'; readonly rejected: Rejected }
  | { readonly kind: 'report-fell-back'; readonly fellBack: FellBack }
  | { readonly kind: 'report-notice'; readonly notice: Notice }
  | { readonly kind: 'report-health'; readonly health: Health }
  | { readonly kind: 'take-counts'; readonly counts: Counts }
  /** For the operator: what serves there does not fit what is published (S4), or nothing gets through. */
  | { readonly kind: 'alarm'; readonly code: AlarmCode; readonly detail: string }
  /** The conditions of these alarms are over. */
  | { readonly kind: 'settle'; readonly codes: readonly AlarmCode[] }
  | { readonly kind: 'close'; readonly code: string; readonly reason: string; readonly retryAfterMs: number };

/** Raised and settled by sessions; see ERRORS.md. */
export type AlarmCode = 'SYNC_DATA_PLANE_AHEAD' | 'SYNC_DATA_PLANE_DIVERGED' | 'SYNC_UNANSWERED';

export interface Step {
  readonly state: SessionState;
  readonly effects: readonly SessionEffect[];
}
