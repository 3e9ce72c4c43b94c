/**
 * A data plane's cache cut short or with a flipped bit: at some places with a real process that has to start from it, at a
 * hundred with the real cache code on a copy of that process's state folder.
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SnapshotCache } from '../../data-plane/config/snapshot-cache.ts';
import { createRecordVerifier } from '../../data-plane/config/verify-record.ts';
import { systemDisk } from '../../data-plane/state/disk.ts';
import { HighestAccepted } from '../../data-plane/state/highest-accepted.ts';
import { StateSeal } from '../../data-plane/state/state-seal.ts';
import { IdentityStore } from '../../data-plane/sync/identity-store.ts';
import { TrustAnchor } from '../../data-plane/sync/trust-anchor.ts';
import { defined } from '../../shared/assert.ts';
import { formatVersion } from '../../shared/model/version.ts';
import { THIS_VERSION } from '../../shared/this-version.ts';
import type { Random } from '../fuzz/random.ts';
import { FIRST, READY_BOUND_MS } from './fault-scene.ts';
import type { Fault } from './fault.ts';
import { compare } from './version-watch.ts';

const PLACES = 100;
/** As a data plane's own, by default. */
const MAXIMUM_BYTES = 536_870_912;

export const cacheDamaged: Fault = {
  name: 'cache-damaged',
  mustHold: 'a cache file cut short or with a flipped bit, and no control plane: another verified configuration serves, and it says which file was refused',
  // Its many kills say nothing against what it serves.
  scene: { link: 'proxy', dataPlaneSettings: { HOLDFAST_CRASH_LOOP_WINDOW: '1s' } },
  smoke: false,
  boundMs: 150_000,
  async run(scene, { random, short }) {
    const rounds = short ? 1 : 8;
    let older = 0;
    for (let round = 0; round < rounds; round++) {
      for (let change = 0; change < 4; change++) await scene.reached(await scene.change(), [FIRST]);
      // What serves is on disk; the highest accepted version may be noted a moment before its content is.
      const before = defined((await scene.dataPlane(FIRST).status()).holdfast.config, 'what it serves').version;
      await scene.killDataPlane(FIRST);
      await scene.link(FIRST).cut();
      scene.watch.mayServeOlder = true;
      const file = damageOne(join(scene.dataPlane(FIRST).stateFolder, 'cache'), random);
      const again = await scene.restartDataPlane(FIRST);
      await again.ready(READY_BOUND_MS);
      scene.load(FIRST).resume();
      const { config, cache } = (await again.status()).holdfast;
      const serves = defined(config, 'what it serves').version;
      if (compare(serves, before) > 0) throw new Error(`S3: it serves ${serves}, which it never had`);
      if (serves !== before) {
        older += 1;
        if (!cache.refused.some((refused) => refused.file === file)) throw new Error(`S5: it serves ${serves} instead of ${before} and does not say that ${file} was refused`);
      }
      await scene.link(FIRST).mend();
      await again.statusWhere('the newest version again', ({ holdfast }) => compare(holdfast.config?.version ?? '0.0', before) >= 0, 60_000);
      scene.watch.mayServeOlder = false;
    }
    await scene.reached(await scene.change());
    await scene.killDataPlane(FIRST);
    const copies = short ? 10 : PLACES;
    const counts = await damageCopies(scene.dataPlane(FIRST).stateFolder, random, copies);
    // With several slots one damaged file never takes everything away.
    if (counts.nothing > 0) throw new Error(`S5: ${counts.nothing} of ${copies} times nothing could be loaded`);
    await (await scene.restartDataPlane(FIRST)).ready(READY_BOUND_MS);
    scene.load(FIRST).resume();
    return { processes: rounds, olderThere: older, copies, olderInCopies: counts.older };
  },
};

/** Cuts one of a folder's files short, or flips a bit of it. Returns its name. */
function damageOne(folder: string, random: Random): string {
  const names = readdirSync(folder).filter((name) => name.endsWith('.config')).toSorted();
  const name = names[random.below(names.length)];
  if (name === undefined) throw new Error('there is nothing in the cache to be damaged');
  const path = join(folder, name);
  const bytes = readFileSync(path);
  const place = random.below(bytes.length);
  if (random.chance(0.5)) truncateSync(path, place);
  else {
    bytes[place] = (bytes[place] ?? 0) ^ (1 << random.below(8));
    writeFileSync(path, bytes);
  }
  return name;
}

interface Loaded {
  /** Undefined where nothing verified. */
  readonly version: string | undefined;
  readonly contentRoot: string | undefined;
  readonly refused: readonly string[];
}

/** Each on a fresh copy. Returns how many times an older configuration was loaded, and how many times none. */
async function damageCopies(stateFolder: string, random: Random, places: number): Promise<{ readonly older: number; readonly nothing: number }> {
  const whole = await loadCopy(stateFolder, () => undefined);
  const newest = defined(whole.version, 'a version in the cache');
  const counts = { older: 0, nothing: 0 };
  const rootOf = new Map([[newest, whole.contentRoot]]);
  for (let place = 0; place < places; place++) {
    let damaged = '';
    const { version, contentRoot, refused } = await loadCopy(stateFolder, (folder) => (damaged = damageOne(folder, random)));
    if (version === undefined) counts.nothing += 1;
    else if (version !== newest) counts.older += 1;
    if (version !== newest && !refused.includes(damaged)) throw new Error(`S5: ${damaged} was damaged, ${version ?? 'nothing'} was loaded instead of ${newest}, and the file was not refused`);
    if (version === undefined) continue;
    if (compare(version, newest) > 0 || (rootOf.has(version) && rootOf.get(version) !== contentRoot)) throw new Error(`S3: ${damaged} was damaged, and ${version} was loaded, which nobody published so`);
    rootOf.set(version, contentRoot);
  }
  return counts;
}

/** What the cache code of a data plane makes of a copy of its state folder that was harmed first. */
async function loadCopy(stateFolder: string, harm: (cacheFolder: string) => void): Promise<Loaded> {
  const copy = mkdtempSync(`${stateFolder}-copy-`);
  try {
    for (const name of ['identity', 'cache', 'highest-accepted.json']) cpSync(join(stateFolder, name), join(copy, name), { recursive: true });
    harm(join(copy, 'cache'));
    const identity = await IdentityStore.open(systemDisk, join(copy, 'identity'));
    const { tenantId, gatewayId, rootFingerprint } = defined(identity.enrolment, 'the enrolment');
    const audience = { tenantId, gatewayId };
    const seal = new StateSeal(identity.privateKey, !identity.isStateSealed);
    const highest = await HighestAccepted.open(systemDisk, join(copy, 'highest-accepted.json'), seal);
    const trust = await TrustAnchor.open({ disk: systemDisk, path: join(copy, 'identity', 'trust.json'), audience, rootFingerprint });
    const verify = createRecordVerifier({ audience, rootFingerprint, highest: () => highest.current, delegationSerial: () => trust.current?.publishKeys.serial, softwareVersion: THIS_VERSION, maximumInflatedBytes: MAXIMUM_BYTES });
    const cache = await SnapshotCache.open({ disk: systemDisk, folder: join(copy, 'cache'), slots: 3, verify, seal });
    const { content, passedOver } = await cache.load(() => false);
    return { version: content && formatVersion(content.version), contentRoot: content?.contentRoot, refused: passedOver.map(({ file }) => file) };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
