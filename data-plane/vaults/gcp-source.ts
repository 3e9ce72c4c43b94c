/**
 * `gcp` vaults: Google Cloud Secret Manager (cloud.google.com/secret-manager/docs/reference/rest), as the service account whose key
 * this data plane has, or as the one of the machine (metadata server, GKE workload identity).
 */
import type { JsonObject } from '../../shared/model/definition.ts';
import { Login, type Lease } from './login.ts';
import { isMembers, membersOf, parseMembers, textMember } from './vault-answer.ts';
import { vaultAnswerInvalid, vaultConfigInvalid, vaultNotAllowed } from './vault-failures.ts';
import { textOf, type SecretName, type SourceServices, type VaultSource } from './vault-source.ts';

const WHO = 'Google Cloud Secret Manager';
const ENDPOINT = 'https://secretmanager.googleapis.com';
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const ASSERTION_SECONDS = 3_600;

type ServiceAccount = Readonly<Record<string, unknown>>;

export function createGcpSource(config: JsonObject, services: SourceServices): VaultSource {
  const { http, clock, environment } = services;
  const login = new Login(clock, async () => {
    const account = await serviceAccount(services);
    return account === undefined ? fromMetadata(services) : fromKey(account, services);
  });

  return {
    async read({ name, version }: SecretName) {
      const endpoint = textOf(config, 'endpoint_url') ?? ENDPOINT;
      const { hostname, protocol } = new URL(endpoint);
      if (!(protocol === 'https:' && hostname.endsWith('.googleapis.com')) && !http.isNamed(endpoint)) throw vaultNotAllowed(`Google Cloud is asked at its own hosts, or at those that HOLDFAST_VAULT_HOSTS names: add ${hostname}`);
      const account = textOf(config, 'project_id') === undefined ? await serviceAccount(services) : undefined;
      const project = textOf(config, 'project_id') ?? environment['GCLOUD_PROJECT'] ?? environment['GOOGLE_CLOUD_PROJECT'] ?? account?.['project_id'];
      if (typeof project !== 'string') throw vaultConfigInvalid("the project of Google Cloud Secret Manager is not known: give project_id in the vault's config, or GCLOUD_PROJECT to the data plane");
      const path = `/v1/projects/${encodeURIComponent(project)}/secrets/${encodeURIComponent(name)}/versions/${encodeURIComponent(version ?? 'latest')}:access`;
      const ask = async () => http.send({ method: 'GET', url: `${endpoint.replace(/\/$/, '')}${path}`, headers: { authorization: `Bearer ${await login.get()}` } });
      let answer = await ask();
      if (answer.status === 401) {
        login.forget();
        answer = await ask();
      }
      const { payload } = membersOf(answer, WHO, `secret ${name}`);
      if (!isMembers(payload)) throw vaultAnswerInvalid(`${WHO} answered secret ${name} without payload`);
      return Buffer.from(textMember(payload, 'data', WHO), 'base64').toString('utf8');
    },
  };
}

/** Undefined where the data plane was given none. */
async function serviceAccount({ environment, readFile }: SourceServices): Promise<ServiceAccount | undefined> {
  const file = environment['GOOGLE_APPLICATION_CREDENTIALS'];
  const text = environment['GCP_SERVICE_ACCOUNT'] ?? (file === undefined ? undefined : await readFile(file));
  if (text === undefined && file === undefined) return undefined;
  const account = parseMembers(text ?? '');
  if (account?.['type'] === 'service_account') return account;
  throw vaultConfigInvalid('GCP_SERVICE_ACCOUNT, or the file that GOOGLE_APPLICATION_CREDENTIALS names, holds no key of a service account');
}

async function fromKey(account: ServiceAccount, { http, clock }: SourceServices): Promise<Lease<string>> {
  const who = 'the service account';
  const tokenUri = textMember(account, 'token_uri', who);
  const { importPKCS8, SignJWT } = await import('jose');
  const nowSeconds = Math.floor(clock.nowMs() / 1_000);
  const key = await importPKCS8(textMember(account, 'private_key', who), 'RS256').catch(() => {
    throw vaultConfigInvalid('the private key of the service account can not be read');
  });
  const keyId = account['private_key_id'];
  const assertion = await new SignJWT({ scope: SCOPE })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', ...(typeof keyId === 'string' ? { kid: keyId } : {}) })
    .setIssuer(textMember(account, 'client_email', who)).setAudience(tokenUri).setIssuedAt(nowSeconds).setExpirationTime(nowSeconds + ASSERTION_SECONDS)
    .sign(key);
  const body = new URLSearchParams({ grant_type: GRANT, assertion }).toString();
  return leaseOf(membersOf(await http.send({ method: 'POST', url: tokenUri, headers: { 'content-type': 'application/x-www-form-urlencoded' }, body, ownPlace: true }), "Google's token endpoint", 'a token'));
}

async function fromMetadata({ http, environment }: SourceServices): Promise<Lease<string>> {
  const url = `http://${environment['GCE_METADATA_HOST'] ?? 'metadata.google.internal'}/computeMetadata/v1/instance/service-accounts/default/token`;
  return leaseOf(membersOf(await http.send({ method: 'GET', url, headers: { 'metadata-flavor': 'Google' }, ownPlace: true }), 'the metadata server', 'a token'));
}

/** The answer of an OAuth 2.0 token endpoint (RFC 6749 §5.1). Azure's instances write the seconds as text. */
export function leaseOf(members: Readonly<Record<string, unknown>>): Lease<string> {
  const seconds = Number(members['expires_in']);
  return { value: textMember(members, 'access_token', 'the token endpoint'), lifetimeMs: seconds > 0 ? seconds * 1_000 : 300_000 };
}
