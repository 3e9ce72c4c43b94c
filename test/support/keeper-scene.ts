/**
 * The life of a process around the config keeper, for its tests: a disk in memory, threads that take or refuse, a clock by hand.
 * Ending one life without `stop` is a crash; the next one starts on the same disk.
 */
import { createMemoryLogger } from '../../shared/log.ts';
import { formatVersion } from '../../shared/model/version.ts';
import { fingerprintOfRootBundle } from '../../shared/trust/root-set.ts';
import { verifyTransfer, type Transfer } from '../../shared/trust/verify-transfer.ts';
import type { Leaf } from '../../shared/wire/sync-message.ts';
import type { Quarantined } from '../../data-plane/config/compile-contract.ts';
import type { ConfigContent } from '../../data-plane/config/config-content.ts';
import { ConfigKeeper, type ApplyResult, type FallBack, type KeeperNotice } from '../../data-plane/config/config-keeper.ts';
import { SnapshotCache } from '../../data-plane/config/snapshot-cache.ts';
import { createRecordVerifier } from '../../data-plane/config/verify-record.ts';
import { CrashRecord } from '../../data-plane/state/crash-record.ts';
import { HighestAccepted } from '../../data-plane/state/highest-accepted.ts';
import type { PrepareOutcome } from '../../data-plane/threads/proxy-pool.ts';
import type { CrashDisk } from './crash-disk.ts';
import { ManualClock } from './manual-clock.ts';
import { signSnapshot, someLeaves, type Alterations, type TestTrust } from './signed-content.ts';
import { newStateSeal } from './state-seals.ts';

/** As they are where nothing is set. */
export const CRASH_WINDOW_MS = 120_000;
export const KNOWN_GOOD_AFTER_MS = 120_000;
export const leaves = someLeaves(20);
export const seal = newStateSeal();

/** The threads, as far as the keeper sees them: what they serve, and whether they take the next one. */
export class FakeThreads {
  serving: string | undefined;
  readonly order: string[] = [];
  refuse: (content: ConfigContent) => boolean = () => false;
  /** Called while a configuration is being prepared. */
  during: (content: ConfigContent) => void = () => undefined;
  quarantined: readonly Quarantined[] = [];
  #prepared: ConfigContent | undefined;

  prepare(content: ConfigContent): Promise<PrepareOutcome> {
    this.order.push(`prepare ${formatVersion(content.version)}`);
    this.during(content);
    if (this.refuse(content)) return Promise.resolve({ kind: 'refused', code: 'CONFIG_ENTITY_UNREADABLE', reasons: ['a plugin can not be read'] });
    this.#prepared = content;
    return Promise.resolve({ kind: 'prepared', quarantined: this.quarantined });
  }

  commit(): Promise<void> {
    this.serving = this.#prepared === undefined ? undefined : formatVersion(this.#prepared.version);
    this.order.push(`commit ${this.serving}`);
    return Promise.resolve();
  }

  discard(): void {
    this.order.push('discard');
  }
}

export interface Run {
  readonly keeper: ConfigKeeper;
  readonly threads: FakeThreads;
  readonly highest: HighestAccepted;
  readonly cache: SnapshotCache;
  readonly crashes: CrashRecord;
  readonly clock: ManualClock;
  readonly falls: readonly FallBack[];
  readonly notices: readonly KeeperNotice[];
  readonly lines: () => readonly string[];
}

/** One life of the process on a disk. Ending it without `stop` is a crash. */
export async function start(trust: TestTrust, disk: CrashDisk, threads = new FakeThreads()): Promise<Run> {
  const clock = new ManualClock();
  const { log, lines } = createMemoryLogger('test');
  const highest = await HighestAccepted.open(disk, '/state/highest-accepted.json', seal);
  const crashes = await CrashRecord.open(disk, '/state', seal);
  const verify = createRecordVerifier({ audience: trust.audience, rootFingerprint: fingerprintOfRootBundle(trust.rootStatement), highest: () => highest.current, delegationSerial: () => undefined, softwareVersion: '1.0.0', maximumInflatedBytes: 1e7 });
  const cache = await SnapshotCache.open({ disk, folder: '/state/cache', slots: 3, verify, seal });
  const falls: FallBack[] = [];
  const notices: KeeperNotice[] = [];
  const keeper = new ConfigKeeper({ cache, highest, crashes, threads, clock, log, knownGoodAfterMs: KNOWN_GOOD_AFTER_MS, crashWindowMs: CRASH_WINDOW_MS, onFellBack: (fall) => falls.push(fall), onNotice: (notice) => notices.push(notice) });
  await keeper.startFromCache();
  return { keeper, threads, highest, cache, crashes, clock, falls, notices, lines };
}

/** Pushes a transfer as the sync client does. */
export function push(trust: TestTrust, { keeper }: Run, transfer: Transfer): Promise<ApplyResult> {
  return keeper.apply({
    transfer,
    proof: { manifestStatement: transfer.manifestStatement, epochStatement: transfer.epochStatement, rootStatements: [trust.rootStatement], delegationStatement: trust.delegationStatement },
    beganAtMs: 0,
    verify: (given, base, highest) => verifyTransfer(given, { rootSet: trust.rootSet, publishKeys: trust.publishKeys, highest, base, acceptOlder: false, softwareVersion: '1.0.0', maximumInflatedBytes: 1e7 }),
  });
}

export function snapshot(trust: TestTrust, sequence: number, content: readonly Leaf[] = leaves.slice(0, sequence), alterations: Alterations = {}): Promise<Transfer> {
  return signSnapshot(trust, { epoch: 1, sequence }, content, alterations);
}

export async function pushed(trust: TestTrust, run: Run, sequence: number): Promise<string> {
  const result = await push(trust, run, await snapshot(trust, sequence));
  return result.kind === 'rejected' ? result.code : result.kind;
}
