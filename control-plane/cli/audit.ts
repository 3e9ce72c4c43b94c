/**
 * `holdfast audit list | export | checkpoint | verify`: who did what, all of it as JSON lines, and whether it is still as it was
 * written. Verification happens here, on what the admin API sends or on a file: it needs no trust in the control plane
 * beyond keys and checkpoints that were written down before.
 */
import { createReadStream, openSync, readFileSync, writeSync, closeSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import { verifyLines, type VerifiedAudit } from '../audit/audit-lines.ts';
import { recordOf, recordsOf, type Told } from './admin-answer.ts';
import { get, openStream, post } from './admin-client.ts';
import {
  auditCheckpointSettings, auditExportSettings, auditListSettings, auditVerifySettings, type AuditCheckpointSettings, type AuditExportSettings, type AuditListSettings, type AuditVerifySettings,
} from './audit-settings.ts';
import { command, type Command, type Output } from './command.ts';
import { writeNew } from './keys-offline.ts';
import { terminalJson, terminalLine } from './terminal-text.ts';
import { cell, textTable } from './text-table.ts';

/** Of `verify`: something is wrong with the audit. */
const ALTERED = 2;
const PAGES = 1_000;

export const AUDIT_COMMANDS: readonly Command[] = [
  command({
    name: 'audit list', about: 'tell who did what', settings: auditListSettings, run: listAudit,
    summary: 'Lists writes, refused writes and revealed secrets, newest first: who, from where, what, before and after (with --json).',
  }),
  command({
    name: 'audit export', about: 'write the whole audit out', usage: 'audit export [--out FILE] [settings]', settings: auditExportSettings, run: exportAudit,
    summary: 'Writes the whole audit with its seals as JSON lines, to a file or to standard output.',
  }),
  command({
    name: 'audit checkpoint', about: 'sign how far the audit is, to keep elsewhere', usage: 'audit checkpoint [--out FILE] [settings]', settings: auditCheckpointSettings, run: makeCheckpoint,
    summary: 'Seals what there is and signs it. Kept where whoever has the database can not reach it, the checkpoint proves later that nothing before it was altered or cut off.',
  }),
  command({
    name: 'audit verify', about: 'check that the audit is as it was written', usage: 'audit verify [--export FILE] [--checkpoints FILE,…] [--keys KEY-ID,…] [settings]', settings: auditVerifySettings, run: verifyAudit,
    summary: 'Verifies the audit of the admin API, or of an exported file, against its seals and signed checkpoints; names the first row that was edited, deleted, inserted, reordered or cut off. Exit codes: 0 it is intact; 1 wrong use, or it could not be read; 2 it was altered.',
  }),
];

async function listAudit(settings: AuditListSettings, output: Output): Promise<void> {
  const rows: Told[] = [];
  let offset: unknown;
  for (let page = 0; page < PAGES && rows.length < settings.count; page += 1) {
    const answer = await get(settings, `/v1/audit?${queryOf(settings, offset).toString()}`);
    rows.push(...recordsOf(answer['data']));
    offset = answer['offset'];
    if (typeof offset !== 'string') break;
  }
  const shown = rows.slice(0, settings.count);
  if (settings.json) return output.out(terminalJson(shown));
  const lines = shown.map((row) => {
    const subject = recordOf(row['subject']);
    return [cell(row['id']), cell(row['at']), cell(row['actor']), cell(row['address']), cell(row['action']), `${cell(subject['kind'])} ${cell(subject['id'])}`, cell(row['config_version'])];
  });
  for (const line of textTable([['ROW', 'TIME', 'ACTOR', 'FROM', 'ACTION', 'WHAT', 'VERSION'], ...lines])) output.out(terminalLine(line));
}

function queryOf(settings: AuditListSettings, offset: unknown): URLSearchParams {
  const { gateway, actor, action, kind, id, request: requestId, since, until } = settings;
  const query = new URLSearchParams({ size: String(Math.min(settings.count, 1_000)), ...(typeof offset === 'string' ? { offset } : {}) });
  for (const [name, value] of Object.entries({ gateway, actor, action, kind, id, request_id: requestId, since, until })) if (value !== undefined) query.set(name, value);
  return query;
}

async function exportAudit(settings: AuditExportSettings, output: Output): Promise<void> {
  const lines = readLines(await openStream(settings, '/v1/audit/export', new AbortController().signal));
  const file = settings.out === undefined ? undefined : openNew(settings.out);
  let isComplete = false;
  try {
    for await (const line of lines) {
      if (file === undefined) output.out(line);
      else writeSync(file, `${line}\n`);
      isComplete = line === '{"type":"end"}';
    }
  } finally {
    if (file !== undefined) closeSync(file);
  }
  if (!isComplete) throw unreadable('the admin API ended the export before it was complete');
  if (settings.out !== undefined) output.out(`Written to ${settings.out}.`);
}

async function makeCheckpoint(settings: AuditCheckpointSettings, output: Output): Promise<void> {
  const checkpoint = await post(settings, '/v1/audit/checkpoints', {});
  const text = JSON.stringify(checkpoint);
  if (settings.out === undefined) return output.out(text);
  writeNew(settings.out, `${text}\n`);
  output.out(terminalLine(`Written to ${settings.out}; signed by key ${cell(checkpoint['key_id'])}. Keep it, and the key's id, away from the database.`));
}

async function verifyAudit(settings: AuditVerifySettings, output: Output): Promise<number> {
  const abort = new AbortController();
  const lines = readLines(settings.export === undefined ? await openStream(settings, '/v1/audit/export', abort.signal) : createReadStream(settings.export));
  const checkpoints = settings.checkpoints.map((path) => readText(resolve(path)));
  try {
    const verified = await verifyLines(lines, { checkpoints, keyIds: settings.keys }).catch((thrown: unknown) => Promise.reject(thrown instanceof HoldfastError ? thrown : unreadable(describeThrown(thrown))));
    if (settings.json) output.out(terminalJson(toJson(verified)));
    else for (const line of tellVerdict(verified)) output.out(terminalLine(line));
    return verified.verdict.kind === 'intact' ? 0 : ALTERED;
  } finally {
    abort.abort();
  }
}

function toJson({ tenantId, verdict, keyIds }: VerifiedAudit): object {
  if (verdict.kind === 'altered') return { tenant_id: tenantId, intact: false, what: verdict.what, row: verdict.rowId, message: verdict.message };
  return { tenant_id: tenantId, intact: true, rows: verdict.rows, unsealed: verdict.unsealed, seals: verdict.seals, checkpoints: verdict.checkpoints, key_ids: keyIds, last_row: verdict.newest.lastId };
}

function tellVerdict({ verdict, keyIds }: VerifiedAudit): readonly string[] {
  if (verdict.kind === 'altered') return [`ALTERED: row ${verdict.rowId} ${WORDS[verdict.what]}: ${verdict.message}.`];
  const signed = verdict.checkpoints === 0 ? 'No checkpoint is signed yet' : `${verdict.checkpoints} checkpoints hold, signed by ${keyIds.join(', ')}`;
  return [`Intact: ${verdict.rows} rows in ${verdict.seals} seals, up to row ${verdict.newest.lastId}; ${verdict.unsealed} not sealed yet.`, `${signed}.`];
}

const WORDS = {
  edited: 'was edited', deleted: 'was deleted', inserted: 'was inserted', reordered: 'was reordered', truncated: 'was cut off with all that came after it', removed: 'and all before it were removed', resealed: 'was sealed again',
} as const;

async function* readLines(stream: AsyncIterable<Buffer>): AsyncGenerator<string> {
  yield* createInterface({ input: stream instanceof Readable ? stream : Readable.from(stream), crlfDelay: Infinity });
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    throw unreadable(describeThrown(thrown));
  }
}

function openNew(path: string): number {
  try {
    return openSync(path, 'wx', 0o600);
  } catch (thrown) {
    throw unreadable(describeThrown(thrown));
  }
}

function unreadable(what: string): HoldfastError {
  return new HoldfastError({ code: 'CLI_AUDIT_UNREADABLE', source: 'gateway', publicMessage: `the audit could not be read or written: ${what}` });
}
