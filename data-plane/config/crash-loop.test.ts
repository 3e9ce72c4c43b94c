/** S5: what kills the process or its threads is left for what served before, told, and barred until something newer comes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatVersion, NO_VERSION } from '../../shared/model/version.ts';
import { CrashDisk } from '../../test/support/crash-disk.ts';
import { CRASH_WINDOW_MS, KNOWN_GOOD_AFTER_MS, pushed, start } from '../../test/support/keeper-scene.ts';
import { createTestTrust } from '../../test/support/signed-content.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import { dataPlaneSettings } from '../settings.ts';

/** Serves for a moment and dies, because nobody stops it. */
const crashWith = start;

test('S5: a configuration with which three runs died is barred, an older one serves and stays, until a newer one comes', async () => {
  const trust = await createTestTrust();
  const disk = new CrashDisk();
  const first = await start(trust, disk);
  await pushed(trust, first, 1);
  first.clock.advance(CRASH_WINDOW_MS);
  await pushed(trust, first, 2);
  for (const expected of ['1.2', '1.2']) assert.equal((await crashWith(trust, disk)).threads.serving, expected);
  const fourth = await start(trust, disk);
  assert.equal(fourth.threads.serving, '1.1');
  assert.deepEqual(fourth.falls.map(({ from, to }) => [formatVersion(from.version), formatVersion(to)]), [['1.2', '1.1']]);
  assert.equal(await pushed(trust, fourth, 2), 'CONFIG_BARRED');
  await fourth.keeper.stop();
  const fifth = await start(trust, disk);
  assert.equal(fifth.threads.serving, '1.1', 'the bar outlives the process');
  assert.equal(fifth.highest.current?.version.sequence, 2);
  assert.equal(await pushed(trust, fifth, 3), 'applied');
  assert.equal(fifth.keeper.fellBack, undefined);
  await fifth.keeper.stop();
  assert.equal((await start(trust, disk)).threads.serving, '1.3');
});

test('S5: the known good configuration is what a crash loop goes back to, past others that were never proved', async () => {
  const trust = await createTestTrust();
  const disk = new CrashDisk();
  const first = await start(trust, disk);
  await pushed(trust, first, 1);
  first.clock.advance(KNOWN_GOOD_AFTER_MS);
  await waitUntil('it to be known good', () => first.cache.knownGood !== undefined);
  for (const sequence of [2, 3, 4]) await pushed(trust, first, sequence);
  for (let runs = 0; runs < 2; runs++) await crashWith(trust, disk);
  const last = await start(trust, disk);
  assert.equal(last.threads.serving, '1.1');
  await last.keeper.stop();
  assert.equal((await start(trust, disk)).threads.serving, '1.1', 'those in between stay barred too');
});

test('S5: a configuration that is known good is not blamed for a crash loop', async () => {
  const trust = await createTestTrust();
  const disk = new CrashDisk();
  const first = await start(trust, disk);
  await pushed(trust, first, 1);
  await pushed(trust, first, 2);
  first.clock.advance(KNOWN_GOOD_AFTER_MS);
  await waitUntil('it to be known good', () => first.cache.knownGood !== undefined);
  await first.keeper.stop();
  for (let runs = 0; runs < 5; runs++) assert.equal((await crashWith(trust, disk)).threads.serving, '1.2');
  const last = await start(trust, disk);
  assert.deepEqual(last.falls, []);
  assert.ok(last.lines().some((line) => line.includes('look for another cause')));
});

test('S5: runs that lived long enough, or ended cleanly, count against nothing', async () => {
  const trust = await createTestTrust();
  const disk = new CrashDisk();
  const first = await start(trust, disk);
  await pushed(trust, first, 1);
  await pushed(trust, first, 2);
  for (let runs = 0; runs < 4; runs++) {
    const run = await start(trust, disk);
    run.clock.advance(CRASH_WINDOW_MS);
    await waitUntil('the run to be settled', async () => (await disk.read('/state/run.json'))?.includes('"running": null'));
  }
  for (let runs = 0; runs < 4; runs++) await (await start(trust, disk)).keeper.stop();
  assert.equal((await start(trust, disk)).threads.serving, '1.2');
});

test('S5: a process that is told to end and is killed while it drains counts against nothing, whatever is pushed meanwhile', async () => {
  const trust = await createTestTrust();
  const disk = new CrashDisk();
  const first = await start(trust, disk);
  await pushed(trust, first, 1);
  await pushed(trust, first, 2);
  await first.keeper.ending();
  for (let runs = 0; runs < 4; runs++) {
    const run = await start(trust, disk);
    await run.keeper.ending();
    await pushed(trust, run, 3 + runs);
    assert.match(String(await disk.read('/state/run.json')), /"running": null/);
  }
  const last = await start(trust, disk);
  assert.deepEqual([last.threads.serving, last.falls], ['1.6', []]);
});

test('S5: a pushed configuration that kills the process while it is prepared is refused at the fourth try', async () => {
  const trust = await createTestTrust();
  const disk = new CrashDisk();
  const first = await start(trust, disk);
  await pushed(trust, first, 1);
  first.clock.advance(CRASH_WINDOW_MS);
  await first.keeper.stop();
  for (let runs = 0; runs < 3; runs++) {
    const run = await start(trust, disk);
    const dead = new Promise<void>((resolve) => {
      // Dies here: never returns.
      run.threads.prepare = () => {
        resolve();
        return new Promise(() => undefined);
      };
    });
    void pushed(trust, run, 2);
    await dead;
  }
  const last = await start(trust, disk);
  assert.equal(last.threads.serving, '1.1');
  assert.equal(await pushed(trust, last, 2), 'CONFIG_BARRED');
  assert.equal(await pushed(trust, last, 3), 'applied');
});

test('S5: a configuration that keeps killing threads is left while the process lives', async () => {
  const trust = await createTestTrust();
  const run = await start(trust, new CrashDisk());
  await pushed(trust, run, 1);
  await pushed(trust, run, 2);
  for (let crashes = 0; crashes < 3; crashes++) run.keeper.threadCrashed();
  await waitUntil('the fall-back', () => run.threads.serving === '1.1');
  assert.equal(run.falls.length, 1);
});

test('with nothing older to go back to, what crashed before serves on: better than nothing', async () => {
  const trust = await createTestTrust();
  const disk = new CrashDisk();
  const first = await start(trust, disk);
  await pushed(trust, first, 1);
  for (let runs = 0; runs < 4; runs++) assert.equal((await crashWith(trust, disk)).threads.serving, '1.1');
});

test('S5: crashes of what was known good send nobody back past what came after it', async () => {
  const trust = await createTestTrust();
  const disk = new CrashDisk();
  const first = await start(trust, disk);
  await pushed(trust, first, 1);
  await pushed(trust, first, 2);
  first.clock.advance(KNOWN_GOOD_AFTER_MS);
  await first.keeper.stop();
  for (let runs = 0; runs < 3; runs++) await crashWith(trust, disk);
  const healed = await start(trust, disk);
  assert.equal(await pushed(trust, healed, 3), 'applied');
  healed.clock.advance(KNOWN_GOOD_AFTER_MS);
  await healed.keeper.stop();
  assert.equal(formatVersion(healed.cache.knownGood?.version ?? NO_VERSION), '1.3');
  assert.equal((await start(trust, disk)).threads.serving, '1.3');
});

test('S5: a crash loop that had nothing to go back to is over once something newer has lived', async () => {
  const trust = await createTestTrust();
  const disk = new CrashDisk();
  const run = await start(trust, disk);
  await pushed(trust, run, 1);
  for (let runs = 0; runs < 3; runs++) await crashWith(trust, disk);
  const healed = await start(trust, disk);
  assert.equal(await pushed(trust, healed, 2), 'applied');
  healed.clock.advance(CRASH_WINDOW_MS);
  await healed.keeper.stop();
  const after = await start(trust, disk);
  assert.equal(after.threads.serving, '1.2');
  assert.deepEqual(after.lines().filter((line) => line.includes('crash-loop')), []);
});

test('S5: a configuration that kills the process a minute after it began to serve is left at the third restart', async () => {
  const trust = await createTestTrust();
  const disk = new CrashDisk();
  const first = await start(trust, disk);
  await pushed(trust, first, 1);
  first.clock.advance(KNOWN_GOOD_AFTER_MS);
  await waitUntil('version 1.1 to be known good', () => first.cache.knownGood);
  assert.equal(await pushed(trust, first, 2), 'applied');
  first.clock.advance(60_000);
  for (let restarts = 1; restarts <= 2; restarts += 1) {
    const run = await start(trust, disk);
    assert.equal(run.threads.serving, '1.2', `restart ${restarts}`);
    run.clock.advance(60_000);
  }
  const last = await start(trust, disk);
  assert.deepEqual([last.threads.serving, last.falls.length], ['1.1', 1]);
});

test('S5: what kills late counts, as the settings are where nobody sets them', () => {
  const { crashLoopWindow, knownGoodAfter } = dataPlaneSettings;
  assert.deepEqual([crashLoopWindow.default, knownGoodAfter.default], ['2m', '2m']);
});

test('a process that ends while it prepares a configuration answers nothing for it, and bars nothing', async () => {
  const trust = await createTestTrust();
  const disk = new CrashDisk();
  const run = await start(trust, disk);
  await pushed(trust, run, 1);
  // The threads are ended under it.
  run.threads.during = () => void run.keeper.ending();
  run.threads.refuse = () => true;
  assert.equal(await pushed(trust, run, 2), 'given-up');
  assert.equal(run.threads.serving, '1.1');
  assert.equal(await pushed(trust, await start(trust, disk), 2), 'applied');
});
