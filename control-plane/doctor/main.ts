/**
 * `holdfast doctor control-plane`: with the settings of a control plane, before its start or beside it, looks at what it needs and
 * prints what to do. Started by bin/holdfast.js with the words after it.
 */
import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv, stderr, stdout } from 'node:process';
import { connect } from 'node:tls';
import { pathToFileURL } from 'node:url';
import { systemClock, type Clock } from '../../shared/clock.ts';
import { askStatus, checkKeyFile, checkNode, checkPort, checkStateFolder, checkValidity } from '../../shared/doctor/machine-checks.ts';
import { fail, ok, runDoctor, warn, type DoctorOutput, type Finding } from '../../shared/doctor/run-doctor.ts';
import { describeThrown } from '../../shared/errors.ts';
import { KNOWN_VARIABLES } from '../../shared/known-variables.ts';
import { asksForHelp, parseSettings, processSources, type SettingSources } from '../../shared/settings.ts';
import { renderHelp } from '../../shared/settings-table.ts';
import { THIS_VERSION } from '../../shared/this-version.ts';
import { PROTOCOL_VERSION } from '../../shared/wire/protocol-version.ts';
import { runningLogin } from '../find-database.ts';
import { checkedDatabaseUrl } from '../open-database.ts';
import { controlPlaneSettings, type ControlPlaneSettings } from '../settings.ts';
import { checkDatabase } from './database-check.ts';

const CONNECT_MS = 3_000;

/** Returns the exit code. */
export async function examineControlPlane(words: readonly string[], sources: (words: readonly string[]) => SettingSources, output: DoctorOutput, clock: Clock): Promise<number> {
  const json = words.includes('--json');
  let settings: ControlPlaneSettings;
  try {
    settings = parseSettings(controlPlaneSettings, sources(words.filter((word) => word !== '--json')), KNOWN_VARIABLES);
  } catch (thrown) {
    const findings = [fail(describeThrown(thrown), 'correct what the message names; "holdfast control-plane --help" lists all settings')];
    return runDoctor([{ name: 'settings', look: () => findings }], { json, clock, output });
  }
  const { stateFolder } = settings;
  const running = isControlPlane(await askStatus(settings.statusListen));
  return runDoctor([
    { name: 'versions', look: () => [ok(`Holdfast ${THIS_VERSION}, sync protocol ${PROTOCOL_VERSION}`), ...checkNode()] },
    { name: 'settings', look: () => [ok('all settings are valid'), ok(running ? 'a control plane runs with them' : 'no control plane runs with them now')] },
    { name: 'state folder', look: () => checkStateFolder(stateFolder) },
    { name: 'keys', look: () => checkKeys(settings) },
    { name: 'database', look: () => lookAtDatabase(settings, clock) },
    { name: 'certificates', look: () => checkCertificates(settings, running, clock) },
    {
      name: 'ports',
      look: () => Promise.all([
        checkPort('admin API', 'HOLDFAST_ADMIN_LISTEN', settings.adminListen, running),
        checkPort('sync', 'HOLDFAST_SYNC_LISTEN', settings.syncListen, running),
        checkPort('status', 'HOLDFAST_STATUS_LISTEN', settings.statusListen, running),
      ]),
    },
  ], { json, clock, output });
}

function isControlPlane(status: unknown): boolean {
  return typeof status === 'object' && status !== null && 'role' in status && status.role === 'control_plane';
}

function checkKeys({ stateFolder, keyEncryptionKey, databaseUrl, rootKeyFile }: ControlPlaneSettings): readonly Finding[] {
  const own = join(stateFolder, 'key-encryption-key');
  const missing = keyEncryptionKey === undefined && databaseUrl !== undefined;
  const sealing = keyEncryptionKey !== undefined ? ok('the key-encryption key is given; keep a copy, because backups do not have it')
    : missing ? fail('a database by URL needs a key-encryption key', 'set HOLDFAST_KEY_ENCRYPTION_KEY, the same for all control planes of the database')
    : existsSync(own) ? ok(`the key-encryption key is ${own}; keep a copy, because backups do not have it`) : ok('the key-encryption key will be made at the first start');
  const root = rootKeyFile ?? join(stateFolder, 'root-key.pem');
  const left = existsSync(join(stateFolder, 'admin-token')) ? [warn(`the first admin token is still in ${join(stateFolder, 'admin-token')}`, 'keep it in a safe place and delete the file')] : [];
  return [sealing, ...checkKeyFile(own, 'the key-encryption key'), ...checkKeyFile(root, 'the root key'), ...left];
}

async function lookAtDatabase({ databaseUrl, stateFolder, databasePoolSize }: ControlPlaneSettings, clock: Clock): Promise<readonly Finding[]> {
  if (databaseUrl !== undefined) return checkDatabase(checkedDatabaseUrl(databaseUrl), databasePoolSize, clock);
  const login = runningLogin(stateFolder);
  return login === undefined ? [ok('the embedded Postgres is not running; a start of the control plane starts it')] : checkDatabase(login, databasePoolSize, clock);
}

async function checkCertificates({ authorityCertificateFile, syncListen }: ControlPlaneSettings, running: boolean, clock: Clock): Promise<readonly Finding[]> {
  const own = authorityCertificateFile === undefined ? [] : [ofAuthority(authorityCertificateFile, clock)];
  const shown = running ? await shownCertificate(syncListen) : undefined;
  const server = shown === undefined ? (running ? [fail('the sync port shows no certificate', 'look into the log of the control plane')] : []) : [validity('the certificate of the sync port', shown, true, clock)];
  return own.length + server.length === 0 ? [ok('there is nothing to look at before it runs')] : [...own, ...server];
}

function ofAuthority(file: string, clock: Clock): Finding {
  try {
    return validity('the certificate of the authority', new X509Certificate(readFileSync(file)), false, clock);
  } catch (thrown) {
    return fail(`the certificate of the authority can not be read from ${file} (${describeThrown(thrown)})`, 'give it as PEM, to be read by the user who runs Holdfast, in HOLDFAST_AUTHORITY_CERTIFICATE_FILE');
  }
}

function validity(what: string, { validFromDate, validToDate }: X509Certificate, renewsItself: boolean, clock: Clock): Finding {
  return checkValidity(what, { fromMs: validFromDate.getTime(), toMs: validToDate.getTime(), nowMs: clock.nowMs(), renewsItself });
}

/** Whom it is by is the affair of data planes: here only its dates are read. */
function shownCertificate({ host, port }: ControlPlaneSettings['syncListen']): Promise<X509Certificate | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host, port, rejectUnauthorized: false, timeout: CONNECT_MS }, () => {
      resolve(socket.getPeerX509Certificate());
      socket.destroy();
    });
    socket.on('timeout', () => socket.destroy());
    socket.on('error', () => resolve(undefined));
    socket.on('close', () => resolve(undefined));
  });
}

if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href) {
  const words = argv.slice(2);
  if (asksForHelp(words)) stdout.write(renderHelp(controlPlaneSettings, { usage: 'holdfast doctor control-plane [--json] [settings]', summary: 'Looks at what a control plane with these settings needs, and says what to do. Exit code 1 where something is wrong.' }));
  else process.exitCode = await examineControlPlane(words, processSources, { out: (line) => void stdout.write(`${line}\n`) }, systemClock).catch((thrown: unknown) => {
    stderr.write(`holdfast: ${describeThrown(thrown)}\n`);
    return 1;
  });
}
