/**
 * `aws` vaults: AWS Secrets Manager by GetSecretValue
 * (docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html), as this data plane or in a role that it assumes.
 */
import type { JsonObject } from '../../shared/model/definition.ts';
import { findAwsCredentials, parseStsAnswer, stsEndpoint } from './aws-credentials.ts';
import { Login, type Lease } from './login.ts';
import { signAws, type AwsCredentials } from './sign-aws.ts';
import { membersOf, parseMembers } from './vault-answer.ts';
import { vaultAnswerInvalid, vaultConfigInvalid, vaultDenied, vaultNotAllowed, vaultSecretMissing, vaultUnreachable } from './vault-failures.ts';
import type { VaultAnswer } from './vault-http.ts';
import { textOf, type SecretName, type SourceServices, type VaultSource } from './vault-source.ts';

const WHO = 'AWS Secrets Manager';
const STALE_CREDENTIALS: ReadonlySet<string> = new Set(['ExpiredTokenException', 'UnrecognizedClientException', 'InvalidSignatureException']);
const LATER: ReadonlySet<string> = new Set(['ThrottlingException', 'InternalServiceError', 'RequestLimitExceeded']);

export function createAwsSource(config: JsonObject, services: SourceServices): VaultSource {
  const { environment, clock, http } = services;
  const own = new Login(clock, () => findAwsCredentials(regionOf(config, environment), services));
  const role = textOf(config, 'assume_role_arn');
  const login = role === undefined ? own : new Login(clock, async () => assumeRole(role, config, await own.get(), services));

  const ask = async ({ name, version }: SecretName): Promise<VaultAnswer> => {
    const region = regionOf(config, environment);
    const url = textOf(config, 'endpoint_url') ?? `https://secretsmanager.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}/`;
    refuseElsewhere(url, services);
    const wanted = version === undefined ? {} : /^[A-Za-z0-9-]{32,64}$/.test(version) ? { VersionId: version } : { VersionStage: version };
    const request = {
      method: 'POST', url, body: JSON.stringify({ SecretId: name, ...wanted }),
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'secretsmanager.GetSecretValue' },
    } as const;
    return http.send({ ...request, headers: signAws(request, await login.get(), { region, service: 'secretsmanager', nowMs: clock.nowMs() }) });
  };

  return {
    async read(secret) {
      let answer = await ask(secret);
      if (STALE_CREDENTIALS.has(errorOf(answer))) {
        for (const each of [own, login]) each.forget();
        answer = await ask(secret);
      }
      const members = membersOf(told(answer, secret.name), WHO, `secret ${secret.name}`);
      const { SecretString: text, SecretBinary: binary } = members;
      if (typeof text === 'string') return text;
      if (typeof binary === 'string') return Buffer.from(binary, 'base64').toString('utf8');
      throw vaultAnswerInvalid(`${WHO} answered secret ${secret.name} without SecretString and SecretBinary`);
    },
  };
}

async function assumeRole(role: string, config: JsonObject, credentials: AwsCredentials, { environment, http, clock }: SourceServices): Promise<Lease<AwsCredentials>> {
  const region = regionOf(config, environment);
  const given = textOf(config, 'sts_endpoint_url');
  if (given !== undefined) refuseElsewhere(given, { http });
  const body = new URLSearchParams({ Action: 'AssumeRole', Version: '2011-06-15', RoleArn: role, RoleSessionName: textOf(config, 'role_session_name') ?? 'HoldfastVault' }).toString();
  const request = { method: 'POST', url: `${(given ?? stsEndpoint(region, environment)).replace(/\/$/, '')}/`, body, headers: { 'content-type': 'application/x-www-form-urlencoded' } } as const;
  const headers = signAws(request, credentials, { region, service: 'sts', nowMs: clock.nowMs() });
  return parseStsAnswer(await http.send({ ...request, headers, ...(given === undefined ? { ownPlace: true } : {}) }), clock.nowMs());
}

function regionOf(config: JsonObject, environment: SourceServices['environment']): string {
  const region = textOf(config, 'region') ?? environment['AWS_REGION'] ?? environment['AWS_DEFAULT_REGION'];
  if (region !== undefined && /^[a-z0-9-]+$/.test(region)) return region;
  throw vaultConfigInvalid("the region of AWS Secrets Manager is not known: give it in the vault's config, the reference (?region=…) or the data plane's AWS_REGION");
}

/** A session token goes with each call: not to whomever a configuration names. */
function refuseElsewhere(url: string, { http }: Pick<SourceServices, 'http'>): void {
  const { hostname, protocol } = new URL(url);
  if ((protocol === 'https:' && /\.amazonaws\.com(\.cn)?$/.test(hostname)) || http.isNamed(url)) return;
  throw vaultNotAllowed(`AWS is asked at its own hosts, or at those that HOLDFAST_VAULT_HOSTS names: add ${hostname}`);
}

/** `ResourceNotFoundException`; '' where it is none. */
function errorOf({ status, text }: VaultAnswer): string {
  const type = status === 400 ? parseMembers(text)?.['__type'] : undefined;
  return typeof type === 'string' ? (type.split('#').at(-1) ?? '') : '';
}

/** All its refusals are 400, told apart by a type. */
function told(answer: VaultAnswer, name: string): VaultAnswer {
  const error = errorOf(answer);
  if (error === 'ResourceNotFoundException') throw vaultSecretMissing(`${WHO} has no secret ${name}`);
  if (LATER.has(error)) throw vaultUnreachable(`${WHO} answered ${error} for secret ${name}`);
  if (error !== '') throw vaultDenied(`${WHO} refused secret ${name} (${/^\w{1,100}$/.test(error) ? error : 'unknown error'}): look at the permissions of this data plane's role`);
  return answer;
}
