/**
 * `holdfast gateway ping | dump | diff | sync | apply | validate | reset`: the configuration of a gateway as files in decK's format.
 * Files are read, merged and filled in here; what they mean is decided by the control plane, in one transaction. What was shown is
 * what is applied: the plan's version goes along.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { stringify } from 'yaml';
import { systemClock } from '../../shared/clock.ts';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import type { MergedContent } from '../declarative/merge-files.ts';
import { recordOf, type Told } from './admin-answer.ts';
import { AdminRefusal, get } from './admin-client.ts';
import { checkOffline } from './check-offline.ts';
import { command, type Command, type Output } from './command.ts';
import { readTexts } from './content-texts.ts';
import { CONTENT_TIMEOUT_MS, gatewayOf, mergeOrThrow, sendContent, type PlanTarget } from './declarative-client.ts';
import {
  diffSettings, dumpSettings, pingSettings, resetSettings, syncSettings, validateSettings,
  type DiffSettings, type DumpSettings, type PingSettings, type ResetSettings, type SyncSettings, type ValidateSettings,
} from './declarative-settings.ts';
import { writePrivateFile } from './private-file.ts';
import { publish } from './publish.ts';
import { hasChanges, planAsJson, planLines, summaryLine, withoutVariables } from './show-plan.ts';
import { processTerminal, type Terminal } from './terminal.ts';
import { terminalLine } from './terminal-text.ts';
import { cell } from './text-table.ts';

const FILES = { least: 1, most: 1_000, areFiles: true } as const;
const DIFFERENT = 2;
/** Plans that somebody else's writes overtook before they were carried out. */
const MOST_PLANS = 5;

export const DECLARATIVE_COMMANDS: readonly Command[] = [
  command({ name: 'gateway ping', about: 'tell whether the admin API answers and lets you in', settings: pingSettings, run: ping, summary: 'Asks the admin API who it is, with your token.' }),
  command({
    name: 'gateway dump', about: 'write the configuration of a gateway as a file (decK)', settings: dumpSettings, short: { '-o': '--output-file' }, run: (settings, output) => dump(settings, output, processTerminal()),
    summary: 'Writes the configuration of a gateway in the format of decK. Secrets are in it where your roles let you reveal them; the file is readable for you alone.',
  }),
  command({
    name: 'gateway diff', about: 'tell what a sync of files would change', usage: 'gateway diff FILE|FOLDER|-… [settings]', settings: diffSettings, words: FILES, run: (settings, output, words) => diff(settings, output, words, processTerminal()),
    summary: 'Tells what "holdfast gateway sync" would do, and does nothing. Exit codes: 0; 1 what is wrong; 2 with --non-zero-exit-code where there are differences.',
  }),
  command({
    name: 'gateway sync', about: 'make a gateway what files say, and delete everything else', usage: 'gateway sync FILE|FOLDER|-… [settings]', settings: syncSettings, words: FILES,
    run: (settings, output, words) => carryOut('sync', settings, output, readContent(words), processTerminal()),
    summary: 'Makes a gateway what the files say, in one transaction and one release: all or nothing. What is not in them is deleted, within --select-tag. On a terminal the plan is shown first and asked about.',
  }),
  command({
    name: 'gateway apply', about: 'create and change what files say, and delete nothing', usage: 'gateway apply FILE|FOLDER|-… [settings]', settings: syncSettings, words: FILES,
    run: (settings, output, words) => carryOut('apply', settings, output, readContent(words), processTerminal()),
    summary: 'Creates and changes what the files say, in one transaction and one release: all or nothing. Nothing is deleted.',
  }),
  command({
    name: 'gateway validate', about: 'check files without changing anything', usage: 'gateway validate FILE|FOLDER|-… [--offline] [settings]', settings: validateSettings, words: FILES, run: validate,
    summary: 'Checks files against everything that a sync checks, by the control plane or, with --offline, by themselves.',
  }),
  command({
    name: 'gateway reset', about: 'delete all entities of a gateway', usage: 'gateway reset --yes [settings]', settings: resetSettings, run: (settings, output) => reset(settings, output, processTerminal()),
    summary: 'Deletes all entities of a gateway, or those with --select-tag, in one transaction and one release.',
  }),
];

async function ping(settings: PingSettings, output: Output): Promise<void> {
  const node = await get(settings, '/');
  // `/` answers everybody who has a credential; this tells whether it may read.
  await get(settings, '/v1/gateways');
  output.out(terminalLine(`Successfully connected to ${settings.adminUrl}: ${cell(node['tagline'])}, version ${cell(node['version'])}`));
}

async function dump(settings: DumpSettings, output: Output, terminal: Terminal): Promise<void> {
  const query = new URLSearchParams({
    ...(settings.selectTags.length === 0 ? {} : { select_tags: settings.selectTags.join(',') }), ...(settings.skipConsumers ? { skip_consumers: '1' } : {}),
    ...(settings.withId ? { with_id: '1' } : {}), ...(settings.sanitize ? { sanitize: '1' } : {}),
  });
  const answer = await get(settings, `/v1/gateways/${encodeURIComponent(settings.gateway ?? 'default')}/declarative?${query.toString()}`, undefined, CONTENT_TIMEOUT_MS);
  const { content } = answer;
  const text = settings.format === 'json' ? JSON.stringify(content, null, 2) : stringify(content, { lineWidth: 0, aliasDuplicateObjects: false }).trimEnd();
  if (typeof answer['secrets_hidden'] === 'number' && answer['secrets_hidden'] > 0) output.err(`${answer['secrets_hidden']} entities are without their secrets, which your roles do not let you reveal: these files can not be synced as they are`);
  if (settings.outputFile === '-') return output.out(text);
  const path = resolve(settings.outputFile);
  if (!(await mayReplace(path, settings, terminal))) throw new HoldfastError({ code: 'CLI_FILE_EXISTS', source: 'gateway', publicMessage: `${path} is there already; --yes replaces it` });
  try {
    writePrivateFile(path, `${text}\n`);
  } catch (thrown) {
    throw new HoldfastError({ code: 'CLI_FILE_UNWRITABLE', source: 'gateway', cause: thrown, publicMessage: `${path} can not be written: ${describeThrown(thrown)}` });
  }
  output.err(`written to ${settings.outputFile}`);
}

async function mayReplace(path: string, { yes }: DumpSettings, { ask }: Terminal): Promise<boolean> {
  return yes || !existsSync(path) || (ask !== undefined && (await ask(`${path} is there already. Replace it?`)));
}

async function diff(settings: DiffSettings, output: Output, words: readonly string[], terminal: Terminal): Promise<number> {
  const merged = readContent(words);
  const plan = await sendContent(targetOf(settings, merged), merged, { mode: 'sync', dryRun: true });
  tellPlan(settings, output, plan, terminal);
  return settings.nonZeroExitCode && hasChanges(plan) ? DIFFERENT : 0;
}

async function validate(settings: ValidateSettings, output: Output, words: readonly string[]): Promise<void> {
  const merged = readContent(words);
  const entities = settings.offline
    ? await checkOffline(merged, settings)
    : Object.values(recordOf((await sendContent(targetOf(settings, merged), merged, { mode: 'apply', dryRun: true }))['summary'])).reduce((sum: number, count) => sum + (typeof count === 'number' ? count : 0), 0);
  output.out(settings.json ? JSON.stringify({ valid: true, entities }) : `valid: ${entities} entities`);
}

async function reset(settings: ResetSettings, output: Output, terminal: Terminal): Promise<number> {
  const yes = settings.yes || settings.force;
  if (!yes && terminal.ask === undefined) throw new HoldfastError({ code: 'CLI_NOT_CONFIRMED', source: 'gateway', publicMessage: 'this deletes entities: say --yes' });
  return carryOut('sync', { ...settings, yes }, output, { content: { _format_version: '3.0' }, problems: [], locate: (_path, message) => ({ file: { name: 'reset', text: '' }, line: undefined, column: undefined, message }) }, terminal);
}

/**
 * Where somebody can be asked: shows the plan, asks, and carries out exactly that. Elsewhere it is carried out at once; either way it is
 * one transaction. Then waits for the fleet where that is wanted.
 */
export async function carryOut(mode: 'sync' | 'apply', settings: SyncSettings, output: Output, merged: MergedContent, terminal: Terminal): Promise<number> {
  const target = targetOf(settings, merged);
  const { ask } = terminal;
  output.err(terminalLine(`${mode === 'sync' ? 'syncing' : 'applying to'} gateway ${target.gateway} at ${target.adminUrl}`));
  const done = settings.yes || ask === undefined ? await sendContent(target, merged, { mode, dryRun: false }) : await confirmAndApply(mode, target, output, merged, { ...terminal, ask });
  tellPlan(settings, output, done, terminal);
  return settings.wait && typeof done['version'] === 'string' ? waitForFleet(settings, target, output, done['version']) : 0;
}

async function confirmAndApply(mode: 'sync' | 'apply', target: PlanTarget, output: Output, merged: MergedContent, { ask, colours }: Terminal & { readonly ask: NonNullable<Terminal['ask']> }): Promise<Told> {
  for (let turn = 1; turn <= MOST_PLANS; turn += 1) {
    const plan = await sendContent(target, merged, { mode, dryRun: true });
    if (!hasChanges(plan)) return plan;
    for (const line of planLines(withoutVariables(plan, process.env), colours)) output.err(line);
    if (!(await ask(`${summaryLine(plan)}. Go on?`))) throw new HoldfastError({ code: 'CLI_NOT_CONFIRMED', source: 'gateway', publicMessage: 'nothing was changed' });
    output.err('applying');
    const done = await applyPlanned(target, merged, mode, cell(plan['planned_for']));
    if (done !== undefined) return done;
    output.err('the gateway was changed meanwhile; planning again');
  }
  throw new HoldfastError({ code: 'CLI_PLAN_OVERTAKEN', source: 'control-plane', retryable: true, publicMessage: `the gateway was changed ${MOST_PLANS} times between plan and execution; nothing was changed by this` });
}

/** Undefined where the gateway is not what it was when it was planned for. */
async function applyPlanned(target: PlanTarget, merged: MergedContent, mode: 'sync' | 'apply', ifVersion: string): Promise<Told | undefined> {
  try {
    return await sendContent(target, merged, { mode, dryRun: false, ifVersion });
  } catch (thrown) {
    if (thrown instanceof AdminRefusal && thrown.status === 412) return undefined;
    throw thrown;
  }
}

function waitForFleet({ selector, quorum, timeout }: SyncSettings, { adminUrl, adminToken, gateway }: PlanTarget, output: Output, version: string): Promise<number> {
  // What the plan told is on standard output already.
  const toPeople: Output = { out: output.err, err: output.err };
  return publish({ adminUrl, adminToken, gateway, version, selector, quorum, timeout, include: 'all', wait: true, json: false }, toPeople, systemClock);
}

function tellPlan({ json }: { readonly json: boolean }, output: Output, told: Told, { colours }: Terminal): void {
  const plan = withoutVariables(told, process.env);
  if (json) return output.out(planAsJson(plan));
  for (const line of planLines(plan, colours)) output.out(line);
  const version = typeof plan['version'] === 'string' ? `; version ${plan['version']}` : '';
  output.out(terminalLine(`${hasChanges(plan) ? summaryLine(plan) : 'no changes'}${version}`));
}

function readContent(words: readonly string[]): MergedContent {
  return mergeOrThrow(readTexts(words), process.env);
}

function targetOf({ adminUrl, adminToken, gateway, selectTags, skipConsumers }: Omit<PlanTarget, 'gateway'> & { readonly gateway: string | undefined }, { content }: MergedContent): PlanTarget {
  return { adminUrl, adminToken, gateway: gateway ?? gatewayOf(content) ?? 'default', selectTags, skipConsumers };
}
