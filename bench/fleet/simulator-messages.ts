/**
 * What the bench and its simulator processes say to each other over IPC (advanced serialisation, so that typed arrays pass).
 * Every order is answered once, by its number. Times are CLOCK_MONOTONIC milliseconds, the same in all processes of a machine.
 */
import type { DataPlaneIdentity } from '../../shared/trust/identity.ts';
import type { ConfigVersion } from '../../shared/model/version.ts';

/** All that a data plane has after it was enrolled. */
export interface SimulatedIdentity {
  readonly identity: DataPlaneIdentity;
  /** Shared by a group of data planes, to save time; the certificate is its own. */
  readonly privateKeyPem: string;
  /** Leaf first. */
  readonly certificatePem: string;
  /** `https://host:port`, in order of preference. */
  readonly urls: readonly string[];
}

export type SimulatorOrder =
  /** Makes data planes, not connected yet. */
  | { readonly kind: 'enlist'; readonly identities: readonly SimulatedIdentity[]; readonly caCertificates: string; readonly rootFingerprint: string; readonly softwareVersion: string; readonly seed: number }
  /**
   * Connects so many more. The first of a process takes the configuration as any joiner does; the later ones start with what it has, as data
   * planes start with their cache. `perSecond` spaces the starts evenly.
   */
  | { readonly kind: 'connect'; readonly count: number; readonly perSecond: number }
  | { readonly kind: 'status'; readonly atLeast: ConfigVersion }
  | { readonly kind: 'times' }
  /** Forgets the transfers counted so far, and keeps a line of every version applied where asked to. */
  | { readonly kind: 'begin'; readonly keepHistory: boolean }
  /** How long after each change each data plane had it, given the changes' times in order. */
  | { readonly kind: 'lags'; readonly changes: readonly { readonly version: ConfigVersion; readonly atMs: number }[] };

export interface SimulatorStatus {
  readonly enlisted: number;
  /** Welcome came and held. */
  readonly live: number;
  /** Applied the version asked for, or a later one. */
  readonly applied: number;
  /** Connections opened, ever. */
  readonly connections: number;
  /** Transfers that did not verify, answered by Rejected. */
  readonly refused: number;
  /** Why connections ended or were not made, the most frequent ones, with their number. */
  readonly endings: readonly { readonly reason: string; readonly count: number }[];
  /** Distinct transfers verified in this process. */
  readonly verified: number;
  /** Frames of transfers (announcements and chunks), with WebSocket headers; since `begin`. */
  readonly transferBytes: number;
  /** All WebSocket bytes that came, since `begin`. */
  readonly receivedBytes: number;
  /** Versions applied by all data planes, since `begin`. */
  readonly applications: number;
  readonly cpuMs: number;
  readonly residentMiB: number;
}

/** One number per enlisted data plane; NaN where it is not live, or has nothing applied. */
export interface SimulatorTimes {
  readonly liveAtMs: Float64Array;
  readonly appliedAtMs: Float64Array;
}

export interface SimulatorAnswers {
  readonly enlist: undefined;
  readonly connect: undefined;
  readonly status: SimulatorStatus;
  readonly times: SimulatorTimes;
  readonly begin: undefined;
  /** One per data plane and change. */
  readonly lags: Float64Array;
}

export interface NumberedOrder {
  readonly number: number;
  readonly order: SimulatorOrder;
}

export interface NumberedAnswer {
  readonly number: number;
  readonly answer: SimulatorAnswers[SimulatorOrder['kind']];
  /** Set where the order failed. */
  readonly failure: string | undefined;
}

/** CLOCK_MONOTONIC, which all processes of a machine share; performance.now() has an origin of its own in each. */
export function sharedNowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
