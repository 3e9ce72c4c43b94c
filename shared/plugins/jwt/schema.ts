/**
 * The static half of jwt: what the control plane checks and `/schemas/plugins/jwt` shows. The first ten fields as in Kong 3.9, those
 * from `issuer` on are ours: an issuer that publishes its keys.
 */
import type { RecordOf } from '../../model/entity-types.ts';
import { entityRule, fieldAt, isFilled, whenField } from '../../model/entity-checks.ts';
import type { StringRule } from '../../model/definition.ts';
import { cookieNameRule, headerNameRule } from '../../model/string-rules.ts';
import type { PluginSchema } from '../contract.ts';
import { realmRule } from '../../plugin-parts/realm.ts';

/** Those whose keys can be published. */
export const PUBLIC_KEY_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512', 'EdDSA'] as const;

/** Keys that came in the clear could be anybody's. */
const httpsRule: StringRule = {
  name: 'https-url',
  check: (text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url?.protocol !== 'https:') return 'must be an https URL: keys that come in the clear could be anybody\'s';
    return url.username === '' && url.password === '' && url.hash === '' ? undefined : 'must not have a user, a password or a fragment';
  },
};

const issuerWithKeys = entityRule('`issuer` and `jwks_uri` are given together.', (plugin) => {
  const [issuer, uri] = [isFilled(fieldAt(plugin, 'config.issuer')), isFilled(fieldAt(plugin, 'config.jwks_uri'))];
  return issuer === uri ? [] : [{ field: issuer ? 'config.jwks_uri' : 'config.issuer', message: 'required field missing: tokens of an issuer are verified with the keys that it publishes, so both are given or neither' }];
});

const boundedExpiration = whenField(
  { field: 'config.maximum_expiration', is: (value) => typeof value === 'number' && value > 0 },
  'config.claims_to_verify', (value) => Array.isArray(value) && value.some((claim) => claim === 'exp'), 'expected to contain: exp',
);

export const jwtSchema = {
  name: 'jwt',
  version: '1.0.0',
  priority: 1450,
  scopes: ['global', 'service', 'route'],
  protocols: ['grpc', 'grpcs', 'http', 'https'],
  description: 'Recognises a consumer by a signed token (RFC 7519), by its own credential or by the keys that an issuer publishes.',
  config: [
    { name: 'uri_param_names', tag: 1, type: { kind: 'array', of: { kind: 'string', minLength: 1, maxLength: 256 } }, required: true, default: ['jwt'], description: 'Arguments of the query in which a token is looked for.' },
    { name: 'cookie_names', tag: 2, type: { kind: 'array', of: { kind: 'string', maxLength: 256, rules: [cookieNameRule] } }, required: true, default: [], description: 'Cookies in which a token is looked for.' },
    { name: 'key_claim_name', tag: 3, type: { kind: 'string', minLength: 1, maxLength: 256 }, required: true, default: 'iss', description: 'The claim, or else the member of the token\'s header, that names the credential by its `key`.' },
    { name: 'secret_is_base64', tag: 4, type: { kind: 'boolean' }, required: true, default: false, description: 'Secrets of credentials are base64.' },
    { name: 'claims_to_verify', tag: 5, type: { kind: 'set', of: { kind: 'string', oneOf: ['exp', 'nbf'] } }, description: 'Times that a token must have and keep to. A token of `issuer` always keeps to those it has, and must have `exp`.' },
    { name: 'anonymous', tag: 6, type: { kind: 'string', maxLength: 512 }, description: 'Id or username of the consumer that a request without a valid token counts as; without it such a request is refused.' },
    { name: 'run_on_preflight', tag: 7, type: { kind: 'boolean' }, required: true, default: true, description: 'Asks for a token on OPTIONS requests too.' },
    { name: 'maximum_expiration', tag: 8, type: { kind: 'number', between: [0, 31_536_000] }, required: true, default: 0, description: 'Seconds from now that `exp` may lie ahead; 0 is without a limit.' },
    { name: 'header_names', tag: 9, type: { kind: 'array', of: { kind: 'string', maxLength: 256, rules: [headerNameRule] } }, required: true, default: ['authorization'], description: 'Headers in which a token is looked for, as `Bearer <token>`.' },
    { name: 'realm', tag: 10, type: { kind: 'string', maxLength: 256, rules: [realmRule] }, description: 'Realm named in the WWW-Authenticate header of a refusal.' },
    { name: 'issuer', tag: 11, type: { kind: 'string', minLength: 1, maxLength: 2_048 }, description: 'Tokens with this `iss` are verified with the keys of `jwks_uri`, and with nothing else.' },
    { name: 'jwks_uri', tag: 12, type: { kind: 'string', maxLength: 2_048, rules: [httpsRule] }, description: 'Where that issuer publishes its keys (RFC 7517 §5). Never taken from a token.' },
    { name: 'jwks_cache_ttl', tag: 13, type: { kind: 'integer', between: [30, 86_400] }, required: true, default: 300, description: 'Seconds after which the keys are fetched again, in the background.' },
    { name: 'jwks_max_stale', tag: 14, type: { kind: 'integer', between: [0, 2_592_000] }, required: true, default: 86_400, description: 'Seconds for which the last good keys go on serving, counted from when they are due, while they can\'t be fetched. Then tokens of `issuer` are refused.' },
    { name: 'audiences', tag: 15, type: { kind: 'set', of: { kind: 'string', minLength: 1, maxLength: 2_048 } }, description: 'A token of `issuer` must be meant (`aud`) for one of these. Without it, whoever it is meant for.' },
    { name: 'algorithms', tag: 16, type: { kind: 'set', of: { kind: 'string', oneOf: PUBLIC_KEY_ALGORITHMS } }, required: true, default: ['RS256', 'ES256', 'PS256', 'EdDSA'], description: 'How a token of `issuer` may be signed; that of a credential, only as the credential says.' },
    { name: 'consumer_claim', tag: 17, type: { kind: 'string', minLength: 1, maxLength: 256 }, required: true, default: 'sub', description: 'The claim of a token of `issuer` that names the consumer.' },
    { name: 'consumer_by', tag: 18, type: { kind: 'array', minLength: 1, of: { kind: 'string', oneOf: ['custom_id', 'username', 'id'] } }, required: true, default: ['custom_id', 'username'], description: 'What of a consumer that claim is, in this order.' },
    { name: 'detailed_errors', tag: 19, type: { kind: 'boolean' }, required: true, default: false, description: 'Says, as Kong does, why no signature was found right: no such credential, another algorithm, a key of no use or a wrong signature. Whoever asks then learns which credentials there are.' },
  ],
  checks: [boundedExpiration, issuerWithKeys],
} as const satisfies PluginSchema;

export type JwtConfig = RecordOf<(typeof jwtSchema)['config']>;
