/**
 * `hcv` vaults: HashiCorp Vault's KV engine, versions 1 and 2 (developer.hashicorp.com/vault/api-docs/secret/kv), with a token,
 * AppRole or Kubernetes login. A login is renewed by logging in again.
 */
import type { JsonObject } from '../../shared/model/definition.ts';
import { localSecret } from './local-secret.ts';
import { Login, type Lease } from './login.ts';
import { isMembers, membersOf, textMember } from './vault-answer.ts';
import { vaultAnswerInvalid, vaultConfigInvalid, vaultNotAllowed } from './vault-failures.ts';
import type { VaultAnswer } from './vault-http.ts';
import { numberOf, textOf, type SecretName, type SourceServices, type VaultSource } from './vault-source.ts';

const KUBERNETES_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';
const WHO = 'HashiCorp Vault';
/** Of the server itself: no engine can be mounted there, and `auth/token/lookup-self` answers with the token. */
const NO_ENGINES = ['auth', 'sys', 'identity'];

export function createHcvSource(config: JsonObject, services: SourceServices): VaultSource {
  const host = textOf(config, 'host') ?? '127.0.0.1';
  const origin = `${textOf(config, 'protocol') ?? 'http'}://${host.includes(':') ? `[${host}]` : host}:${numberOf(config, 'port') ?? 8200}`;
  const mount = textOf(config, 'mount') ?? 'secret';
  const isV2 = textOf(config, 'kv') === 'v2';
  const namespace = textOf(config, 'namespace');
  const common = namespace === undefined ? {} : { 'x-vault-namespace': namespace };
  const login = new Login(services.clock, () => logIn(config, origin, common, services));

  const ask = async (path: string): Promise<VaultAnswer> => {
    const token = await login.get();
    return services.http.send({ method: 'GET', url: `${origin}/v1/${path}`, headers: { ...common, 'x-vault-token': token } });
  };

  return {
    async read({ name, version }: SecretName) {
      if (NO_ENGINES.includes(mount.split('/', 1)[0] ?? '')) throw vaultNotAllowed(`${mount} of ${WHO} is no KV engine: name where one is mounted`);
      const path = `${mount}/${isV2 ? 'data/' : ''}${name.split('/').map(encodeURIComponent).join('/')}${isV2 && version !== undefined ? `?version=${encodeURIComponent(version)}` : ''}`;
      let answer = await ask(path);
      // A token may have been revoked, or replaced where it is kept.
      if (answer.status === 403) {
        login.forget();
        answer = await ask(path);
      }
      const { data } = membersOf(answer, WHO, `secret ${mount}/${name}`);
      const members = isV2 && isMembers(data) ? data['data'] : data;
      if (!isMembers(members)) throw vaultAnswerInvalid(`${WHO} answered secret ${mount}/${name} in another form: see whether the vault's kv is the version of the engine`);
      return JSON.stringify(members);
    },
  };
}

async function logIn(config: JsonObject, origin: string, headers: Readonly<Record<string, string>>, services: SourceServices): Promise<Lease<string>> {
  switch (textOf(config, 'auth_method')) {
    case 'approle': {
      const body = { role_id: await localSecret('approle_role_id', textOf(config, 'approle_role_id'), services), secret_id: await localSecret('approle_secret_id', textOf(config, 'approle_secret_id'), services) };
      return exchange(textOf(config, 'approle_auth_path') ?? 'approle', body);
    }
    case 'kubernetes': {
      if (!services.http.isNamed(origin)) throw vaultNotAllowed(`the Kubernetes token of this data plane is shown only to hosts that HOLDFAST_VAULT_HOSTS names: add ${new URL(origin).hostname}`);
      const jwt = (await services.readFile(KUBERNETES_TOKEN))?.trim();
      if (jwt === undefined) throw vaultConfigInvalid(`there is no service account token at ${KUBERNETES_TOKEN}`);
      return exchange(textOf(config, 'kube_auth_path') ?? 'kubernetes', { role: textOf(config, 'kube_role') ?? '', jwt });
    }
    default:
      // Looked at for each login: it may be replaced in its file.
      return { value: await localSecret('token', textOf(config, 'token'), services), lifetimeMs: 60_000 };
  }

  async function exchange(path: string, body: Readonly<Record<string, string>>): Promise<Lease<string>> {
    const answer = await services.http.send({ method: 'POST', url: `${origin}/v1/auth/${path}/login`, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) });
    const { auth } = membersOf(answer, WHO, `login at ${path}`);
    if (!isMembers(auth)) throw vaultAnswerInvalid(`${WHO} answered a login at ${path} without auth`);
    const lease = auth['lease_duration'];
    return { value: textMember(auth, 'client_token', WHO), lifetimeMs: typeof lease === 'number' && lease > 0 ? lease * 1_000 : Infinity };
  }
}
