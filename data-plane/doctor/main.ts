/**
 * `holdfast doctor data-plane`: with the settings of a data plane, before its start or beside it, looks at what it needs and prints
 * what to do. Started by bin/holdfast.js with the words after it.
 */
import { X509Certificate } from 'node:crypto';
import { request } from 'node:https';
import { join } from 'node:path';
import { argv, stderr, stdout } from 'node:process';
import { pathToFileURL } from 'node:url';
import { systemClock, type Clock } from '../../shared/clock.ts';
import { askStatus, checkKeyFile, checkNode, checkPort, checkStateFolder, checkValidity, compareClocks } from '../../shared/doctor/machine-checks.ts';
import { fail, ok, runDoctor, warn, type DoctorOutput, type Finding } from '../../shared/doctor/run-doctor.ts';
import { describeThrown } from '../../shared/errors.ts';
import { createLogger } from '../../shared/log.ts';
import { KNOWN_VARIABLES } from '../../shared/known-variables.ts';
import { asksForHelp, parseSettings, processSources, type SettingSources } from '../../shared/settings.ts';
import { renderHelp } from '../../shared/settings-table.ts';
import { THIS_VERSION } from '../../shared/this-version.ts';
import { parseJoinToken } from '../../shared/trust/join-token.ts';
import { PROTOCOL_VERSION } from '../../shared/wire/protocol-version.ts';
import { loadCustomPlugins } from '../plugins/load-custom-plugins.ts';
import { dataPlaneSettings, type DataPlaneSettings } from '../settings.ts';
import { systemDisk } from '../state/disk.ts';
import { readEnrolment, type Enrolment } from '../sync/identity-store.ts';

const CONNECT_MS = 3_000;
/** A Date field has whole seconds. */
const DATE_PRECISION_MS = 1_000;

/** Returns the exit code. */
export async function examineDataPlane(words: readonly string[], sources: (words: readonly string[]) => SettingSources, output: DoctorOutput, clock: Clock): Promise<number> {
  const json = words.includes('--json');
  let settings: DataPlaneSettings;
  try {
    settings = parseSettings(dataPlaneSettings, sources(words.filter((word) => word !== '--json')), KNOWN_VARIABLES);
  } catch (thrown) {
    const findings = [fail(describeThrown(thrown), 'correct what the message names; "holdfast data-plane --help" lists all settings')];
    return runDoctor([{ name: 'settings', look: () => findings }], { json, clock, output });
  }
  const identity = join(settings.stateFolder, 'identity');
  const enrolment = (): Promise<Enrolment | undefined> => readEnrolment(systemDisk, identity);
  const running = isDataPlane(await askStatus(settings.statusListen));
  return runDoctor([
    { name: 'versions', look: () => [ok(`Holdfast ${THIS_VERSION}, sync protocol ${PROTOCOL_VERSION}`), ...checkNode()] },
    { name: 'settings', look: () => [ok('all settings are valid'), ok(running ? 'a data plane runs with them' : 'no data plane runs with them now')] },
    { name: 'state folder', look: () => checkStateFolder(settings.stateFolder) },
    { name: 'identity', look: async () => [...checkJoined(settings, await enrolment()), ...checkKeyFile(join(identity, 'key.pem'), 'the key of this data plane')] },
    { name: 'certificates', look: async () => checkCertificate(await enrolment(), clock) },
    { name: 'control plane', look: async () => checkControlPlanes(settings, await enrolment(), clock) },
    { name: 'plugins', look: () => checkPlugins(settings) },
    { name: 'ports', look: () => checkPorts(settings, running) },
  ], { json, clock, output });
}

function isDataPlane(status: unknown): boolean {
  return typeof status === 'object' && status !== null && 'configuration_hash' in status;
}

function checkJoined({ joinToken }: DataPlaneSettings, enrolment: Enrolment | undefined): readonly Finding[] {
  if (enrolment !== undefined) return [ok(`it has joined as ${enrolment.dataPlaneId}`)];
  if (joinToken === undefined) return [fail('it has not joined, and has no join token', 'make one (holdfast join-token create) and give it as HOLDFAST_JOIN_TOKEN for the first start')];
  parseJoinToken(joinToken);
  return [ok('it has not joined yet; the join token is well-formed')];
}

function checkCertificate(enrolment: Enrolment | undefined, clock: Clock): readonly Finding[] {
  if (enrolment === undefined) return [ok('there are none before it joins')];
  const leaf = new X509Certificate(enrolment.certificateChain);
  const authorities = enrolment.caCertificates.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const isTrusted = authorities.some((pem) => leaf.verify(new X509Certificate(pem).publicKey));
  const chain = isTrusted ? ok('its certificate is by an authority that it trusts') : fail('its certificate is by none of the authorities that it trusts', 'remove the state folder and join it again with a new join token');
  return [checkValidity('its certificate', { fromMs: leaf.validFromDate.getTime(), toMs: leaf.validToDate.getTime(), nowMs: clock.nowMs(), renewsItself: true }), chain];
}

async function checkControlPlanes({ controlPlaneUrls, controlPlaneProxy, joinToken }: DataPlaneSettings, enrolment: Enrolment | undefined, clock: Clock): Promise<readonly Finding[]> {
  const urls = controlPlaneUrls ?? enrolment?.urls ?? (joinToken === undefined ? [] : parseJoinToken(joinToken).urls);
  if (urls.length === 0) return [fail('none is named', 'set HOLDFAST_CONTROL_PLANE_URLS, or give a join token')];
  if (controlPlaneProxy !== undefined) return [ok(`${urls.join(', ')} through a proxy, which is not tried here`)];
  const answers = await Promise.all(urls.map(async (url) => ({ url, ...(await ask(url, clock)) })));
  const reached = answers.filter((one) => one.dateMs !== undefined);
  return answers.flatMap(({ url, why, dateMs, beforeMs, afterMs }) => {
    if (dateMs !== undefined) return [ok(`${url} answers`), compareClocks(url, dateMs, { beforeMs, afterMs, precisionMs: DATE_PRECISION_MS })];
    const found = `${url} can not be reached: ${why ?? 'it does not say what time it is'}`;
    const advice = 'see whether it runs, and whether name, port and firewalls let this machine there';
    return [reached.length === 0 && enrolment === undefined ? fail(found, advice) : warn(found, `${advice}; until then it serves what it has`)];
  });
}

/** A path that there is not, without a certificate: who it is and what it says is the affair of sessions, here its Date is read. */
function ask(url: string, clock: Clock): Promise<{ readonly why?: string; readonly dateMs?: number; readonly beforeMs: number; readonly afterMs: number }> {
  const beforeMs = clock.nowMs();
  return new Promise((resolve) => {
    const asked = request(`${url}/`, { rejectUnauthorized: false, timeout: CONNECT_MS, agent: false }, (response) => {
      const dateMs = Date.parse(response.headers.date ?? '');
      resolve({ beforeMs, afterMs: clock.nowMs(), ...(Number.isNaN(dateMs) ? {} : { dateMs }) });
      // It may have no end.
      asked.destroy();
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${CONNECT_MS / 1000} s`)));
    asked.on('error', (error) => resolve({ why: describeThrown(error), beforeMs, afterMs: clock.nowMs() }));
    asked.end();
  });
}

/** As a start would load them. What a plugin does when it is loaded, it does here. */
async function checkPlugins({ plugins }: DataPlaneSettings): Promise<readonly Finding[]> {
  if (plugins.length === 0) return [ok('none of its own (HOLDFAST_PLUGINS)')];
  try {
    const loaded = await loadCustomPlugins(plugins, process.cwd(), createLogger({ part: 'doctor', level: 'silent', pretty: false }));
    return loaded.map(({ hash, folder, plugin: { schema } }) => ok(`${schema.name} ${schema.version} of ${folder} can be loaded (${hash.slice(0, 12)}…)`));
  } catch (thrown) {
    return [fail(describeThrown(thrown), 'correct it, or take it out of HOLDFAST_PLUGINS: it does not start with it')];
  }
}

function checkPorts({ proxyListen, proxyTlsListen, streamListen, statusListen }: DataPlaneSettings, running: boolean): Promise<readonly Finding[]> {
  const listening = [['proxy', 'HOLDFAST_PROXY_LISTEN', proxyListen], ['HTTPS', 'HOLDFAST_PROXY_TLS_LISTEN', proxyTlsListen], ['streams', 'HOLDFAST_STREAM_LISTEN', streamListen]] as const;
  return Promise.all([...listening.flatMap(([name, setting, addresses]) => addresses.map((address) => checkPort(name, setting, address, running))), checkPort('status', 'HOLDFAST_STATUS_LISTEN', statusListen, running)]);
}

if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href) {
  const words = argv.slice(2);
  if (asksForHelp(words)) stdout.write(renderHelp(dataPlaneSettings, { usage: 'holdfast doctor data-plane [--json] [settings]', summary: 'Looks at what a data plane with these settings needs, and says what to do. Exit code 1 where something is wrong.' }));
  else process.exitCode = await examineDataPlane(words, processSources, { out: (line) => void stdout.write(`${line}\n`) }, systemClock).catch((thrown: unknown) => {
    stderr.write(`holdfast: ${describeThrown(thrown)}\n`);
    return 1;
  });
  // A plugin may have begun something when it was loaded, which would go on for ever.
  stdout.write('', () => process.exit());
}
