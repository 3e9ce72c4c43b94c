/**
 * Starts a forwarder for each sink and stream that the settings name, and tells operators of the installation what goes wrong with them
 * by alarms of its first gateway. Called by start-control-plane.ts.
 */
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/log.ts';
import { newId } from '../../shared/model/ids.ts';
import type { Alarms } from '../alarms/alarm-desk.ts';
import type { GatewayScope } from '../store/scope.ts';
import type { SinkPlace, SinkStore } from '../store/sink-store.ts';
import { createClickhouseSink } from './clickhouse-sink.ts';
import { Forwarder, type ForwarderView, type SinkTroubles } from './forwarder.ts';
import { createOtlpSink } from './otlp-sink.ts';
import type { SinkSettings } from './sink-settings.ts';

export interface SinksOptions {
  readonly settings: SinkSettings;
  readonly store: SinkStore;
  readonly alarms: Alarms;
  /** Of whom runs the installation; undefined where that has no gateway. */
  readonly scope: GatewayScope | undefined;
  readonly softwareVersion: string;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
  readonly leaseMs?: number;
}

export interface Sinks {
  view(): readonly ForwarderView[];
  /** Waits for the batches that are under way. */
  stop(): Promise<void>;
}

export function startSinks(options: SinksOptions): Sinks {
  const { settings: { clickhouse, otlp }, store, clock, random, log, softwareVersion, leaseMs } = options;
  const sinks = [
    ...(clickhouse === undefined ? [] : [createClickhouseSink({ ...clickhouse, softwareVersion, clock })]),
    ...(otlp === undefined ? [] : [createOtlpSink({ ...otlp, describe: (ids) => store.describe(ids), softwareVersion, clock })]),
  ];
  const troubles = new AlarmedTroubles(options.alarms, options.scope);
  // A holder of its own each: where one process has several it must not take its own lease for another's.
  const forwarders = sinks.flatMap((sink) => sink.streams.map((stream) => new Forwarder({ sink, stream, store, holder: newId(), troubles, clock, random, log, ...(leaseMs === undefined ? {} : { leaseMs }) })));
  for (const { name, streams } of sinks) log.info({ event: 'sink-started', sink: name, streams }, `telemetry also goes to ${name}`);
  for (const forwarder of forwarders) forwarder.start();
  return {
    view: () => forwarders.map((forwarder) => forwarder.view()),
    stop: async () => {
      await Promise.all(forwarders.map((forwarder) => forwarder.stop()));
      await Promise.all(sinks.map((sink) => sink.close()));
    },
  };
}

class AlarmedTroubles implements SinkTroubles {
  readonly #alarms: Alarms;
  readonly #scope: GatewayScope | undefined;
  readonly #failing = new Set<string>();

  constructor(alarms: Alarms, scope: GatewayScope | undefined) {
    this.#alarms = alarms;
    this.#scope = scope;
  }

  failing(place: SinkPlace, reason: string): void {
    this.#failing.add(nameOf(place));
    if (this.#scope !== undefined) this.#alarms.raise(this.#scope, { code: 'SINK_FAILING', dataPlaneId: undefined, detail: `${nameOf(place)} takes nothing: ${reason}` });
  }

  recovered(place: SinkPlace): void {
    this.#failing.delete(nameOf(place));
    if (this.#scope !== undefined && this.#failing.size === 0) this.#alarms.settle(this.#scope, { code: 'SINK_FAILING', dataPlaneId: undefined });
  }

  lost(place: SinkPlace, rows: number): void {
    if (this.#scope !== undefined) this.#alarms.raise(this.#scope, { code: 'SINK_ROWS_LOST', dataPlaneId: undefined, detail: `${rows} rows were gone, or refused, before ${nameOf(place)} had them` });
  }
}

function nameOf({ sink, stream }: SinkPlace): string {
  return `${sink}/${stream}`;
}
