/**
 * From a declarative file to Terraform's JSON syntax: a resource for each entity, for the provider that Kong publishes for its
 * admin API (ours speaks the same). References are expressions, so that Terraform knows the order; secrets are variables, so that
 * the file can be committed. Pure.
 */
import type { EntityKind, JsonObject, JsonValue } from '../../shared/model/definition.ts';
import { isJsonObject } from '../../shared/model/entity-checks.ts';
import { secretFieldsOf } from '../../shared/model/secret-fields.ts';
import { isVaultReference } from '../../shared/vaults/vault-reference.ts';
import { definitionOf } from '../../shared/model/registry.ts';
import { UniqueNames, type Converted } from './convert-result.ts';
import { flatContent, type FlatEntity } from './flat-content.ts';
import { textAt } from './json-values.ts';

const PROVIDER = 'kong-gateway';

/** The provider's words where they are not the singular. */
const RESOURCE_WORDS: ReadonlyMap<EntityKind, string> = new Map([
  ['keyauth_credentials', 'key_auth'], ['basicauth_credentials', 'basic_auth'], ['hmacauth_credentials', 'hmac_auth'], ['jwt_secrets', 'jwt'],
  ['oauth2_credentials', 'oauth2'], ['mtls_auth_credentials', 'mtls_auth'], ['consumer_group_consumers', 'consumer_group_member'],
]);

/** Throws CONVERT_CONTENT_INVALID. */
export function toTerraform(content: JsonObject): Converted<JsonObject> {
  const entities = flatContent(content);
  const warnings: string[] = [];
  const names = new Map<string, UniqueNames>();
  const addresses = new Map<string, string>();
  const named = entities.map((entity) => {
    const type = resourceType(entity);
    const unique = names.get(type) ?? new UniqueNames();
    names.set(type, unique);
    const name = unique.take(identifier(entity.label));
    addresses.set(`${entity.kind} ${entity.label}`, `${type}.${name}`);
    return { entity, type, name };
  });
  const variables: Record<string, JsonValue> = {};
  const resources: Record<string, Record<string, JsonValue>> = {};
  for (const { entity, type, name } of named) {
    const body: Record<string, JsonValue> = {};
    for (const [field, value] of Object.entries(entity.fields)) {
      // The plugin's name is that of the resource.
      if (entity.kind === 'plugins' && field === 'name') continue;
      body[field] = withVariables(value, field, secretFieldsOf(definitionOf(entity.kind)).map(({ path }) => path), (path) => {
        const variable = identifier(`${type.slice(PROVIDER.length + 1)}_${name}_${path}`);
        variables[variable] = { type: 'string', sensitive: true };
        return `\${var.${variable}}`;
      });
    }
    for (const [field, { to, label, isInFile }] of entity.references) {
      const address = addresses.get(`${to} ${label}`);
      if (address === undefined) warnings.push(`${type}.${name}: ${field} ${label} is not in the file: its id must be put in by hand`);
      body[field] = { id: isInFile && address !== undefined ? `\${${address}.id}` : label };
    }
    (resources[type] ??= {})[name] = body;
  }
  const value = {
    terraform: { required_providers: { [PROVIDER]: { source: 'kong/kong-gateway' } } },
    provider: { [PROVIDER]: { server_url: '${var.admin_url}' } },
    variable: { admin_url: { type: 'string', default: 'http://127.0.0.1:8001', description: 'The admin API; behind the name of a gateway for another than the default one' }, ...variables },
    resource: resources,
  };
  return { value, warnings };
}

function resourceType({ kind, fields }: FlatEntity): string {
  const word = kind === 'plugins' ? `plugin_${textAt(fields, 'name')}` : RESOURCE_WORDS.get(kind) ?? definitionOf(kind).singular;
  return `${PROVIDER}_${identifier(word)}`;
}

/** Letters, digits and "_"; does not begin with a digit (Terraform's "Identifiers"). */
function identifier(text: string): string {
  const name = text.toLowerCase().replace(/[^a-z0-9]+/g, '_').replace(/^_+|_+$/g, '');
  return /^[a-z_]/.test(name) ? name : `_${name}`;
}

/** The value with its secrets replaced, also in records. Those of a plugin's config stay: its schema is the server's. */
function withVariables(value: JsonValue, path: string, secrets: readonly string[], variableFor: (path: string) => string): JsonValue {
  if (secrets.includes(path)) return typeof value === 'string' && !isVaultReference(value) ? variableFor(path) : escaped(value);
  if (!isJsonObject(value) || !secrets.some((secret) => secret.startsWith(`${path}.`))) return escaped(value);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withVariables(inner, `${path}.${name}`, secrets, variableFor)]));
}

/** "${" and "%{" begin templates there. */
function escaped(value: JsonValue): JsonValue {
  if (typeof value === 'string') return value.replace(/([$%])\{/g, '$1$1{');
  if (Array.isArray(value)) return value.map(escaped);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, escaped(inner)]));
}
