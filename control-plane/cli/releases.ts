/**
 * `holdfast releases list | show | diff | rollback`: what was published, what is different between any two releases, and the way
 * back to one. All of it through the admin API.
 */
import { recordOf, recordsOf, type Told } from './admin-answer.ts';
import { get, getText, post, type AdminAccess } from './admin-client.ts';
import { command, type Command } from './command.ts';
import type { Output } from './command.ts';
import { releaseListSettings, releaseReadSettings, rollbackSettings, type ReleaseListSettings, type ReleaseReadSettings, type RollbackSettings } from './release-settings.ts';
import { terminalJson, terminalLine, terminalLines } from './terminal-text.ts';
import { cell, textTable } from './text-table.ts';

/** Of `rollback`, besides 0 and 1: done, but something other than credentials could not be restored. */
const PARTLY = 2;
const PAGE = 1_000;
const PAGES = 100;

export const RELEASE_COMMANDS: readonly Command[] = [
  command({
    name: 'releases list', about: 'list what was published', settings: releaseListSettings, run: listReleases,
    summary: 'Lists the releases of a gateway, newest first: version, time, author, what was changed.',
  }),
  command({
    name: 'releases show', about: 'tell what a release changed', usage: 'releases show VERSION [settings]', settings: releaseReadSettings, words: { least: 1, most: 1 }, run: showRelease,
    summary: 'Shows one release and what it changed, entity by entity and field by field.',
  }),
  command({
    name: 'releases diff', about: 'compare any two releases', usage: 'releases diff VERSION [VERSION|current] [settings]', settings: releaseReadSettings, words: { least: 1, most: 2 }, run: diffReleases,
    summary: 'Tells what is different in the second release from the first, or in a release from the one before it. "current" is what is written now.',
  }),
  command({
    name: 'releases rollback', about: 'restore the configuration of a release', usage: 'releases rollback VERSION [--dry-run] [settings]', settings: rollbackSettings, words: { least: 1, most: 1 }, run: rollBack,
    summary: 'Restores the configuration of a release as one change, published as a new version. Credentials and private keys stay as they are unless they are asked for. Exit codes: 0 done, or told, or nothing to do; 1 wrong use or refused; 2 done, but something besides credentials could not be restored.',
  }),
];

async function listReleases(settings: ReleaseListSettings, output: Output): Promise<void> {
  const page = await get(settings, pathOf(settings, `?size=${settings.count}`));
  if (settings.json) return output.out(terminalJson(page['data']));
  const rows = recordsOf(page['data']).map((release) => [cell(release['version']), cell(release['created_at']), cell(release['author']), cell(release['entity_count']), countsOf(release)]);
  for (const line of textTable([['VERSION', 'TIME', 'AUTHOR', 'ENTITIES', 'CHANGED'], ...rows])) output.out(terminalLine(line));
}

/** `services +1 ~2 -3` for each kind. */
function countsOf(release: Told): string {
  const kinds = Object.entries(recordOf(release['change_counts'])).map(([kind, value]) => {
    const counts = recordOf(value);
    const parts = ([['+', 'created'], ['~', 'updated'], ['-', 'deleted']] as const).flatMap(([sign, name]) => (typeof counts[name] === 'number' && counts[name] > 0 ? [`${sign}${counts[name]}`] : []));
    return `${kind} ${parts.join(' ')}`;
  });
  return kinds.join(', ') || '-';
}

async function showRelease(settings: ReleaseReadSettings, output: Output, [version = '']: readonly string[]): Promise<void> {
  const release = await get(settings, pathOf(settings, `/${encodeURIComponent(version)}`));
  if (settings.json) return output.out(terminalJson(release));
  output.out(terminalLine(`${cell(release['version'])} by ${cell(release['author'])} at ${cell(release['created_at'])}, after ${cell(release['base_version'])}: ${cell(release['entity_count'])} entities, root ${cell(release['content_root'])}`));
  await printDiff(settings, output, version, undefined);
}

async function diffReleases(settings: ReleaseReadSettings, output: Output, [first = '', second]: readonly string[]): Promise<void> {
  const [to, from] = second === undefined ? [first, undefined] : [second, first];
  if (settings.json) await printJsonDiff(settings, output, to, from);
  else await printDiff(settings, output, to, from);
}

/** As the admin API words it, page after page. */
async function printDiff(settings: ReleaseReadSettings, output: Output, to: string, from: string | undefined): Promise<void> {
  let offset: string | undefined;
  for (let page = 0; page < PAGES; page += 1) {
    const text = await getText(settings, diffPath(settings, to, from, { format: 'text', ...(offset === undefined ? {} : { offset }) }));
    const [, before, next] = /^([^]*?)(?:… and more: offset=(\S+)\n)?$/.exec(text) ?? [];
    output.out(terminalLines((before ?? text).trimEnd()));
    if (next === undefined) return;
    offset = next;
  }
  output.err(`More than ${PAGES * PAGE} entities were touched in between; the rest is not shown.`);
}

async function printJsonDiff(settings: ReleaseReadSettings, output: Output, to: string, from: string | undefined): Promise<void> {
  const entities: Told[] = [];
  let answer: Told = {};
  let offset: unknown;
  for (let page = 0; page < PAGES; page += 1) {
    answer = await get(settings, diffPath(settings, to, from, typeof offset === 'string' ? { offset } : {}));
    entities.push(...recordsOf(answer['data']));
    offset = answer['offset'];
    if (typeof offset !== 'string') break;
  }
  output.out(terminalJson({ from: answer['from'], to: answer['to'], truncated: typeof offset === 'string', entities }));
}

async function rollBack(settings: RollbackSettings, output: Output, [version = '']: readonly string[]): Promise<number> {
  const answer = await post(settings, pathOf(settings, `/${encodeURIComponent(version)}/rollback`), {
    reason: settings.reason, dry_run: settings.dryRun, include_credentials: settings.includeCredentials, while_frozen: settings.whileFrozen,
  });
  const entities = recordsOf(answer['entities']);
  if (settings.json) output.out(terminalJson(answer));
  else for (const line of tellRollback(answer, entities)) output.out(terminalLine(line));
  return entities.some(({ outcome, reason }) => outcome === 'skipped' && reason !== 'holds-secret') ? PARTLY : 0;
}

function tellRollback(answer: Told, entities: readonly Told[]): readonly string[] {
  const counts = Object.entries(recordOf(answer['counts'])).map(([name, count]) => `${cell(count)} ${name.replace('_', ' ')}`).join(', ');
  const done = answer['dry_run'] === true ? 'Would roll back' : answer['version'] === null ? 'Nothing to do to roll back' : `Version ${cell(answer['version'])} rolls back`;
  const lines = entities.map((entity) => {
    const name = entity['name'] === null ? cell(entity['id']) : `${cell(entity['name'])} (${cell(entity['id'])})`;
    return `  ${cell(entity['outcome']).padEnd(12)} ${cell(entity['kind'])} ${name}${typeof entity['message'] === 'string' ? `: ${entity['message']}` : ''}`;
  });
  return [`${done} to ${cell(answer['rolled_back_to'])}: ${counts}.`, ...lines, ...(answer['truncated'] === true ? ['  … and more, which are counted above'] : [])];
}

function diffPath(settings: AdminAccess & { readonly gateway: string }, to: string, from: string | undefined, query: Readonly<Record<string, string>>): string {
  const words = new URLSearchParams({ size: String(PAGE), ...(from === undefined ? {} : { from }), ...query });
  return pathOf(settings, `/${encodeURIComponent(to)}/diff?${words.toString()}`);
}

function pathOf({ gateway }: { readonly gateway: string }, rest: string): string {
  return `/${encodeURIComponent(gateway)}/v1/releases${rest}`;
}
