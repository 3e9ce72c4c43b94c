/** gRPC's deadline on the wire: `grpc-timeout`, at most eight digits and a unit (gRPC over HTTP/2, "Requests"). Pure. */

const MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 0.001, n: 0.000_001 };

/** Milliseconds; undefined for what is no timeout, which then is the upstream's to judge. */
export function grpcTimeoutMs(value: string): number | undefined {
  const [, digits, unit] = /^(\d{1,8})([HMSmun])$/.exec(value) ?? [];
  const ms = unit === undefined ? undefined : MS[unit];
  return ms === undefined ? undefined : Number(digits) * ms;
}
