/** The static half of hmac-auth: what the control plane checks and `/schemas/plugins/hmac-auth` shows. Config as in Kong 3.9, with `hmac-sha224` besides. */
import type { RecordOf } from '../../model/entity-types.ts';
import { headerNameRule } from '../../model/string-rules.ts';
import type { StringRule } from '../../model/definition.ts';
import type { PluginSchema } from '../contract.ts';
import { realmRule } from '../../plugin-parts/realm.ts';

export const HMAC_ALGORITHMS = ['hmac-sha1', 'hmac-sha224', 'hmac-sha256', 'hmac-sha384', 'hmac-sha512'] as const;

const signedNameRule: StringRule = {
  name: 'signed-header',
  check: (text) => (text === '@request-target' ? undefined : headerNameRule.check(text)),
};

export const hmacAuthSchema = {
  name: 'hmac-auth',
  version: '1.0.0',
  priority: 1030,
  scopes: ['global', 'service', 'route'],
  protocols: ['grpc', 'grpcs', 'http', 'https', 'ws', 'wss'],
  description: 'Recognises a consumer by the signature that it makes of a request with a shared secret.',
  config: [
    { name: 'hide_credentials', tag: 1, type: { kind: 'boolean' }, required: true, default: false, description: 'Takes the credentials off the request before it goes upstream.' },
    { name: 'clock_skew', tag: 2, type: { kind: 'number', between: [1, 86_400] }, required: true, default: 300, description: 'Seconds by which the signed date may differ from the data plane\'s clock, either way: for so long a request can be replayed.' },
    { name: 'anonymous', tag: 3, type: { kind: 'string', maxLength: 512 }, description: 'Id or username of the consumer that a request without a valid signature counts as; without it such a request is refused.' },
    { name: 'validate_request_body', tag: 4, type: { kind: 'boolean' }, required: true, default: false, description: 'A body must have its SHA-256 in the header Digest, which must be signed. Bodies of at most 8 MiB, which are collected before they are forwarded.' },
    { name: 'enforce_headers', tag: 5, type: { kind: 'array', of: { kind: 'string', maxLength: 256, rules: [signedNameRule] } }, required: true, default: [], description: 'Headers that must be signed, besides the date; `request-line` and `@request-target` are such, too.' },
    { name: 'algorithms', tag: 6, type: { kind: 'array', minLength: 1, of: { kind: 'string', oneOf: HMAC_ALGORITHMS } }, required: true, default: ['hmac-sha1', 'hmac-sha256', 'hmac-sha384', 'hmac-sha512'], description: 'How a request may be signed.' },
    { name: 'realm', tag: 7, type: { kind: 'string', maxLength: 256, rules: [realmRule] }, description: 'Realm named in the WWW-Authenticate header of a refusal.' },
  ],
} as const satisfies PluginSchema;

export type HmacAuthConfig = RecordOf<(typeof hmacAuthSchema)['config']>;
