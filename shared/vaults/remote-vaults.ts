/**
 * Vaults that are asked over HTTP, each by what its config holds; fields as in Kong where it has them. How they are asked:
 * data-plane/vaults/. Cloud vaults are asked as the data plane itself, by what its own surroundings give it.
 */
import type { Field, StringRule } from '../model/definition.ts';
import { requiredWhen } from '../model/entity-checks.ts';
import { hostRule } from '../model/string-rules.ts';
import type { VaultSchema } from './catalog.ts';
import { LOCAL_SECRET, lifetimeFields } from './vault-fields.ts';

/** Once an hour: cloud vaults cost by the call, and by data planes. */
const HOURLY = lifetimeFields(3_600);
const NAME = { kind: 'string', maxLength: 512 } as const;

const urlRule: StringRule = {
  name: 'url',
  check: (text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || !['http:', 'https:'].includes(url.protocol)) return 'expected a URL, https://… or http://…';
    return url.username === '' && url.password === '' && url.search === '' && url.hash === '' ? undefined : 'expected a URL without user, password, query and fragment';
  },
};

/** Parts of a path on the server; a slash at an end would make an empty one. */
const pathRule: StringRule = {
  name: 'path',
  check: (text) => (/^[A-Za-z0-9_.~-]+(?:\/[A-Za-z0-9_.~-]+)*$/.test(text) && !text.split('/').includes('..') ? undefined : 'expected a path of letters, digits, -, _, . and ~, without slash at its ends'),
};
const regionRule: StringRule = { name: 'region', check: (text) => (/^[a-z0-9]+(?:-[a-z0-9]+)+$/.test(text) ? undefined : 'expected a region such as eu-central-1') };
const projectRule: StringRule = { name: 'project', check: (text) => (/^[a-z0-9][a-z0-9.:-]*$/.test(text) ? undefined : 'expected the id or number of a project') };

const URL_TEXT = { kind: 'string', maxLength: 2_048, rules: [urlRule] } as const;
const PATH = { kind: 'string', maxLength: 512, rules: [pathRule] } as const;

const HCV: readonly Field[] = [
  { name: 'protocol', tag: 1, type: { kind: 'string', oneOf: ['http', 'https'] }, default: 'http', description: 'How the server is spoken to.' },
  { name: 'host', tag: 2, type: { kind: 'string', rules: [hostRule] }, default: '127.0.0.1', description: 'Name or address of the server.' },
  { name: 'port', tag: 3, type: { kind: 'integer', between: [1, 65_535] }, default: 8200, description: 'Its port.' },
  { name: 'mount', tag: 4, type: PATH, default: 'secret', description: 'Where the KV engine is mounted.' },
  { name: 'kv', tag: 5, type: { kind: 'string', oneOf: ['v1', 'v2'] }, default: 'v1', description: 'Version of the KV engine.' },
  { name: 'namespace', tag: 6, type: PATH, description: 'Namespace (Vault Enterprise, HCP).' },
  { name: 'auth_method', tag: 7, type: { kind: 'string', oneOf: ['token', 'approle', 'kubernetes'] }, default: 'token', description: 'How the data plane logs in.' },
  { name: 'token', tag: 8, type: LOCAL_SECRET, referenceable: true, description: 'With `token`: a reference to the token in the environment or a file of data planes.' },
  { name: 'approle_auth_path', tag: 9, type: PATH, default: 'approle', description: 'With `approle`: where it is mounted.' },
  { name: 'approle_role_id', tag: 10, type: NAME, referenceable: true, description: 'With `approle`: the id of the role, or a reference to it.' },
  { name: 'approle_secret_id', tag: 11, type: LOCAL_SECRET, referenceable: true, description: "With `approle`: a reference to the role's secret in the environment or a file of data planes." },
  { name: 'kube_role', tag: 12, type: NAME, description: 'With `kubernetes`: the role to log in as.' },
  { name: 'kube_auth_path', tag: 13, type: PATH, default: 'kubernetes', description: 'With `kubernetes`: where it is mounted.' },
  ...lifetimeFields(3_600),
];

const AUTH = 'config.auth_method';
export const hcvVault: VaultSchema = {
  name: 'hcv',
  description: 'HashiCorp Vault (and OpenBao): secrets of a KV engine.',
  config: HCV,
  checks: [
    requiredWhen({ field: AUTH, is: ['token'] }, 'config.token'),
    requiredWhen({ field: AUTH, is: ['approle'] }, 'config.approle_role_id'),
    requiredWhen({ field: AUTH, is: ['approle'] }, 'config.approle_secret_id'),
    requiredWhen({ field: AUTH, is: ['kubernetes'] }, 'config.kube_role'),
  ],
};

export const awsVault: VaultSchema = {
  name: 'aws',
  description: "AWS Secrets Manager, with the data plane's own credentials (environment, web identity, container, instance).",
  config: [
    { name: 'region', tag: 1, type: { kind: 'string', maxLength: 64, rules: [regionRule] }, description: "Region of the secrets; without it, the data plane's AWS_REGION." },
    { name: 'endpoint_url', tag: 2, type: URL_TEXT, description: 'Where Secrets Manager is asked instead of the public endpoint of the region.' },
    { name: 'assume_role_arn', tag: 3, type: NAME, description: 'A role to assume before asking.' },
    { name: 'role_session_name', tag: 4, type: { kind: 'string', maxLength: 64 }, default: 'HoldfastVault', description: 'How the session of that role is named.' },
    { name: 'sts_endpoint_url', tag: 5, type: URL_TEXT, description: 'Where roles are assumed instead of the public endpoint of the region.' },
    ...HOURLY,
  ],
};

export const gcpVault: VaultSchema = {
  name: 'gcp',
  description: "Google Cloud Secret Manager, as the data plane's own service account (GCP_SERVICE_ACCOUNT, GOOGLE_APPLICATION_CREDENTIALS, metadata server).",
  config: [
    { name: 'project_id', tag: 1, type: { kind: 'string', maxLength: 128, rules: [projectRule] }, description: "Project of the secrets; without it, the data plane's GCLOUD_PROJECT or that of its service account." },
    { name: 'endpoint_url', tag: 2, type: URL_TEXT, description: 'Where Secret Manager is asked instead of https://secretmanager.googleapis.com.' },
    ...HOURLY,
  ],
};

export const azureVault: VaultSchema = {
  name: 'azure',
  description: "Azure Key Vault secrets, as the data plane's own identity (client secret or workload identity in the environment, managed identity).",
  config: [
    { name: 'vault_uri', tag: 1, type: URL_TEXT, description: "The vault, such as https://example.vault.azure.net; without it, the data plane's AZURE_VAULT_URI." },
    { name: 'type', tag: 2, type: { kind: 'string', oneOf: ['secrets'] }, default: 'secrets', description: 'What is read from the vault.' },
    { name: 'credentials_prefix', tag: 3, type: { kind: 'string', maxLength: 64, oneOf: ['AZURE'] }, default: 'AZURE', description: 'Beginning of the names of the variables with credentials.' },
    { name: 'tenant_id', tag: 4, type: NAME, description: "Directory to log in to; without it, the data plane's AZURE_TENANT_ID." },
    { name: 'client_id', tag: 5, type: NAME, description: "Application or managed identity; without it, the data plane's AZURE_CLIENT_ID." },
    { name: 'location', tag: 6, type: NAME, description: 'Accepted as in Kong; not needed.' },
    ...HOURLY,
  ],
};
