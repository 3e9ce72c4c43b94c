/** What the proxy tells telemetry at the end of every request, exactly once however it ended (R4). Called on the hot path. */
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
  ): void;
}
