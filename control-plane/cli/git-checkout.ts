/**
 * What is committed in HEAD of a git checkout, read from git's objects and not from the working tree: what somebody is in the middle
 * of editing is not there yet. Needs the program `git`. Used by watch-source.ts.
 */
import { spawn } from 'node:child_process';
import { relative, resolve } from 'node:path';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import type { FileText } from '../declarative/content-file.ts';
import { isContentFile } from './content-texts.ts';

const TIMEOUT_MS = 60_000;
const MAX_OUTPUT = 268_435_456;
/** Regular files: what a link points to may be outside of the checkout. */
const FILE_MODES: ReadonlySet<string> = new Set(['100644', '100755']);

export interface GitCheckout {
  /** Absolute. */
  readonly root: string;
  /** Absolute; what a commit writes to. */
  readonly gitFolder: string;
}

/** Undefined where the folder is in no checkout, or there is no git. */
export async function findCheckout(folder: string): Promise<GitCheckout | undefined> {
  try {
    const [root = '', gitFolder = ''] = (await git(folder, ['rev-parse', '--show-toplevel', '--absolute-git-dir'])).toString('utf8').trimEnd().split('\n');
    return { root, gitFolder };
  } catch {
    return undefined;
  }
}

/** The commit, and the files at these paths in it. Throws CLI_GIT_FAILED. */
export async function readHead({ root }: GitCheckout, paths: readonly string[]): Promise<{ readonly commit: string; readonly texts: readonly FileText[] }> {
  const commit = (await git(root, ['rev-parse', '--verify', 'HEAD^{commit}'])).toString('utf8').trim();
  const inside = paths.map((path) => relative(root, resolve(path)) || '.');
  const outside = inside.find((path) => path.startsWith('..'));
  if (outside !== undefined) throw failed(`${outside} is not in the checkout ${root}`);
  const tree = (await git(root, ['ls-tree', '-r', '-z', '--full-tree', commit, '--', ...inside])).toString('utf8');
  const files = tree.split('\0').flatMap((line) => {
    const [, mode = '', object = '', path = ''] = /^(\d+) blob ([0-9a-f]+)\t([^]*)$/.exec(line) ?? [];
    return FILE_MODES.has(mode) && isContentFile(path) && !path.split('/').some((part) => part.startsWith('.')) ? [{ object, path }] : [];
  });
  if (files.length === 0) throw failed(`commit ${commit.slice(0, 12)} has no .yaml, .yml or .json file there`);
  return { commit, texts: await readObjects(root, files) };
}

async function readObjects(root: string, files: readonly { readonly object: string; readonly path: string }[]): Promise<readonly FileText[]> {
  const output = await git(root, ['cat-file', '--batch'], files.map(({ object }) => `${object}\n`).join(''));
  let position = 0;
  return files.map(({ path }) => {
    // `<object> blob <bytes>`, the bytes, and a line break (git-cat-file, batch output).
    const end = output.indexOf(10, position);
    const size = Number(output.subarray(position, end).toString('latin1').split(' ')[2]);
    if (end === -1 || !Number.isSafeInteger(size)) throw failed(`${path} could not be read from the commit`);
    position = end + 1 + size + 1;
    return { name: path, text: output.subarray(end + 1, end + 1 + size).toString('utf8') };
  });
}

function git(folder: string, words: readonly string[], input = ''): Promise<Buffer> {
  const { promise, resolve: done, reject } = Promise.withResolvers<Buffer>();
  const child = spawn('git', ['--literal-pathspecs', '-C', folder, ...words], { stdio: ['pipe', 'pipe', 'pipe'], timeout: TIMEOUT_MS, env: gitEnvironment() });
  const chunks: Buffer[] = [];
  let length = 0;
  let errors = '';
  child.on('error', (thrown) => reject(failed(`git could not be started (${describeThrown(thrown)})`)));
  child.stdin.on('error', () => undefined);
  child.stderr.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString('utf8')).slice(0, 1_000)));
  child.stdout.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > MAX_OUTPUT) child.kill();
    else chunks.push(chunk);
  });
  child.on('close', (code) => (code === 0 ? done(Buffer.concat(chunks)) : reject(failed(`git ${words[0] ?? ''} failed: ${errors.trim() || `exit ${String(code)}`}`))));
  child.stdin.end(input);
  return promise;
}

/**
 * A checkout is somebody else's: its configuration may name programs. Reading objects runs none of them but to fetch what is missing
 * (a partial clone, gitprotocol "lazy fetch"), so nothing is fetched; and no program sees our settings. Of a hook that called us,
 * GIT_DIR and the like would be about another checkout.
 */
function gitEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(?:HOLDFAST_|DECK_|GIT_(?!CONFIG))/.test(name));
  return { ...Object.fromEntries(kept), GIT_NO_LAZY_FETCH: '1', GIT_ALLOW_PROTOCOL: 'none', GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0', LC_ALL: 'C' };
}

function failed(message: string): HoldfastError {
  return new HoldfastError({ code: 'CLI_GIT_FAILED', source: 'gateway', publicMessage: message });
}
