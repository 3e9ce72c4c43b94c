/** What both planes need of the machine that they run on: Node, folders, disk space, ports, a clock. Checks of run-doctor.ts. */
import { accessSync, constants, statfsSync, statSync, type Stats } from 'node:fs';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { describeThrown } from '../errors.ts';
import { formatAddress, type SocketAddress } from '../setting-types.ts';
import { fail, ok, warn, type Finding } from './run-doctor.ts';

const OLDEST_NODE = 24;
const FREE_BYTES = { warn: 2 * 1_073_741_824, fail: 200 * 1_048_576 };
const SKEW_MS = { warn: 2_000, fail: 30_000 };
const ASK_MS = 3_000;
const LONGEST_ANSWER = 1_048_576;
const AS_WHO = 'correct owner and mode, or run this as the user who runs Holdfast';

export function checkNode(): readonly Finding[] {
  const { node } = process.versions;
  return Number(node.split('.')[0]) >= OLDEST_NODE ? [ok(`Node ${node}`)] : [fail(`Node ${node}`, `run it with Node ${OLDEST_NODE} or newer; the holdfast command does so by itself`)];
}

/** One that is not there yet must be possible to make. */
export function checkStateFolder(folder: string): readonly Finding[] {
  const { path: existing, stats } = nearestExisting(folder);
  const found = existing === folder ? stats : undefined;
  if (stats?.isDirectory() === false) return [fail(`${existing} is no folder`, 'remove it, or set HOLDFAST_STATE_FOLDER to another one')];
  try {
    accessSync(existing, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    return [fail(`this user may not ${stats === undefined ? 'see' : 'write to'} ${existing}`, `${AS_WHO}, or set HOLDFAST_STATE_FOLDER`)];
  }
  const rights = found === undefined ? ok(`${folder} will be made at the first start`) : (found.mode & 0o022) !== 0 ? fail(`others may write to ${folder}`, `chmod 700 ${folder}`) : ok(`${folder} can be used`);
  return [rights, checkSpace(existing)];
}

/** Mode of a file that holds a key; nothing where there is none. */
export function checkKeyFile(file: string, what: string): readonly Finding[] {
  const found = look(file);
  if (found === 'hidden') return [fail(`this user may not see ${what} (${file})`, AS_WHO)];
  if (found === undefined) return [];
  return (found.mode & 0o077) === 0 ? [ok(`${what} is for its owner alone`)] : [fail(`others may read ${what} (${file})`, `chmod 600 ${file}, and replace the key if somebody may have read it`)];
}

function checkSpace(folder: string): Finding {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const told = `${(free / 1_073_741_824).toFixed(1)} GiB are free on the disk of ${folder}`;
  if (free < FREE_BYTES.fail) return fail(told, 'free some: without space nothing can be stored');
  return free < FREE_BYTES.warn ? warn(told, 'free some before it is full') : ok(told);
}

/** Without `stats` it may be there or not: this user may not look. */
function nearestExisting(folder: string): { readonly path: string; readonly stats: Stats | undefined } {
  for (let path = folder; ; path = dirname(path)) {
    const stats = look(path);
    if (stats !== undefined) return { path, stats: stats === 'hidden' ? undefined : stats };
  }
}

function look(path: string): Stats | 'hidden' | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return 'hidden';
  }
}

/** `running`: a plane with these settings runs, so its ports must be taken. */
export async function checkPort(name: string, setting: string, address: SocketAddress, running: boolean): Promise<Finding> {
  const why = await whyNotFree(address);
  const told = `${name} ${formatAddress(address)}`;
  if (running) return why === undefined ? fail(`${told} is not open, though the plane runs`, 'look into its log') : ok(`${told} is open`);
  return why === undefined ? ok(`${told} is free`) : fail(`${told} can not be used: ${why}`, `stop what holds it, or set ${setting}`);
}

function whyNotFree({ host, port }: SocketAddress): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(describeThrown(error)));
    server.listen({ host, port }, () => server.close(() => resolve(undefined)));
  });
}

/** What a status port answers to `/status`; undefined where nobody does. */
export function askStatus({ host, port }: SocketAddress): Promise<unknown> {
  return new Promise((resolve) => {
    // Whatever holds the port, it may answer anything for any time.
    const asked = get({ host: host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host, port, path: '/status', signal: AbortSignal.timeout(ASK_MS), agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece) => {
        text += String(piece);
        if (text.length > LONGEST_ANSWER) asked.destroy();
      });
      response.on('error', () => undefined);
      response.on('close', () => resolve(response.complete ? parsed(text) : undefined));
    });
    asked.on('error', () => resolve(undefined));
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `theirMs` as read between two looks at our clock; `precisionMs` of what they said. */
export function compareClocks(whose: string, theirMs: number, { beforeMs, afterMs, precisionMs }: { readonly beforeMs: number; readonly afterMs: number; readonly precisionMs: number }): Finding {
  const apart = theirMs + precisionMs < beforeMs ? theirMs + precisionMs - beforeMs : theirMs > afterMs ? theirMs - afterMs : 0;
  const told = apart === 0 ? `the clock of ${whose} agrees with ours` : `the clock of ${whose} is ${(Math.abs(apart) / 1000).toFixed(1)} s ${apart > 0 ? 'ahead of' : 'behind'} ours`;
  const advice = 'synchronise both clocks (NTP): certificates, tokens and ages are read by them';
  if (Math.abs(apart) >= SKEW_MS.fail) return fail(told, advice);
  return Math.abs(apart) >= SKEW_MS.warn ? warn(told, advice) : ok(told);
}

const DAY_MS = 86_400_000;

/** Of a certificate that is renewed by itself, `renewsItself`, at two thirds of its life. */
export function checkValidity(what: string, { fromMs, toMs, nowMs, renewsItself }: { readonly fromMs: number; readonly toMs: number; readonly nowMs: number; readonly renewsItself: boolean }): Finding {
  const until = `${what} is valid until ${new Date(toMs).toISOString()}`;
  if (nowMs < fromMs) return fail(`${what} is valid from ${new Date(fromMs).toISOString()} on`, 'set the clock right');
  if (nowMs > toMs) return fail(`${what} has expired at ${new Date(toMs).toISOString()}`, renewsItself ? 'let it reach a control plane: it renews an expired certificate by itself' : 'replace it');
  const left = (toMs - nowMs) / Math.max(1, toMs - fromMs);
  if (renewsItself && left < 0.25) return warn(until, 'it should have been renewed by now: see why no control plane is reached');
  return !renewsItself && toMs - nowMs < 30 * DAY_MS ? warn(until, 'replace it before that') : ok(until);
}
