/**
 * How connections to a service's backend are secured, out of the service, its upstream and the certificates they name.
 * Called by runtime-routes.ts; services that came out quarantined never get here.
 */
import { createHash } from 'node:crypto';
import type { RuntimeCaCertificate, RuntimeCertificate, UpstreamTls } from './active-config.ts';
import type { ConfigTables, Published } from './config-tables.ts';
import type { OpenedCertificate } from './opened-certificates.ts';
import type { PersistentMap } from './persistent-map.ts';

/** Verified against the system's authorities: what most services have. */
const PLAIN: UpstreamTls = { key: '', verify: true, verifyDepth: null, clientCertificate: undefined, caCertificates: undefined };

/** `upstream` is the one that the service's host names. */
export function upstreamTls(service: Published<'services'>, upstream: Published<'upstreams'> | undefined, tables: ConfigTables, opened: PersistentMap<OpenedCertificate>): UpstreamTls {
  const certificateId = (service.client_certificate ?? upstream?.client_certificate)?.id;
  const clientCertificate = certificateId === undefined ? undefined : opened.get(certificateId)?.runtime;
  // An empty list says no more than none does.
  const authorityIds = (service.ca_certificates ?? []).toSorted();
  const caCertificates = authorityIds.length === 0 ? undefined : authorityIds.flatMap((id) => tables.entities.ca_certificates.get(id) ?? []).map(({ id, cert }) => ({ id, certPem: cert }));
  const [verify, verifyDepth] = [service.tls_verify ?? true, service.tls_verify_depth];
  if (verify && verifyDepth === null && clientCertificate === undefined && caCertificates === undefined) return PLAIN;
  return { key: keyOf(verify, verifyDepth, clientCertificate, caCertificates), verify, verifyDepth, clientCertificate, caCertificates };
}

/** From the public parts alone: a certificate has one private key. No authority left of those named is not the same as the system's. */
function keyOf(verify: boolean, verifyDepth: number | null, clientCertificate: RuntimeCertificate | undefined, caCertificates: readonly RuntimeCaCertificate[] | undefined): string {
  const shown = clientCertificate?.pairs.map(({ certPem }) => certPem) ?? [];
  return createHash('sha256').update(JSON.stringify([verify, verifyDepth, shown, caCertificates?.map(({ certPem }) => certPem) ?? null])).digest('base64url');
}
