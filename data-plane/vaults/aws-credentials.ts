/**
 * Credentials of AWS as its own tools find them, in their order: environment, web identity (EKS), container (ECS, EKS Pod Identity),
 * instance (EC2, version 2 of its metadata service). Everything here comes from the data plane's surroundings, nothing from a configuration.
 */
import type { Lease } from './login.ts';
import type { AwsCredentials } from './sign-aws.ts';
import { membersOf, textMember } from './vault-answer.ts';
import { vaultConfigInvalid, vaultDenied, vaultUnreachable } from './vault-failures.ts';
import type { VaultAnswer } from './vault-http.ts';
import type { SourceServices } from './vault-source.ts';

const CONTAINER_ENDPOINT = 'http://169.254.170.2';
const INSTANCE_ENDPOINT = 'http://169.254.169.254';
const METADATA_TOKEN_SECONDS = '300';
const ROLES = '/latest/meta-data/iam/security-credentials/';

/** Throws VAULT_… where there are none. */
export async function findAwsCredentials(region: string, services: SourceServices): Promise<Lease<AwsCredentials>> {
  const { environment } = services;
  const accessKeyId = environment['AWS_ACCESS_KEY_ID'];
  const secretAccessKey = environment['AWS_SECRET_ACCESS_KEY'];
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    return { value: { accessKeyId, secretAccessKey, sessionToken: environment['AWS_SESSION_TOKEN'] }, lifetimeMs: Infinity };
  }
  if (environment['AWS_WEB_IDENTITY_TOKEN_FILE'] !== undefined) return fromWebIdentity(region, services);
  if (environment['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'] !== undefined || environment['AWS_CONTAINER_CREDENTIALS_FULL_URI'] !== undefined) return fromContainer(services);
  if (environment['AWS_EC2_METADATA_DISABLED'] !== 'true') return fromInstance(services);
  throw vaultConfigInvalid('this data plane has no credentials for AWS: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give it a role');
}

export function stsEndpoint(region: string, environment: SourceServices['environment']): string {
  return environment['AWS_ENDPOINT_URL_STS'] ?? `https://sts.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}

/** Of AssumeRole and its kin: credentials in XML. Throws VAULT_…. */
export function parseStsAnswer({ status, text }: VaultAnswer, nowMs: number): Lease<AwsCredentials> {
  if (status >= 500) throw vaultUnreachable(`AWS STS answered ${status}`);
  const element = (name: string): string | undefined => new RegExp(`<${name}>([^<]+)</${name}>`).exec(text)?.[1];
  const [accessKeyId, secretAccessKey, sessionToken, expiration] = ['AccessKeyId', 'SecretAccessKey', 'SessionToken', 'Expiration'].map(element);
  if (status !== 200 || accessKeyId === undefined || secretAccessKey === undefined) throw vaultDenied(`AWS STS gave no credentials (${status}${status === 200 ? '' : `, ${/<Code>(\w+)</.exec(text)?.[1] ?? 'no code'}`})`);
  return { value: { accessKeyId, secretAccessKey, sessionToken }, lifetimeMs: lifetimeOf(expiration, nowMs) };
}

async function fromWebIdentity(region: string, { environment, http, readFile, clock }: SourceServices): Promise<Lease<AwsCredentials>> {
  const token = await readFile(environment['AWS_WEB_IDENTITY_TOKEN_FILE'] ?? '');
  const role = environment['AWS_ROLE_ARN'];
  if (token === undefined || role === undefined) throw vaultConfigInvalid('AWS_WEB_IDENTITY_TOKEN_FILE names no file that can be read, or AWS_ROLE_ARN is missing');
  const body = new URLSearchParams({ Action: 'AssumeRoleWithWebIdentity', Version: '2011-06-15', RoleArn: role, RoleSessionName: environment['AWS_ROLE_SESSION_NAME'] ?? 'HoldfastVault', WebIdentityToken: token.trim() });
  const answer = await http.send({ method: 'POST', url: `${stsEndpoint(region, environment).replace(/\/$/, '')}/`, headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: body.toString(), ownPlace: true });
  return parseStsAnswer(answer, clock.nowMs());
}

async function fromContainer({ environment, http, readFile, clock }: SourceServices): Promise<Lease<AwsCredentials>> {
  const relative = environment['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'];
  const url = relative === undefined ? (environment['AWS_CONTAINER_CREDENTIALS_FULL_URI'] ?? '') : CONTAINER_ENDPOINT + relative;
  const file = environment['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'];
  const authorization = file === undefined ? environment['AWS_CONTAINER_AUTHORIZATION_TOKEN'] : (await readFile(file))?.trim();
  const answer = await http.send({ method: 'GET', url, headers: authorization === undefined ? {} : { authorization }, ownPlace: true });
  return parseCredentials(answer, clock.nowMs());
}

async function fromInstance({ environment, http, clock }: SourceServices): Promise<Lease<AwsCredentials>> {
  const endpoint = environment['AWS_EC2_METADATA_SERVICE_ENDPOINT'] ?? INSTANCE_ENDPOINT;
  const token = await http.send({ method: 'PUT', url: `${endpoint}/latest/api/token`, headers: { 'x-aws-ec2-metadata-token-ttl-seconds': METADATA_TOKEN_SECONDS }, ownPlace: true });
  if (token.status !== 200) throw vaultUnreachable(`the instance metadata service answered ${token.status}`);
  const headers = { 'x-aws-ec2-metadata-token': token.text };
  const roles = await http.send({ method: 'GET', url: `${endpoint}${ROLES}`, headers, ownPlace: true });
  const role = roles.status === 200 ? roles.text.split('\n')[0]?.trim() : undefined;
  if (role === undefined || role === '') throw vaultConfigInvalid('this instance has no role: give it one that may read the secrets, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY');
  return parseCredentials(await http.send({ method: 'GET', url: `${endpoint}${ROLES}${encodeURIComponent(role)}`, headers, ownPlace: true }), clock.nowMs());
}

function parseCredentials(answer: VaultAnswer, nowMs: number): Lease<AwsCredentials> {
  const who = 'the metadata service';
  const members = membersOf(answer, who, 'credentials');
  const expiration = members['Expiration'];
  const value = { accessKeyId: textMember(members, 'AccessKeyId', who), secretAccessKey: textMember(members, 'SecretAccessKey', who), sessionToken: textMember(members, 'Token', who) };
  return { value, lifetimeMs: lifetimeOf(typeof expiration === 'string' ? expiration : undefined, nowMs) };
}

/** Without a date that can be read: not for long. */
function lifetimeOf(expiration: string | undefined, nowMs: number): number {
  const endsAtMs = Date.parse(expiration ?? '');
  return Number.isNaN(endsAtMs) ? 300_000 : Math.max(0, endsAtMs - nowMs);
}
