/**
 * A custom plugin on disk: a folder, or an npm package, whose main file exports `schema` and `create`. Read by data planes
 * (HOLDFAST_PLUGINS) and by `holdfast plugin …`, so that both mean the same files by the same hash.
 */
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { stderr } from 'node:process';
import { pathToFileURL } from 'node:url';
import { systemClock, type Clock, type TimerHandle } from '../clock.ts';
import { describeThrown, HoldfastError } from '../errors.ts';
import type { PluginFactory, PluginSchema } from '../plugins/contract.ts';
import { registerPlugin, type RegisteredPlugin } from '../plugins/registered-plugin.ts';
import { readSchemaDocument, toSchemaDocument } from '../plugins/schema-document.ts';

/** More belongs into a package that the plugin depends on. */
const MAX_FILES = 2_000;
const MAX_BYTES = 64 * 1024 * 1024;
/** Neither shipped nor run, at the top. */
const LEFT_OUT: ReadonlySet<string> = new Set(['.git', 'coverage']);
const LOAD_TIMEOUT_MS = 10_000;
const MAIN_FILES = ['index.ts', 'index.js'];

export interface PluginPackage {
  /** As it was named. */
  readonly place: string;
  readonly folder: string;
  /** The main file. */
  readonly entry: string;
  /** SHA-256 over the names and bytes of all files but those of dependencies, lower-case hex. */
  readonly hash: string;
}

export interface LoadedPlugin extends PluginPackage {
  readonly plugin: RegisteredPlugin;
}

/** `place`: a path, absolute or from `base`, or the name of a package that is installed there or above. Throws PLUGIN_LOAD_FAILED. */
export function findPluginPackage(place: string, base: string): PluginPackage {
  const folder = /^[./]/.test(place) || isAbsolute(place) ? resolve(base, place) : installedAt(place, base);
  if (!existsSync(folder) || !statSync(folder).isDirectory()) throw failed(place, `${folder} is no folder`);
  const main = mainOf(place, folder);
  const entry = resolve(folder, main);
  if (relative(folder, entry).startsWith('..')) throw failed(place, `its main file ${main} lies outside of ${folder}`);
  if (!existsSync(entry)) throw failed(place, `it has no ${main}; name the main file as "main" in its package.json`);
  if (entry.endsWith('.ts') && entry.includes(`${sep}node_modules${sep}`)) throw failed(place, 'Node runs no TypeScript below node_modules: publish it as JavaScript, or name its folder instead');
  return { place, folder, entry, hash: hashOf({ place, folder, entry }) };
}

/** Runs the main file. Throws PLUGIN_LOAD_FAILED. */
export async function loadPlugin(found: PluginPackage, clock: Clock = systemClock): Promise<LoadedPlugin> {
  const plugin = await importPlugin(found.place, found.entry, clock);
  if (hashOf(found) !== found.hash) throw failed(found.place, 'its files changed while it was loaded: load it again when they are all there');
  return { ...found, plugin };
}

/** The plugin that a main file exports. Throws PLUGIN_LOAD_FAILED, also where the file waits for something for 10 seconds; one that ends the process is named before it does. */
export async function importPlugin(place: string, entry: string, clock: Clock = systemClock): Promise<RegisteredPlugin> {
  const exported = await runMain(place, entry, clock);
  if (!('schema' in exported) || typeof exported.schema !== 'object' || exported.schema === null) throw failed(place, `${entry} exports no \`schema\``);
  if (!('create' in exported) || typeof exported.create !== 'function') throw failed(place, `${entry} exports no function \`create\``);
  const schema = exported.schema as PluginSchema;
  const read = readSchemaDocument(documentOf(place, schema));
  if (read.kind === 'refused') throw failed(place, `its schema is not valid: ${read.problems.map(({ field, message }) => `${field}: ${message}`).join('; ')}`);
  // The door: what is given to `create` was parsed by the schema that it came with.
  return registerPlugin(schema, { name: schema.name, create: exported.create as PluginFactory<never>['create'] });
}

async function runMain(place: string, entry: string, clock: Clock): Promise<object> {
  let timer: TimerHandle | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = clock.after(LOAD_TIMEOUT_MS, () => reject(failed(place, `${entry} was not loaded within ${LOAD_TIMEOUT_MS / 1_000} s: what takes time belongs into \`create\` or later`)), { keepAlive: true });
  });
  const onExit = (): void => void stderr.write(`plugin ${place} ended the process while it was loaded: take process.exit out of it\n`);
  process.once('exit', onExit);
  try {
    return (await Promise.race([import(pathToFileURL(entry).href), late])) as object;
  } catch (thrown) {
    if (thrown instanceof HoldfastError && thrown.code === 'PLUGIN_LOAD_FAILED') throw thrown;
    throw failed(place, `${entry} could not be loaded: ${describeThrown(thrown)}`, thrown);
  } finally {
    timer?.cancel();
    process.off('exit', onExit);
  }
}

function documentOf(place: string, schema: PluginSchema): ReturnType<typeof toSchemaDocument>['document'] {
  try {
    return toSchemaDocument(schema).document;
  } catch (thrown) {
    throw failed(place, `its schema is not valid: ${describeThrown(thrown)}`, thrown);
  }
}

function installedAt(name: string, base: string): string {
  for (let folder = resolve(base); ; folder = dirname(folder)) {
    const place = join(folder, 'node_modules', name);
    if (existsSync(place)) return place;
    if (dirname(folder) === folder) throw failed(name, `no package of that name is installed in ${resolve(base)} or above; a folder is written as ./${name}`);
  }
}

function mainOf(place: string, folder: string): string {
  const file = join(folder, 'package.json');
  if (existsSync(file)) {
    let content: unknown;
    try {
      content = JSON.parse(readFileSync(file, 'utf8'));
    } catch (thrown) {
      throw failed(place, `${file} is no JSON: ${describeThrown(thrown)}`, thrown);
    }
    if (typeof content === 'object' && content !== null && 'main' in content && typeof content.main === 'string') return content.main;
  }
  return MAIN_FILES.find((name) => existsSync(join(folder, name))) ?? 'index.js';
}

/** SHA-256, independent of the order in which a folder lists its files and of their times. Throws PLUGIN_LOAD_FAILED where one can't be read, or the main file is none of them. */
export function hashOf({ place, folder, entry }: Omit<PluginPackage, 'hash'>): string {
  const files: string[] = [];
  let bytes = 0;
  const walk = (at: string): void => {
    for (const name of readdirSync(at)) {
      if (name === 'node_modules' || (at === folder && LEFT_OUT.has(name))) continue;
      const path = join(at, name);
      const status = lstatSync(path);
      if (status.isSymbolicLink()) throw failed(place, `${path} is a link: a plugin is the files in its folder`);
      if (status.isDirectory()) walk(path);
      else if (status.isFile()) {
        files.push(path);
        bytes += status.size;
      }
      if (files.length > MAX_FILES || bytes > MAX_BYTES) throw failed(place, `${folder} has more than ${MAX_FILES} files or 64 MiB; a plugin is a folder of its own`);
    }
  };
  const hash = createHash('sha256');
  try {
    walk(folder);
    for (const file of files.map((path) => relative(folder, path).split(sep).join('/')).toSorted()) {
      const content = readFileSync(join(folder, file));
      hash.update(`${Buffer.byteLength(file)} ${file} ${content.length} `).update(content);
    }
  } catch (thrown) {
    if (thrown instanceof HoldfastError) throw thrown;
    throw failed(place, `its files can't be read: ${describeThrown(thrown)}`, thrown);
  }
  if (!files.includes(entry)) throw failed(place, `its main file ${entry} is no file of its own: neither a folder nor one of a dependency can be it`);
  return hash.digest('hex');
}

function failed(place: string, why: string, cause?: unknown): HoldfastError {
  return new HoldfastError({
    code: 'PLUGIN_LOAD_FAILED',
    source: 'gateway',
    publicMessage: 'a custom plugin could not be loaded',
    message: `plugin ${place} could not be loaded: ${why}`,
    ...(cause === undefined ? {} : { cause }),
  });
}
