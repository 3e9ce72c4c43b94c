/**
 * `holdfast usage export`: brings the files of usage of a gateway into a folder, each once, checked against its checksum. Run again it
 * fetches what is new; `SHA256SUMS` in the folder is what `sha256sum -c` takes. An entry of commands.ts.
 */
import { createHash, randomUUID } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import { recordsOf, type Told } from './admin-answer.ts';
import { get, getBytes } from './admin-client.ts';
import { usageExportSettings, type UsageExportSettings } from './analytics-settings.ts';
import { command, type Command, type Output } from './command.ts';
import { terminalJson, terminalLine } from './terminal-text.ts';

export const USAGE_EXPORT_COMMAND: Command = command({
  name: 'usage export', about: 'fetch the files of usage for billing, each once', settings: usageExportSettings, run: exportUsage,
  usage: 'usage export --to FOLDER [--since N] [settings]',
  summary: 'Fetches files of usage that the folder does not have, checks each against its checksum, and lists them in SHA256SUMS, which "sha256sum -c" takes. Each request is counted in exactly one file. Exit codes: 0 the folder has all files; 1 it has not, and the message says why: run it again.',
});

const SUMS = 'SHA256SUMS';
const PAGE = 1000;
/** What is written between two writes of the sums, at most: what they lack is found again by reading the file. */
const FILES_BETWEEN_SUMS = 100;
/** Ours alone: nothing that an answer says leads out of the folder. */
const FILE_NAME = /^usage-[0-9a-f-]{36}-\d{9}\.(?:csv|jsonl)(?:\.gz)?$/;

interface ExportedFile {
  readonly number: number;
  readonly name: string;
  readonly sha256: string;
  readonly previousSha256: string | undefined;
  readonly bytes: number;
  readonly requests: number;
  readonly kept: boolean;
}

async function exportUsage(settings: UsageExportSettings, output: Output): Promise<number> {
  const { to, since, gateway, json } = settings;
  if (to === undefined) throw new HoldfastError({ code: 'CLI_MISUSED', source: 'gateway', publicMessage: 'say with --to which folder the files go to' });
  const folder = new ExportFolder(to);
  const fetched: ExportedFile[] = [];
  const gone: ExportedFile[] = [];
  let present = 0;
  try {
    for await (const file of listFiles(settings, since)) {
      if (folder.has(file)) present += 1;
      else if (!file.kept) gone.push(file);
      else {
        folder.add(file, await getBytes(settings, `/${encodeURIComponent(gateway)}/v1/usage-exports/files/${file.number}`));
        fetched.push(file);
      }
    }
  } finally {
    folder.writeSums();
  }
  const requests = fetched.reduce((sum, file) => sum + file.requests, 0);
  if (json) output.out(terminalJson({ fetched: fetched.map(({ name, sha256, bytes, requests: counted }) => ({ name, sha256, bytes, requests: counted })), present, gone: gone.map(({ name }) => name) }));
  else output.out(terminalLine(`${fetched.length} ${fetched.length === 1 ? 'file' : 'files'} fetched, of ${requests} requests; ${present} were there`));
  if (gone.length > 0) output.err(terminalLine(`no longer kept by the control plane, and not in ${to}: files ${gone.map(({ number }) => number).join(', ')}; with --since ${gone.at(-1)?.number ?? 0} they are left out`));
  else if (fetched.length + present === 0 && since === 0) output.err('there is no file yet; whether they are made: GET /v1/usage-exports/settings');
  return gone.length > 0 ? 1 : 0;
}

/** Ascending, each the next of the one before: a number that is missing, or a file that is not the successor of the one before, is refused. */
async function* listFiles(settings: UsageExportSettings, since: number): AsyncGenerator<ExportedFile> {
  let before: ExportedFile | undefined;
  for (;;) {
    const answer = await get(settings, `/${encodeURIComponent(settings.gateway)}/v1/usage-exports?since=${before?.number ?? since}&size=${PAGE}`);
    const files = recordsOf(answer['data']).map(toFile);
    for (const file of files) {
      if (file.number !== (before?.number ?? since) + 1 || (before !== undefined && file.previousSha256 !== before.sha256)) {
        throw changed(`the control plane lists file ${file.number} where the one after ${before?.number ?? since} belongs, or it was made after another one than that`);
      }
      yield file;
      before = file;
    }
    if (files.length < PAGE) return;
  }
}

function toFile(told: Told): ExportedFile {
  const { number, name, sha256, previous_sha256: previous, bytes, requests, kept } = told;
  if (typeof number !== 'number' || typeof name !== 'string' || !FILE_NAME.test(name) || typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) throw changed('the control plane lists something that is no file of usage');
  return { number, name, sha256, previousSha256: typeof previous === 'string' ? previous : undefined, bytes: Number(bytes), requests: Number(requests), kept: kept !== false };
}

class ExportFolder {
  readonly #folder: string;
  /** Checksums by name, of files that are there. */
  readonly #sums = new Map<string, string>();
  #unwritten = 0;

  constructor(folder: string) {
    this.#folder = folder;
    atFolder(folder, () => {
      mkdirSync(folder, { recursive: true });
      const path = join(folder, SUMS);
      for (const line of existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []) {
        const [, sum, name] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? [];
        if (sum !== undefined && name !== undefined) this.#sums.set(name, sum);
      }
    });
  }

  /** Throws CLI_USAGE_EXPORT_CHANGED where it has another one of that name. */
  has({ name, sha256 }: ExportedFile): boolean {
    const path = join(this.#folder, name);
    if (!atFolder(path, () => existsSync(path))) return false;
    const known = this.#sums.get(name) ?? atFolder(path, () => sumOf(readFileSync(path)));
    if (known !== sha256) throw changed(`${path} is another file than the control plane has: ${known} is not ${sha256}`);
    if (!this.#sums.has(name)) this.#note(name, known);
    return true;
  }

  /** On the disk when it returns. Throws CLI_USAGE_EXPORT_CHANGED for bytes that are not what their checksum says. */
  add({ name, sha256, bytes: length }: ExportedFile, bytes: Buffer): void {
    if (bytes.length !== length || sumOf(bytes) !== sha256) throw changed(`what came as ${name} has not the checksum ${sha256}`);
    this.#write(name, bytes);
    this.#note(name, sha256);
  }

  writeSums(): void {
    if (this.#unwritten === 0) return;
    this.#write(SUMS, [...this.#sums].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([name, sum]) => `${sum}  ${name}\n`).join(''));
    this.#unwritten = 0;
  }

  #note(name: string, sum: string): void {
    this.#sums.set(name, sum);
    this.#unwritten += 1;
    if (this.#unwritten >= FILES_BETWEEN_SUMS) this.writeSums();
  }

  /** Whole or not at all, whenever the machine stops. */
  #write(name: string, content: Uint8Array | string): void {
    const path = join(this.#folder, name);
    const unfinished = `${path}.${randomUUID()}.part`;
    atFolder(path, () => {
      try {
        writeFileSync(unfinished, content, { flag: 'wx', mode: 0o640, flush: true });
        renameSync(unfinished, path);
        const folder = openSync(this.#folder, 'r');
        fsyncSync(folder);
        closeSync(folder);
      } catch (thrown) {
        rmSync(unfinished, { force: true });
        throw thrown;
      }
    });
  }
}

function sumOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function atFolder<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    throw new HoldfastError({ code: 'CLI_USAGE_EXPORT_UNWRITABLE', source: 'gateway', publicMessage: `${path} can not be read or written: ${describeThrown(thrown)}`, cause: thrown });
  }
}

function changed(what: string): HoldfastError {
  return new HoldfastError({ code: 'CLI_USAGE_EXPORT_CHANGED', source: 'control-plane', publicMessage: `${what}; nothing was replaced. Was the control plane restored from a backup, or is the folder that of another installation?` });
}
