/** What the proxy tells telemetry at the end of every request, exactly once however it ended (R4). */
import type { ConfigVersion } from '../../shared/model/version.ts';

/**
 * Whether a request counts against the configuration that it ran on: `here` where the gateway answered 5xx itself or broke off
 * for a reason of its own, `upstream` where the upstream answered 5xx or broke off; a client that goes away is no failure.
 */
export type RequestFailure = 'none' | 'upstream' | 'here';

/** For an answer that the gateway made itself. */
export function failureOf(status: number): RequestFailure {
  return status >= 500 ? 'here' : 'none';
}

/** Instead of the microseconds upstream, where no upstream was asked. */
export const NOT_UPSTREAM = -1;

/** Where an attempt went; the same object for all attempts there (data-plane/upstreams/endpoint.ts). */
export interface CountedEndpoint {
  readonly host: string;
  readonly port: number;
  /** Without the port. */
  readonly address: string;
  /** The target of an upstream entity, where it is one's. */
  readonly peer: { readonly host: string; readonly port: number } | undefined;
}

/** Called on the hot path: numbers and strings that are there already, nothing made for the call. */
export interface RequestRecorder {
  record(
    /** '' where no route matched. */
    routeId: string,
    /** '' where the client is not authenticated. */
    consumerId: string,
    /** 0 where the client went away before a status was sent. */
    status: number,
    bytesIn: number,
    bytesOut: number,
    /** From the head of the request to the last byte of the response. */
    durationMicros: number,
    /** From the first wish for a connection to the head of the response or the last failure, with pauses between attempts; NOT_UPSTREAM where no attempt was made. */
    upstreamMicros: number,
    /** What the gateway added until the head of the response was there. */
    gatewayMicros: number,
    /** Of the configuration that it was pinned to; undefined where it was answered before one was chosen. The same object for the life of a configuration. */
    version: ConfigVersion | undefined,
    failure: RequestFailure,
  ): void;
  /** For each attempt at a target, of a request that has ended. */
  recordAttempt(
    endpoint: CountedEndpoint,
    /** Name of the upstream entity, or the service's host. */
    upstream: string,
    /** 0 where no response came. */
    status: number,
    /** No connection, broken off, or timed out. */
    failed: boolean,
    /** From sending to the head of the response; NOT_UPSTREAM where none came. */
    latencyMicros: number,
  ): void;
}

/** Counts nothing: where a proxy runs without telemetry, and what its cost is compared with. */
export const NO_RECORDER: RequestRecorder = { record: () => undefined, recordAttempt: () => undefined };
