/**
 * How connections to a service's backend are secured, out of the service, its upstream and the certificates they name.
 * Called by runtime-routes.ts; services that came out quarantined never get here.
 */
import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { splitPort } from '../../shared/model/string-rules.ts';
import type { RuntimeCaCertificate, RuntimeCertificate, UpstreamTls } from './active-config.ts';
import type { ConfigTables, Published } from './config-tables.ts';
import type { OpenedCertificate } from './opened-certificates.ts';
import type { PersistentMap } from './persistent-map.ts';

/** Verified against the system's authorities: what most services have. */
const PLAIN: UpstreamTls = { key: '', verify: true, verifyDepth: null, clientCertificate: undefined, caCertificates: undefined };

const TLS_PROTOCOLS: ReadonlySet<string> = new Set(['https', 'grpcs', 'tls']);

/** `upstream` is the one that the service's host names. */
export function upstreamTls(service: Published<'services'>, upstream: Published<'upstreams'> | undefined, tables: ConfigTables, opened: PersistentMap<OpenedCertificate>): UpstreamTls {
  const certificateId = (service.client_certificate ?? upstream?.client_certificate)?.id;
  const clientCertificate = certificateId === undefined ? undefined : opened.get(certificateId)?.runtime;
  // An empty list says no more than none does.
  const authorityIds = (service.ca_certificates ?? []).toSorted();
  const caCertificates = authorityIds.length === 0 ? undefined : authorityIds.flatMap((id) => tables.entities.ca_certificates.get(id) ?? []).map(({ id, cert }) => ({ id, certPem: cert }));
  const [verify, verifyDepth] = [service.tls_verify ?? true, service.tls_verify_depth];
  const serverName = TLS_PROTOCOLS.has(service.protocol) ? serverNameOf(upstream) : undefined;
  if (verify && verifyDepth === null && clientCertificate === undefined && caCertificates === undefined && serverName === undefined) return PLAIN;
  return { key: keyOf(verify, verifyDepth, clientCertificate, caCertificates, serverName), verify, verifyDepth, clientCertificate, caCertificates, ...(serverName === undefined ? {} : { serverName }) };
}

/** As in Kong, the Host header's name is that of the TLS too: targets are often mere addresses. One that is an address says nothing. */
function serverNameOf(upstream: Published<'upstreams'> | undefined): string | undefined {
  const host = upstream?.host_header === null || upstream === undefined ? undefined : splitPort(upstream.host_header)?.host;
  return host === undefined || isIP(host) !== 0 ? undefined : host.toLowerCase();
}

/** From the public parts alone: a certificate has one private key. No authority left of those named is not the same as the system's. */
function keyOf(verify: boolean, verifyDepth: number | null, clientCertificate: RuntimeCertificate | undefined, caCertificates: readonly RuntimeCaCertificate[] | undefined, serverName: string | undefined): string {
  const shown = clientCertificate?.pairs.map(({ certPem }) => certPem) ?? [];
  return createHash('sha256').update(JSON.stringify([verify, verifyDepth, shown, caCertificates?.map(({ certPem }) => certPem) ?? null, serverName ?? null])).digest('base64url');
}
