/**
 * What deploy/ brings is right as far as it can be shown without building or running it: Dockerfiles are linted and their files are
 * enough to start from, units verify, manifests have what keeps a service up and closed, and every setting in them exists.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { validate } from 'dockerfile-utils';
import { parse, parseAllDocuments } from 'yaml';
import { runCommand } from '../control-plane/cli/main.ts';
import { isJsonObject } from '../shared/model/entity-checks.ts';
import type { JsonValue } from '../shared/model/definition.ts';
import { KNOWN_VARIABLES } from '../shared/known-variables.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'holdfast-deploy-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const PLANES = ['control-plane', 'data-plane'] as const;

/** What stands at a dotted path of JSON. */
function at(value: JsonValue | undefined, path: string): JsonValue | undefined {
  return path.split('.').reduce<JsonValue | undefined>((inner, step) => (Array.isArray(inner) ? inner[Number(step)] : isJsonObject(inner) ? inner[step] : undefined), value);
}

/** Like at, for text; '' for anything else. */
function textAt(value: JsonValue | undefined, path: string): string {
  const found = at(value, path);
  return typeof found === 'string' ? found : '';
}

test('every setting that is named in deploy/ exists', () => {
  const files = ['images', 'systemd', 'compose', 'kubernetes'].flatMap((name) => readdirSync(join(root, 'deploy', name)).map((file) => `deploy/${name}/${file}`)).filter((file) => !file.endsWith('secrets'));
  const known = new Set([...KNOWN_VARIABLES, 'HOLDFAST_ADMIN_TOKEN']);
  let named = 0;
  for (const file of [...files, 'deploy/upgrade.md']) {
    for (const [variable] of read(file).matchAll(/\bHOLDFAST_[A-Z_]+/g)) {
      named += 1;
      assert.ok(known.has(variable), `${file}: ${variable}`);
    }
  }
  assert.ok(named > 30);
});

for (const plane of PLANES) {
  const file = `deploy/images/${plane}.Dockerfile`;

  test(`${file}: no finding of the linter, pinned base, not root, health told, signals passed on`, () => {
    const text = read(file);
    assert.deepEqual(validate(text).map(({ message }) => message), []);
    const bases = [...text.matchAll(/^FROM (\S+)/gm)].map((match) => match[1]);
    assert.ok(bases.length === 2 && bases.every((base) => /^node:24\.\d+\.\d+-bookworm-slim$/.test(base ?? '')), bases.join());
    for (const needed of [/^USER 1000:1000$/m, /^HEALTHCHECK .*CMD \["node"/m, /^ENTRYPOINT \["node", /m, /npm ci --omit=dev/, /^STOPSIGNAL SIGTERM$/m]) assert.match(text, needed);
    assert.doesNotMatch(text, /^ADD |:latest|--privileged|sudo|curl/m);
    assert.doesNotMatch(text, /^COPY \. /m, 'what is copied is named');
    assert.ok(/^[^#]*\*\*$/m.test(read('.dockerignore')), 'nothing goes to the builder that is not named');
  });

  test(`${file}: what it copies is enough to start from`, () => {
    const image = join(folder, plane);
    mkdirSync(image);
    const stage = read(file).split(/^FROM /m).at(-1) ?? '';
    for (const [, from = '', to = ''] of stage.matchAll(/^COPY (?!--from)(\S+) (\S+)$/gm)) {
      const target = join(image, to === './' ? from : to);
      mkdirSync(dirname(target), { recursive: true });
      cpSync(join(root, from), target, { recursive: true, filter: (path) => !path.endsWith('.test.ts') });
    }
    symlinkSync(join(root, 'node_modules'), join(image, 'node_modules'));
    const ran = spawnSync(process.execPath, ['bin/holdfast.js', plane, '--help'], { cwd: image, encoding: 'utf8', env: { PATH: process.env['PATH'] } });
    assert.equal(ran.status, 0, ran.stderr);
    assert.match(ran.stdout, /HOLDFAST_STATE_FOLDER/);
  });

  test(`deploy/systemd/holdfast-${plane}.service is a unit, and closed`, (t) => {
    const text = read(`deploy/systemd/holdfast-${plane}.service`);
    for (const needed of ['NoNewPrivileges=yes', 'ProtectSystem=strict', 'User=holdfast', 'Restart=always', 'UMask=0077', `ExecStart=/usr/local/bin/holdfast ${plane}`, 'StateDirectoryMode=0700']) assert.ok(text.includes(`\n${needed}\n`), needed);
    const unit = join(folder, `holdfast-${plane}.service`);
    writeFileSync(unit, text.replace('/usr/local/bin/holdfast', process.execPath));
    const ran = spawnSync('systemd-analyze', ['verify', '--man=no', unit], { encoding: 'utf8' });
    if (ran.error !== undefined) return t.skip('systemd-analyze is not installed');
    assert.equal(ran.status, 0, ran.stderr);
    assert.ok(!ran.stderr.includes(`holdfast-${plane}.service`), ran.stderr);
    return undefined;
  });

  test(`deploy/kubernetes/${plane}.yaml has probes, a budget, and no more rights than it needs`, () => {
    const documents = parseAllDocuments(read(`deploy/kubernetes/${plane}.yaml`)).map((document) => {
      assert.deepEqual(document.errors, []);
      const value: JsonValue = document.toJS();
      assert.ok(isJsonObject(value));
      return value;
    });
    const kinds = documents.map((document) => `${textAt(document, 'apiVersion')} ${textAt(document, 'kind')}`);
    const workload = documents.find(({ kind }) => kind === (plane === 'control-plane' ? 'Deployment' : 'StatefulSet'));
    assert.ok(workload !== undefined && kinds.includes('policy/v1 PodDisruptionBudget') && kinds.includes('v1 Service') && kinds.includes('v1 ServiceAccount'), kinds.join());
    for (const document of documents) assert.equal(at(document, 'metadata.namespace'), 'holdfast');
    const labels = at(workload, 'spec.template.metadata.labels');
    assert.ok(isJsonObject(labels));
    assert.deepEqual(at(workload, 'spec.selector.matchLabels'), labels);
    for (const document of documents.filter(({ kind }) => kind === 'Service')) assert.deepEqual(at(document, 'spec.selector'), labels);
    for (const document of documents.filter(({ kind }) => kind === 'PodDisruptionBudget')) assert.deepEqual(at(document, 'spec.selector.matchLabels'), labels);
    const pod = at(workload, 'spec.template.spec');
    assert.deepEqual([at(pod, 'securityContext.runAsNonRoot'), at(pod, 'securityContext.seccompProfile.type'), at(pod, 'automountServiceAccountToken')], [true, 'RuntimeDefault', false]);
    const container = at(pod, 'containers.0');
    assert.deepEqual(at(container, 'securityContext'), { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } });
    for (const init of listOf(at(pod, 'initContainers'))) assert.deepEqual([at(init, 'image'), at(init, 'securityContext')], [at(container, 'image'), at(container, 'securityContext')]);
    for (const volume of listOf(at(pod, 'volumes'))) assert.ok([undefined, 0o440].includes(Number(at(volume, 'secret.defaultMode')) || undefined), 'a mode that means the same in YAML 1.1 and 1.2');
    const ports = names(at(container, 'ports'));
    for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) assert.ok(ports.includes(textAt(container, `${probe}.httpGet.port`)), probe);
    assert.equal(at(container, 'readinessProbe.httpGet.path'), '/status/ready');
    assert.match(textAt(container, 'image'), /:\d+\.\d+\.\d+$/);
    const volumes = [...names(at(pod, 'volumes')), ...(plane === 'data-plane' ? [textAt(workload, 'spec.volumeClaimTemplates.0.metadata.name')] : [])];
    assert.deepEqual(names(at(container, 'volumeMounts')).toSorted(), volumes.toSorted(), 'each volume is mounted, each mount is a volume');
  });
}

test('deploy/compose/compose.yaml: what a service names is there; nothing runs as root with more than it needs', () => {
  const compose: JsonValue = parse(read('deploy/compose/compose.yaml'));
  const services = at(compose, 'services');
  const [secrets, volumes] = [at(compose, 'secrets'), at(compose, 'volumes')];
  assert.ok(isJsonObject(services) && isJsonObject(secrets) && isJsonObject(volumes));
  for (const [name, service] of Object.entries(services)) {
    for (const secret of wordsAt(service, 'secrets')) assert.ok(secret in secrets, `${name}: ${secret}`);
    for (const volume of wordsAt(service, 'volumes')) assert.ok(volume.startsWith('./') || (volume.split(':')[0] ?? '') in volumes, `${name}: ${volume}`);
    const waitsFor = at(service, 'depends_on');
    for (const other of isJsonObject(waitsFor) ? Object.keys(waitsFor) : []) assert.ok(other in services);
    const dockerfile = at(service, 'build.dockerfile');
    if (typeof dockerfile !== 'string') continue;
    assert.ok(PLANES.some((plane) => dockerfile === `deploy/images/${plane}.Dockerfile`));
    assert.deepEqual([at(service, 'read_only'), at(service, 'cap_drop.0')], [true, 'ALL']);
  }
});

test('deploy/upgrade.md names only commands and flags that there are', async () => {
  const lines = [...read('deploy/upgrade.md').matchAll(/^holdfast (.*)$/gm)].map(([, line = '']) => line);
  assert.ok(lines.length >= 6);
  for (const line of lines.filter((one) => one !== 'doctor control-plane')) {
    let help = '';
    const words = line.split(' --', 1)[0]?.split(' ') ?? [];
    const sources = (): never => assert.fail('help needs no settings');
    assert.equal(await runCommand([...words, '--help'], sources, { out: (text) => void (help += text), err: (text) => void (help += text) }), 0, `${line}: ${help}`);
    for (const [flag] of line.matchAll(/--[a-z-]+/g)) assert.ok(help.includes(flag), `${line}: ${flag}`);
  }
});

function names(list: JsonValue | undefined): readonly string[] {
  return listOf(list).map((one) => textAt(one, 'name'));
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

/** Of a list of words. */
function wordsAt(value: JsonValue | undefined, path: string): readonly string[] {
  const list = at(value, path);
  return Array.isArray(list) ? list.map((word) => (typeof word === 'string' ? word : assert.fail(`${path} holds words`))) : [];
}
