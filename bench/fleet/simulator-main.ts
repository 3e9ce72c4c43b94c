/**
 * A process of simulated data planes: takes orders over IPC (simulator-messages.ts), ends with its parent. Started by simulators.ts.
 */
import { systemClock } from '../../shared/clock.ts';
import { describeThrown } from '../../shared/errors.ts';
import { createLogger } from '../../shared/log.ts';
import { Random } from '../../test/fuzz/random.ts';
import { SharedVerification } from './shared-verification.ts';
import { SimulatedDataPlane, type SimulatorCounters } from './simulated-data-plane.ts';
import type { NumberedAnswer, NumberedOrder, SimulatorAnswers, SimulatorOrder, SimulatorStatus, SimulatorTimes } from './simulator-messages.ts';

const MOST_ENDINGS_TOLD = 8;
const log = createLogger({ part: 'simulator', level: 'error', pretty: false });
const counters: SimulatorCounters = { connections: 0, refused: 0, transferBytes: 0, receivedBytes: 0, applications: 0, endings: new Map() };
const dataPlanes: SimulatedDataPlane[] = [];
let verification: SharedVerification | undefined;
let started = 0;

function enlist({ identities, caCertificates, rootFingerprint, softwareVersion, seed }: Extract<SimulatorOrder, { kind: 'enlist' }>): void {
  const random = new Random(seed);
  for (const given of identities) {
    verification ??= new SharedVerification({ audience: given.identity, rootFingerprint, softwareVersion });
    dataPlanes.push(new SimulatedDataPlane({ ...given, caCertificates, verification, softwareVersion, clock: systemClock, random: () => random.next(), log, counters }));
  }
}

/** Answers at once; who is interested asks for the status. */
function connect({ count, perSecond }: Extract<SimulatorOrder, { kind: 'connect' }>): void {
  const wanted = Math.min(dataPlanes.length, started + count);
  const begun = performance.now();
  const before = started;
  const step = (): void => {
    const pioneer = dataPlanes[0]?.active;
    // Until the first one has a configuration, it is alone.
    const due = pioneer === undefined ? Math.min(1, wanted) : Math.min(wanted, before + Math.ceil(((performance.now() - begun) / 1_000) * perSecond));
    for (; started < due; started += 1) dataPlanes[started]?.start(pioneer);
    if (started < wanted) setTimeout(step, 10);
  };
  step();
}

function status({ atLeast }: Extract<SimulatorOrder, { kind: 'status' }>): SimulatorStatus {
  let live = 0;
  let applied = 0;
  for (const dataPlane of dataPlanes) {
    if (!dataPlane.live) continue;
    live += 1;
    if (dataPlane.hasApplied(atLeast)) applied += 1;
  }
  const endings = [...counters.endings].map(([reason, count]) => ({ reason, count })).sort((a, b) => b.count - a.count).slice(0, MOST_ENDINGS_TOLD);
  const { user, system } = process.cpuUsage();
  return { ...counters, enlisted: dataPlanes.length, live, applied, endings, verified: verification?.verified ?? 0, cpuMs: (user + system) / 1_000, residentMiB: process.memoryUsage.rss() / 1024 / 1024 };
}

function times(): SimulatorTimes {
  return { liveAtMs: Float64Array.from(dataPlanes, ({ liveAtMs }) => liveAtMs), appliedAtMs: Float64Array.from(dataPlanes, ({ appliedAtMs }) => appliedAtMs) };
}

function begin({ keepHistory }: Extract<SimulatorOrder, { kind: 'begin' }>): void {
  Object.assign(counters, { transferBytes: 0, receivedBytes: 0, applications: 0 });
  for (const dataPlane of dataPlanes) dataPlane.keepHistory(keepHistory);
}

/** A change is there as soon as its version or a later one is. */
function lags({ changes }: Extract<SimulatorOrder, { kind: 'lags' }>): Float64Array {
  return Float64Array.from(
    dataPlanes.filter(({ live }) => live).flatMap(({ history }) => {
      let position = 0;
      return changes.map(({ version, atMs }) => {
        while (position < history.length && (history[position]?.sequence ?? 0) < version.sequence) position += 1;
        return (history[position]?.atMs ?? Number.NaN) - atMs;
      });
    }),
  );
}

function carryOut(order: SimulatorOrder): SimulatorAnswers[SimulatorOrder['kind']] {
  switch (order.kind) {
    case 'enlist':
      enlist(order);
      return undefined;
    case 'connect':
      connect(order);
      return undefined;
    case 'status':
      return status(order);
    case 'times':
      return times();
    case 'begin':
      begin(order);
      return undefined;
    case 'lags':
      return lags(order);
  }
}

process.on('message', ({ number, order }: NumberedOrder) => {
  const done: NumberedAnswer = ((): NumberedAnswer => {
    try {
      return { number, answer: carryOut(order), failure: undefined };
    } catch (thrown) {
      return { number, answer: undefined, failure: describeThrown(thrown) };
    }
  })();
  process.send?.(done);
});
// Nothing of it outlives the bench.
process.on('disconnect', () => process.exit(0));
