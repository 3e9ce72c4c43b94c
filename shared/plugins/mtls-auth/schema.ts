/** The static half of mtls-auth: what the control plane checks and `/schemas/plugins/mtls-auth` shows. Config fields as in Kong 3.9. */
import type { RecordOf } from '../../model/entity-types.ts';
import { uuidRule } from '../../model/string-rules.ts';
import type { PluginSchema } from '../contract.ts';

const PORT = { kind: 'integer', between: [0, 65_535] } as const;
const HOST = { kind: 'string', maxLength: 255 } as const;
const WITHOUT_PROXY = 'Accepted for compatibility; without effect, because authorities are asked directly.';

export const mtlsAuthSchema = {
  name: 'mtls-auth',
  version: '1.0.0',
  priority: 1600,
  scopes: ['global', 'service', 'route'],
  protocols: ['grpc', 'grpcs', 'http', 'https'],
  description: 'Recognises a consumer by the certificate that its client shows in the TLS handshake.',
  config: [
    {
      name: 'ca_certificates', tag: 1, required: true, type: { kind: 'array', minLength: 1, of: { kind: 'string', rules: [uuidRule] } },
      description: "Ids of the `ca_certificates` that a client's certificate must lead up to.",
    },
    { name: 'anonymous', tag: 2, type: { kind: 'string', maxLength: 512 }, description: 'Id or username of the consumer that a request without a valid certificate counts as; without it such a request is refused.' },
    {
      name: 'consumer_by', tag: 3, default: ['username', 'custom_id'], type: { kind: 'array', of: { kind: 'string', oneOf: ['username', 'custom_id'] } },
      description: "What of consumers is compared with the certificate's names where no credential has one of them; empty compares nothing.",
    },
    { name: 'skip_consumer_lookup', tag: 4, type: { kind: 'boolean' }, required: true, default: false, description: 'Any valid certificate will do; its name becomes the authenticated group, and no consumer is looked for.' },
    { name: 'authenticated_group_by', tag: 5, type: { kind: 'string', oneOf: ['CN', 'DN'] }, default: 'CN', description: "Which name that is: the common name or the whole subject." },
    { name: 'default_consumer', tag: 6, type: { kind: 'string', maxLength: 512 }, description: 'Id or username of the consumer that a valid certificate counts as whose names are nobody\'s.' },
    { name: 'allow_partial_chain', tag: 7, type: { kind: 'boolean' }, required: true, default: false, description: 'An authority below others is enough; otherwise the certificate must lead up to one in `ca_certificates` that signed itself.' },
    {
      name: 'revocation_check_mode', tag: 8, type: { kind: 'string', oneOf: ['SKIP', 'IGNORE_CA_ERROR', 'STRICT'] }, required: true, default: 'SKIP',
      description: 'Whether the issuers are asked if certificates were revoked: `SKIP` does not ask, `IGNORE_CA_ERROR` takes one of which nobody can be asked, `STRICT` takes only what is known to be good. `SKIP` unless said: asking makes clients wait, and issuers in private networks must be allowed first (`HOLDFAST_PLUGIN_FETCH_NETWORKS`).',
    },
    { name: 'send_ca_dn', tag: 9, type: { kind: 'boolean' }, required: true, default: false, description: 'Accepted for compatibility; the names of the authorities are always sent, so that clients can choose among their certificates.' },
    { name: 'cache_ttl', tag: 10, type: { kind: 'number', between: [0, 1e9] }, required: true, default: 60, description: 'Accepted for compatibility; without effect, because consumers are not looked up over the network.' },
    { name: 'cert_cache_ttl', tag: 11, type: { kind: 'number', between: [0, 1e9] }, required: true, default: 60_000, description: 'Milliseconds that the answer about a certificate counts, at most; it is asked for anew in the background before.' },
    { name: 'http_timeout', tag: 12, type: { kind: 'number', between: [0, 1e9] }, required: true, default: 30_000, description: 'Milliseconds for one question to an issuer; all about a certificate takes 20 seconds at most.' },
    { name: 'http_proxy_host', tag: 13, type: HOST, description: WITHOUT_PROXY },
    { name: 'http_proxy_port', tag: 14, type: PORT, description: WITHOUT_PROXY },
    { name: 'https_proxy_host', tag: 15, type: HOST, description: WITHOUT_PROXY },
    { name: 'https_proxy_port', tag: 16, type: PORT, description: WITHOUT_PROXY },
  ],
} as const satisfies PluginSchema;

export type MtlsAuthConfig = RecordOf<(typeof mtlsAuthSchema)['config']>;
