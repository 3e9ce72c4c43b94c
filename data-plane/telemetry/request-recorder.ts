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

/** Called on the hot path. */
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
    durationMicros: number,
    /** Of the configuration that it was pinned to; undefined where it was answered before one was chosen. The same object for the life of a configuration. */
    version: ConfigVersion | undefined,
    failure: RequestFailure,
  ): void;
}
