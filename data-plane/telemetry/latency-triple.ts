/** The three latencies of a row while it is counted: a sketch and a sum of each. Made by the agent from what the latency log gives (latency-log.ts). */
import { LatencySketch } from '../../shared/telemetry/latency-sketch.ts';
import type { Latencies } from '../../shared/wire/telemetry-codec.ts';
import { NO_VALUE } from './latency-log.ts';

const NO_BYTES = new Uint8Array(0);

export class LatencyTriple {
  readonly request = new LatencySketch();
  readonly upstream = new LatencySketch();
  readonly gateway = new LatencySketch();
  /** Microseconds, of the same values as are in the sketches. */
  requestMicros = 0;
  upstreamMicros = 0;
  gatewayMicros = 0;

  /** `upstream` NO_VALUE: no upstream was asked. */
  add(request: number, upstream: number, gateway: number): void {
    this.request.add(request);
    this.requestMicros += request;
    this.gateway.add(gateway);
    this.gatewayMicros += gateway;
    if (upstream === NO_VALUE) return;
    this.upstream.add(upstream);
    this.upstreamMicros += upstream;
  }

  merge(other: LatencyTriple): void {
    this.request.merge(other.request);
    this.upstream.merge(other.upstream);
    this.gateway.merge(other.gateway);
    this.requestMicros += other.requestMicros;
    this.upstreamMicros += other.upstreamMicros;
    this.gatewayMicros += other.gatewayMicros;
  }

  encode(): Latencies {
    return { request: encodeSketch(this.request), upstream: encodeSketch(this.upstream), gateway: encodeSketch(this.gateway) };
  }
}

/** Empty where nothing was measured. */
export function encodeSketch(sketch: LatencySketch): Uint8Array {
  return sketch.count === 0 ? NO_BYTES : sketch.encode();
}
