/**
 * Which certificate a client is shown, by the server name that it asks for (RFC 6066 §3): the narrowest of the gateway's
 * SNIs. Every lookup is a few hash lookups, however many names there are. One book serves all configurations between which
 * no certificate, SNI or authority changed.
 */
import type { CertificateBook, RuntimeCaCertificate, RuntimeCertificate } from './active-config.ts';
import type { ConfigTables } from './config-tables.ts';
import type { OpenedCertificate } from './opened-certificates.ts';
import type { PersistentMap } from './persistent-map.ts';
import type { QuarantineList } from './quarantine.ts';

export class TablesCertificateBook implements CertificateBook {
  readonly caCertificates: readonly RuntimeCaCertificate[];
  readonly #tables: ConfigTables;
  readonly #opened: PersistentMap<OpenedCertificate>;
  readonly #quarantine: QuarantineList;

  /** `earlier` lends its list of authorities where those are the same. */
  constructor(tables: ConfigTables, opened: PersistentMap<OpenedCertificate>, quarantine: QuarantineList, earlier: TablesCertificateBook | undefined) {
    this.#tables = tables;
    this.#opened = opened;
    this.#quarantine = quarantine;
    this.caCertificates = earlier?.hasAuthoritiesOf(tables) === true ? earlier.caCertificates : authoritiesOf(tables, quarantine);
  }

  /** True where a book of these would answer the same. */
  serves(tables: ConfigTables, opened: PersistentMap<OpenedCertificate>): boolean {
    return this.#opened === opened && this.#tables.entities.snis === tables.entities.snis && this.hasAuthoritiesOf(tables);
  }

  hasAuthoritiesOf(tables: ConfigTables): boolean {
    return this.#tables.entities.ca_certificates === tables.entities.ca_certificates;
  }

  forServerName(serverName: string | undefined): RuntimeCertificate | undefined {
    const sniId = this.#sniIdFor(serverName) ?? this.#tables.sniIdByName.get('*');
    const certificateId = sniId === undefined ? undefined : this.#tables.entities.snis.get(sniId)?.certificate.id;
    if (sniId === undefined || certificateId === undefined) return undefined;
    // A certificate, or a name of it, that could not even be read is as closed as one that cannot be used.
    const isUnreadable = this.#quarantine.get('snis', sniId)?.code === 'CONFIG_ENTITY_UNREADABLE';
    return (isUnreadable ? undefined : this.#opened.get(certificateId)?.runtime) ?? { id: certificateId, pairs: [] };
  }

  #sniIdFor(name: string | undefined): string | undefined {
    if (name === undefined) return undefined;
    const { sniIdByName } = this.#tables;
    const [afterFirst, last] = [name.indexOf('.'), name.lastIndexOf('.')];
    if (afterFirst < 0) return sniIdByName.get(name);
    return sniIdByName.get(name) ?? sniIdByName.get(`*${name.slice(afterFirst)}`) ?? sniIdByName.get(`${name.slice(0, last)}.*`);
  }
}

/** By id. */
function authoritiesOf(tables: ConfigTables, quarantine: QuarantineList): readonly RuntimeCaCertificate[] {
  const usable = [...tables.entities.ca_certificates.values()].filter(({ id }) => quarantine.get('ca_certificates', id) === undefined);
  return usable.map(({ id, cert }) => ({ id, certPem: cert })).toSorted((a, b) => (a.id < b.id ? -1 : 1));
}
