/**
 * `POST /enrol` on the sync address, as JSON: what a data plane sends with its join token and what it gets back. Parsed
 * strictly on both sides. It is the only request that needs no client certificate; the data plane pins the CA by the
 * token's fingerprint, and must verify root statements against the token's root fingerprint before it keeps anything.
 */
import { HoldfastError } from '../errors.ts';
import { parseId, type DataPlaneId, type GatewayId, type TenantId } from '../model/ids.ts';

/** Path of the request on the control plane's sync address. */
export const ENROL_PATH = '/enrol';
/** Of request and answer, bytes. */
export const MAXIMUM_ENROL_BYTES = 256 * 1024;

export interface EnrolRequest {
  readonly tokenId: string;
  /** base64url, as in the join token. */
  readonly secret: string;
  /** PKCS #10, DER in base64. */
  readonly certificateRequest: string;
  readonly hostname: string;
  readonly softwareVersion: string;
}

export interface EnrolAnswer {
  readonly trustDomain: string;
  readonly tenantId: TenantId;
  readonly gatewayId: GatewayId;
  readonly dataPlaneId: DataPlaneId;
  /** PEM, leaf first. */
  readonly certificateChain: string;
  /** PEM of the CA that signs control planes and data planes. */
  readonly caCertificates: string;
  /** Bundles, oldest first. */
  readonly rootStatements: readonly string[];
  readonly delegationStatement: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What is wrong comes with status 4xx or 5xx. */
export interface EnrolRefusal {
  readonly code: string;
  readonly message: string;
}

/** Throws ENROL_MESSAGE_INVALID naming the field. */
export function parseEnrolRequest(text: string): EnrolRequest {
  const given = parseFields(text, ['tokenId', 'secret', 'certificateRequest', 'hostname', 'softwareVersion']);
  return {
    tokenId: id(given, 'tokenId'),
    secret: matching(given, 'secret', /^[A-Za-z0-9_-]{43}$/, 'must be the secret of a join token'),
    certificateRequest: matching(given, 'certificateRequest', /^[A-Za-z0-9+/=]{1,8192}$/, 'must be a PKCS #10 request, DER in base64, of at most 8192 characters'),
    hostname: matching(given, 'hostname', /^[\x20-\x7e]{0,255}$/, 'must be at most 255 printable ASCII characters'),
    softwareVersion: matching(given, 'softwareVersion', /^[\x21-\x7e]{1,64}$/, 'must be a version like 0.1.0'),
  };
}

/** Throws ENROL_MESSAGE_INVALID naming the field. What it says is unverified. */
export function parseEnrolAnswer(text: string): EnrolAnswer {
  const given = parseFields(text, ['trustDomain', 'tenantId', 'gatewayId', 'dataPlaneId', 'certificateChain', 'caCertificates', 'rootStatements', 'delegationStatement', 'labels']);
  return {
    trustDomain: matching(given, 'trustDomain', /^[a-z0-9._-]{1,254}$/, 'must be a trust domain'),
    tenantId: id<TenantId>(given, 'tenantId'),
    gatewayId: id<GatewayId>(given, 'gatewayId'),
    dataPlaneId: id<DataPlaneId>(given, 'dataPlaneId'),
    certificateChain: matching(given, 'certificateChain', /^-----BEGIN CERTIFICATE-----/, 'must be PEM'),
    caCertificates: matching(given, 'caCertificates', /^-----BEGIN CERTIFICATE-----/, 'must be PEM'),
    rootStatements: texts(given, 'rootStatements'),
    delegationStatement: matching(given, 'delegationStatement', /^[\w.~-]+$/, 'must be a statement'),
    labels: labels(given, 'labels'),
  };
}

type Fields = ReadonlyMap<string, unknown>;

function parseFields(text: string, names: readonly string[]): Fields {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    throw invalid('the body is not JSON');
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw invalid('the body is not a JSON object');
  const fields = new Map<string, unknown>(Object.entries(given));
  const missing = names.find((name) => !fields.has(name));
  if (missing !== undefined) throw invalid(`the field "${missing}" is missing`);
  const unknown = [...fields.keys()].find((name) => !names.includes(name));
  if (unknown !== undefined) throw invalid(`the field "${unknown}" is unknown; there are ${names.join(', ')}`);
  return fields;
}

function matching(fields: Fields, name: string, pattern: RegExp, rule: string): string {
  const value = fields.get(name);
  if (typeof value === 'string' && pattern.test(value)) return value;
  throw invalid(`the field "${name}" ${rule}`);
}

function id<T extends TenantId | GatewayId | DataPlaneId>(fields: Fields, name: string): T {
  const value = fields.get(name);
  const parsed = typeof value === 'string' ? parseId<T>(value) : undefined;
  if (parsed === undefined) throw invalid(`the field "${name}" must be a UUID`);
  return parsed;
}

function texts(fields: Fields, name: string): readonly string[] {
  const value: unknown = fields.get(name);
  if (!Array.isArray(value) || !value.every((item): item is string => typeof item === 'string')) throw invalid(`the field "${name}" must be a list of statements`);
  return value;
}

function labels(fields: Fields, name: string): Readonly<Record<string, string>> {
  const value = fields.get(name);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(`the field "${name}" must map names to values`);
  return Object.fromEntries(
    Object.entries(value).map(([label, text]: [string, unknown]) => {
      if (typeof text !== 'string') throw invalid(`the label "${label}" must be text`);
      return [label, text];
    }),
  );
}

function invalid(what: string): HoldfastError {
  return new HoldfastError({ code: 'ENROL_MESSAGE_INVALID', source: 'control-plane', publicMessage: `the enrolment is not valid: ${what}` });
}
