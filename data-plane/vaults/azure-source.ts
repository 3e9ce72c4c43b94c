/**
 * `azure` vaults: secrets of Azure Key Vault (learn.microsoft.com/rest/api/keyvault/secrets/get-secret), with a client secret or a
 * federated token (workload identity) of the data plane's environment, or the managed identity of its machine or app.
 */
import type { JsonObject } from '../../shared/model/definition.ts';
import { leaseOf } from './gcp-source.ts';
import { Login, type Lease } from './login.ts';
import { membersOf, textMember } from './vault-answer.ts';
import { vaultConfigInvalid, vaultNotAllowed } from './vault-failures.ts';
import { textOf, type SecretName, type SourceServices, type VaultSource } from './vault-source.ts';

const WHO = 'Azure Key Vault';
const API_VERSION = '7.4';
const CLOUD_HOSTS = ['vault.azure.net', 'vault.azure.cn', 'vault.usgovcloudapi.net'];
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const INSTANCE_ENDPOINT = 'http://169.254.169.254/metadata/identity/oauth2/token';

export function createAzureSource(config: JsonObject, services: SourceServices): VaultSource {
  const { http, clock, environment } = services;
  const vaultUri = (): string => {
    const given = textOf(config, 'vault_uri') ?? environment['AZURE_VAULT_URI'];
    if (given === undefined || !URL.canParse(given)) throw vaultConfigInvalid("the address of the Azure Key Vault is not known: give vault_uri in the vault's config, or AZURE_VAULT_URI to the data plane");
    const { hostname, protocol } = new URL(given);
    if ((protocol === 'https:' && resourceOf(hostname) !== undefined) || http.isNamed(given)) return given.replace(/\/$/, '');
    throw vaultNotAllowed(`Azure Key Vault is asked at Azure's own hosts, or at those that HOLDFAST_VAULT_HOSTS names: add ${hostname}`);
  };
  const login = new Login(clock, () => logIn(config, `https://${resourceOf(new URL(vaultUri()).hostname) ?? 'vault.azure.net'}`, services));

  return {
    async read({ name, version }: SecretName) {
      const url = `${vaultUri()}/secrets/${encodeURIComponent(name)}${version === undefined ? '' : `/${encodeURIComponent(version)}`}?api-version=${API_VERSION}`;
      const ask = async () => http.send({ method: 'GET', url, headers: { authorization: `Bearer ${await login.get()}` } });
      let answer = await ask();
      if (answer.status === 401) {
        login.forget();
        answer = await ask();
      }
      return textMember(membersOf(answer, WHO, `secret ${name}`), 'value', WHO);
    },
  };
}

/** The cloud that a vault is in; undefined where it is none of Azure's hosts. */
function resourceOf(hostname: string): string | undefined {
  return CLOUD_HOSTS.find((host) => hostname.endsWith(`.${host}`));
}

async function logIn(config: JsonObject, resource: string, services: SourceServices): Promise<Lease<string>> {
  const { environment, http, readFile } = services;
  const tenant = textOf(config, 'tenant_id') ?? environment['AZURE_TENANT_ID'];
  const clientId = textOf(config, 'client_id') ?? environment['AZURE_CLIENT_ID'];
  const secret = environment['AZURE_CLIENT_SECRET'];
  const file = environment['AZURE_FEDERATED_TOKEN_FILE'];
  if (tenant === undefined || clientId === undefined || (secret === undefined && file === undefined)) return fromManagedIdentity(clientId, resource, services);
  const assertion = secret === undefined ? (await readFile(file ?? ''))?.trim() : undefined;
  if (secret === undefined && assertion === undefined) throw vaultConfigInvalid('AZURE_FEDERATED_TOKEN_FILE names no file that can be read');
  const proof: Readonly<Record<string, string>> = secret === undefined ? { client_assertion_type: ASSERTION_TYPE, client_assertion: assertion ?? '' } : { client_secret: secret };
  const authority = (environment['AZURE_AUTHORITY_HOST'] ?? 'https://login.microsoftonline.com').replace(/\/$/, '');
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, scope: `${resource}/.default`, ...proof }).toString();
  const answer = await http.send({ method: 'POST', url: `${authority}/${encodeURIComponent(tenant)}/oauth2/v2.0/token`, headers: { 'content-type': 'application/x-www-form-urlencoded' }, body, ownPlace: true });
  return leaseOf(membersOf(answer, 'Microsoft Entra ID', 'a token'));
}

async function fromManagedIdentity(clientId: string | undefined, resource: string, { environment, http }: SourceServices): Promise<Lease<string>> {
  const endpoint = environment['IDENTITY_ENDPOINT'];
  const url = new URL(endpoint ?? INSTANCE_ENDPOINT);
  url.searchParams.set('api-version', endpoint === undefined ? '2018-02-01' : '2019-08-01');
  url.searchParams.set('resource', resource);
  if (clientId !== undefined) url.searchParams.set('client_id', clientId);
  const headers: Readonly<Record<string, string>> = endpoint === undefined ? { metadata: 'true' } : { 'x-identity-header': environment['IDENTITY_HEADER'] ?? '' };
  return leaseOf(membersOf(await http.send({ method: 'GET', url: url.href, headers, ownPlace: true }), 'the managed identity endpoint', 'a token'));
}
