/**
 * Examples in the OpenAPI document: for each kind of entity a body that creates one, a body that changes it, and what is answered. What
 * is answered is made by the parser itself from the body, with ids and times that stand still, so it can't fall behind the definitions;
 * test/admin-openapi-examples.test.ts sends every one of them. Used by openapi.ts and openapi-paths.ts.
 */
import type { Entity, EntityDefinition, EntityKind, JsonObject } from '../../shared/model/definition.ts';
import { newId } from '../../shared/model/ids.ts';
import { parseEntity } from '../../shared/model/parse-entity.ts';
import type { PluginSource } from '../../shared/model/parse-plugin.ts';
import { entityDefinitions, entityKinds } from '../../shared/model/registry.ts';
import { withoutWriteOnly } from '../../shared/model/secret-fields.ts';
import { typeName } from '../../shared/model/type-name.ts';

/** 2026-01-31T12:00:00Z. */
const EXAMPLE_SECONDS = 1_769_860_800;
/** In the place of a certificate, which nobody should take from here. */
export const CERTIFICATE_PLACEHOLDER = '-----BEGIN CERTIFICATE-----\nMIIB…\n-----END CERTIFICATE-----';

/** The id of a kind's example: all examples make one configuration that fits together. */
export function exampleId(kind: EntityKind): string {
  return `01a1fe71-b79b-7dc5-8e3f-${String(entityKinds.indexOf(kind) + 1).padStart(12, '0')}`;
}

/** The body that creates the example of a kind. */
export function exampleInput(kind: EntityKind): JsonObject {
  const to = (target: EntityKind): JsonObject => ({ id: exampleId(target) });
  const inputs: Readonly<Record<EntityKind, JsonObject>> = {
    ca_certificates: { cert: CERTIFICATE_PLACEHOLDER },
    certificates: { cert: '{vault://env/billing-certificate}', key: '{vault://env/billing-key}' },
    snis: { name: 'billing.example.com', certificate: to('certificates') },
    services: { name: 'billing', url: 'https://billing.internal:8443/v1', retries: 3, tags: ['team-a'] },
    consumers: { username: 'ada', custom_id: '4711' },
    upstreams: { name: 'billing.internal', algorithm: 'least-connections' },
    routes: { name: 'invoices', paths: ['/invoices'], methods: ['GET', 'POST'], service: to('services') },
    targets: { target: '10.0.0.7:8443', weight: 50, upstream: to('upstreams') },
    consumer_groups: { name: 'gold' },
    consumer_group_consumers: { consumer: to('consumers'), consumer_group: to('consumer_groups') },
    partials: { name: 'shared-redis', type: 'redis-ce', config: { host: 'redis.internal', port: 6379 } },
    plugins: { name: 'rate-limiting', config: { minute: 60 }, service: to('services') },
    vaults: { name: 'env', prefix: 'billing-env', config: { prefix: 'BILLING_' } },
    key_sets: { name: 'issuer' },
    keys: { kid: '2026-01', name: 'issuer-2026-01', set: to('key_sets'), jwk: '{"kty":"oct","kid":"2026-01","k":"R2l2ZSB5b3VyIG93biBrZXksIDMyIGJ5dGVzIG9yIG1vcmUu"}' },
    keyauth_credentials: { key: 'give-a-long-random-one', consumer: to('consumers') },
    basicauth_credentials: { username: 'ada', password: 'give-a-long-random-one', consumer: to('consumers') },
    hmacauth_credentials: { username: 'ada', secret: 'give-a-long-random-one', consumer: to('consumers') },
    jwt_secrets: { key: 'https://issuer.example.com', secret: 'give-a-long-random-one', consumer: to('consumers') },
    oauth2_credentials: { name: 'Billing app', client_id: 'billing-app', client_secret: 'give-a-long-random-one', redirect_uris: ['https://billing.example.com/back'], consumer: to('consumers') },
    mtls_auth_credentials: { subject_name: 'ada@example.com', consumer: to('consumers') },
    acls: { group: 'premium', consumer: to('consumers') },
  };
  return inputs[kind];
}

/** The body that changes it: of every kind, because all have tags. */
export const EXAMPLE_PATCH: JsonObject = { tags: ['team-a', 'reviewed'] };

/** What is answered to who may see secrets. */
export function exampleEntity(definition: EntityDefinition, plugins: PluginSource): Entity {
  const { kind, nameList } = definition;
  const result = parseEntity(definition, exampleInput(kind), { mode: 'create', ...plugins, newId: () => exampleId(kind), newKey: () => newId(), nowSeconds: EXAMPLE_SECONDS });
  // The placeholder is no certificate.
  if (result.kind === 'problems') return { id: exampleId(kind), created_at: EXAMPLE_SECONDS, updated_at: EXAMPLE_SECONDS, ...exampleInput(kind), cert_digest: '0'.repeat(64), tags: null };
  return { ...withoutWriteOnly(definition, result.entity), ...(nameList === undefined ? {} : { [nameList.name]: result.names ?? [] }) };
}

/** `components.examples`: `Service`, `ServicePage`, `ServiceCreate`; and `TagsPatch`, which is for all. */
export function exampleComponents(plugins: PluginSource): JsonObject {
  const examples = entityDefinitions.filter(({ link }) => link === undefined).flatMap((definition) => {
    const name = typeName(definition);
    const entity = exampleEntity(definition, plugins);
    return [
      [`${name}Create`, { value: exampleInput(definition.kind) }] as const,
      [name, { value: entity }] as const,
      [`${name}Page`, { value: { data: [entity], next: null } }] as const,
    ];
  });
  return { ...Object.fromEntries(examples), TagsPatch: { value: EXAMPLE_PATCH } };
}
