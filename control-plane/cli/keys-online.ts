/**
 * The parts of `holdfast keys`, and `holdfast epoch bump`, that go through the admin API, as an installation administrator.
 * What must be signed by root keys is written to a file for their holders. Called by keys.ts.
 */
import { HoldfastError } from '../../shared/errors.ts';
import { formatStatementFile, readStatementFile, showStatementFile } from '../keys/statement-file.ts';
import { listOf, recordOf, recordsOf, type Told } from './admin-answer.ts';
import { get, post, type AdminAccess } from './admin-client.ts';
import type { Output } from './command.ts';
import { rotateDataKeys, tellSecretKeys } from './secret-keys.ts';
import { readAll, writeNew } from './keys-offline.ts';
import type { EpochSettings, ImportSettings, PendingSettings, RetireSettings, RotateSettings, StatusSettings } from './keys-settings.ts';
import { terminalJson, terminalLine } from './terminal-text.ts';

const NAMES: ReadonlyMap<string, string> = new Map([['publish', 'publish key'], ['content', 'content key'], ['ca', 'certificate authority']]);
/** Of `/v1/keys`; data keys have a path of their own. */
const PURPOSES: ReadonlyMap<string, string> = new Map([['publish', 'publish'], ['content', 'content'], ['ca', 'certificate-authority']]);

export async function showStatus(settings: StatusSettings, output: Output): Promise<void> {
  const status = { ...(await get(settings, '/v1/keys')), ...(await get(settings, '/v1/secret-keys')) };
  if (settings.output === 'json') output.out(terminalJson(status));
  else for (const line of tellStatus(status)) output.out(terminalLine(line));
}

/** Writes the file also where nothing waits: the next root set is proposed with it. */
export async function writePending(settings: PendingSettings, output: Output): Promise<void> {
  const file = readStatementFile(await get(settings, '/v1/keys/pending'));
  for (const { about } of file.statements) output.out(terminalLine(`waits: ${about}`));
  if (file.statements.length === 0) output.out('Nothing waits for root keys.');
  if (settings.out === undefined) return;
  writeNew(settings.out, formatStatementFile(file));
  output.out(`Written to ${settings.out}.`);
}

export async function importFiles(settings: ImportSettings, output: Output, files: readonly string[]): Promise<void> {
  const answer = await post(settings, '/v1/keys/import', showStatementFile(readAll(files)));
  output.out(`Imported ${countOf(Number(answer['imported']))}.`);
}

export async function rotate(settings: RotateSettings, output: Output, [purpose = '']: readonly string[]): Promise<void> {
  const { gateway, tenant } = settings;
  if (purpose === 'data-key') return rotateDataKeys(settings, output);
  const answer = await post(settings, '/v1/keys/rotate', { purpose: purposeOf(purpose), ...(purpose === 'content' ? { gateway, ...named(tenant) } : {}) });
  output.out(terminalLine(`New ${NAMES.get(purpose) ?? purpose}: ${String(answer['key_id'])}`));
  if (typeof answer['version'] === 'string') output.out(terminalLine(`Gateway "${gateway}" publishes every secret again in version ${answer['version']}.`));
  await takePending(settings, answer['pending'], output, 'the old key signs until then');
}

export async function retire(settings: RetireSettings, output: Output, [purpose = '', keyId = '']: readonly string[]): Promise<void> {
  const { gateway, tenant } = settings;
  await post(settings, '/v1/keys/retire', { purpose: purposeOf(purpose), key_id: keyId, ...(purpose === 'content' ? { gateway, ...named(tenant) } : {}) });
  output.out(terminalLine(`Retired ${NAMES.get(purpose) ?? purpose} ${keyId}.`));
}

export async function bumpEpoch(settings: EpochSettings, output: Output): Promise<void> {
  const { gateway, tenant } = settings;
  const answer = await post(settings, '/v1/keys/epoch', { gateway, ...named(tenant) });
  if (answer['pending'] === null) output.out(terminalLine(`Gateway "${gateway}" is in epoch ${String(answer['epoch'])}: everything is published anew.`));
  else await takePending(settings, answer['pending'], output, `epoch ${String(answer['epoch'])} of gateway "${gateway}" begins then`);
}

/** Where root keys are offline: what they must sign, in a file. */
async function takePending(settings: AdminAccess & { readonly out: string | undefined }, pending: unknown, output: Output, until: string): Promise<void> {
  if (pending === null || pending === undefined) return;
  const file = readStatementFile(pending);
  if (settings.out === undefined) {
    output.out(terminalLine(`To be signed by root keys: ${countOf(file.statements.length)} (${until}); say again with --out FILE, or write them with "holdfast keys pending --out FILE".`));
    return;
  }
  writeNew(settings.out, formatStatementFile(file));
  output.out(terminalLine(`To be signed by root keys: ${countOf(file.statements.length)} in ${settings.out} (${until}): "holdfast keys sign --key KEY ${settings.out}", then "holdfast keys import ${settings.out}".`));
}

function purposeOf(word: string): string {
  const purpose = PURPOSES.get(word);
  if (purpose !== undefined) return purpose;
  throw new HoldfastError({ code: 'CLI_MISUSED', source: 'gateway', publicMessage: `"${word}" is no kind of key; it is one of ${[...PURPOSES.keys(), 'data-key'].join(', ')}` });
}

function countOf(statements: number): string {
  return statements === 1 ? '1 statement' : `${statements} statements`;
}

function named(tenant: string | undefined): { readonly tenant?: string } {
  return tenant === undefined ? {} : { tenant };
}

function tellStatus(status: Told): readonly string[] {
  const rootSet = recordOf(status['root_set']);
  const lines = [
    `root set      ${text(rootSet['version'])}, ${text(rootSet['threshold'])} of ${listOf(rootSet['key_ids']).length} keys, fingerprint ${text(rootSet['fingerprint'])}`,
    ...listOf(rootSet['key_ids']).map((keyId) => `  root key    ${text(keyId)}`),
    `root key here ${status['root_key_here'] === true ? 'yes: this control plane signs by itself' : 'no: root keys are offline'}`,
    ...recordsOf(status['publish_keys']).map((key) => `publish key   ${tellKey(key)}`),
    ...recordsOf(status['certificate_authorities']).map((key) => `authority     ${tellKey(key)}`),
  ];
  lines.push(...tellSecretKeys(status));
  for (const gateway of recordsOf(status['gateways'])) {
    const delegation = gateway['delegation'] === null ? 'NO DELEGATION: publishes nothing' : tellDelegation(recordOf(gateway['delegation']));
    lines.push(`gateway       ${text(gateway['name'])} (tenant ${text(gateway['tenant'])}), epoch ${text(gateway['epoch'])}, ${delegation}${gateway['pending'] === true ? ', WAITS FOR ROOT KEYS' : ''}`);
    for (const key of recordsOf(gateway['content_keys'])) lines.push(`  content key ${tellKey(key)}${typeof key['from_version'] === 'string' ? `, from version ${key['from_version']}` : ''}`);
  }
  const pending = text(status['pending']);
  lines.push(pending === '0' ? 'Nothing waits for root keys.' : `${pending} gateways wait for root keys: "holdfast keys pending --out FILE"`);
  return lines;
}

function tellDelegation(delegation: Told): string {
  return `delegation ${text(delegation['serial'])} to ${text(delegation['publish_key'])} under root set ${text(delegation['root_set'])}`;
}

function tellKey(key: Told): string {
  return `${text(key['key_id'])}${typeof key['created_at'] === 'string' ? `, made ${key['created_at']}` : ''}${typeof key['retired_at'] === 'string' ? `, retired ${key['retired_at']}` : ''}`;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value ?? '') ?? '');
}
