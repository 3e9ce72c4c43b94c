/**
 * Whether a client's certificate, and those of the authorities between it and the root, were taken back by who issued them: asks by OCSP
 * first and for the list where that says nothing. Answers are remembered for `cert_cache_ttl`, and asked for anew in the background before that is
 * over, so that a busy client does not wait. In an outage what was said last counts for as long as it was said to hold; who was revoked stays
 * revoked. What then is not known passes or not, as `revocation_check_mode` says. Used by handler.ts.
 */
import type { ConfigLookup } from '../config-lookup.ts';
import type { ClientCertificate } from '../contract.ts';
import type { PluginServices, PluginStore } from '../plugin-services.ts';
import { AuthorityFetch, LEFT_ALONE_MS } from './authority-fetch.ts';
import { statementsOf, type CertificateStatements } from './certificate-statements.ts';
import { issuingPath, type IssuedCertificate, type PathEnds } from './issuing-path.ts';
import { ocspRequest, readOcspAnswer } from './ocsp.ts';
import { readRevocationList, statementOfList, type RevocationList } from './revocation-list.ts';
import type { MtlsAuthConfig } from './schema.ts';
import type { Statement } from './statement.ts';

/** For all that is asked about one certificate: less than the engine waits for a plugin. */
const LONGEST_MS = 20_000;
/** How long it counts that it could not be found out: for as long as the next try may take. */
const WITHOUT_ANSWER_MS = LEFT_ALONE_MS + LONGEST_MS + 10_000;
/** When an answer is asked for anew: the part of its time that has passed. */
const REFRESH_AT = 0.75;
const OCSP_BYTES = 65_536;
const LIST_BYTES = 10 * 1_048_576;
const STATUS_BOUNDS = { maxEntries: 20_000 } as const;
const LIST_BOUNDS = { maxEntries: 64, maxBytes: 4 * LIST_BYTES } as const;
/** Certificates that are asked about at a time. */
const MOST_ASKED = 1_000;

type Status = Statement['status'] | 'unavailable';

/** Times are monotonic, but the last. */
interface Remembered {
  readonly status: Status;
  readonly refreshAtMs: number;
  readonly endsAtMs: number;
  /** Epoch milliseconds: the authority vouches for it until then. */
  readonly holdsUntilMs: number;
}

interface FetchedList {
  readonly list: RevocationList;
  readonly fetchedAtMs: number;
}

/** Since when it is known, monotonic. */
type Answer = Statement & { readonly sinceMs: number };

interface Link extends IssuedCertificate {
  /** The number of the certificate and the fingerprint of its issuer. Not its own: whoever has an ECDSA signature can write it in another form. */
  readonly key: string;
}

interface KnownPath {
  /** Undefined where this configuration does not tell who issued what; another may. */
  readonly links: readonly Link[] | undefined;
  readonly config: ConfigLookup;
}

export class RevocationCheck {
  readonly #services: PluginServices;
  readonly #isStrict: boolean;
  readonly #cacheMs: number;
  readonly #ends: PathEnds;
  readonly #statuses: PluginStore<Remembered>;
  readonly #lists: PluginStore<FetchedList>;
  readonly #authorities: AuthorityFetch;
  readonly #asked = new Map<string, Promise<Status>>();
  readonly #fetchedLists = new Map<string, Promise<FetchedList>>();
  /** Of a connection, whose requests all have the same object. */
  readonly #paths = new WeakMap<ClientCertificate, KnownPath>();

  constructor(config: MtlsAuthConfig, services: PluginServices) {
    this.#services = services;
    this.#isStrict = config.revocation_check_mode === 'STRICT';
    this.#cacheMs = config.cert_cache_ttl;
    this.#ends = { authorities: config.ca_certificates, allowPartial: config.allow_partial_chain };
    this.#statuses = services.store('revocation-statuses', STATUS_BOUNDS);
    this.#lists = services.store('revocation-lists', LIST_BOUNDS);
    this.#authorities = new AuthorityFetch(config.http_timeout, services);
  }

  /** Whether it may pass. A promise only where it must be asked for. Never rejects. */
  passes(certificate: ClientCertificate, config: ConfigLookup): boolean | Promise<boolean> {
    const links = this.#linksOf(certificate, config);
    if (links === undefined) return false;
    let waiting: Promise<Status>[] | undefined;
    for (const link of links) {
      const status = this.#statusOf(link);
      if (typeof status !== 'string') (waiting ??= []).push(status);
      else if (!this.#isEnough(status)) return false;
    }
    return waiting === undefined ? true : Promise.all(waiting).then((statuses) => statuses.every((status) => this.#isEnough(status)));
  }

  #isEnough(status: Status): boolean {
    return status === 'good' || (status === 'unavailable' && !this.#isStrict);
  }

  #linksOf(certificate: ClientCertificate, config: ConfigLookup): readonly Link[] | undefined {
    const known = this.#paths.get(certificate);
    if (known !== undefined && (known.links !== undefined || known.config === config)) return known.links;
    const links = issuingPath(certificate, this.#ends, config)?.map((link) => ({ ...link, key: `${link.certificate.serialNumber} ${link.issuer.fingerprint256}` }));
    this.#paths.set(certificate, { links, config });
    // Refused in every mode: no network is to blame, and the setting would seem to check what it can't.
    if (links === undefined) this.#services.log.warn('mtls-auth-issuer-unknown', { issuer: certificate.issuer, wayOut: 'add the authorities between the client and the root to ca_certificates' });
    return links;
  }

  #statusOf(link: Link): Status | Promise<Status> {
    const known = this.#statuses.get(link.key);
    const nowMs = this.#services.clock.monotonicMs();
    if (known === undefined || nowMs >= known.endsAtMs || !this.#holds(known)) return this.#ask(link);
    if (nowMs >= known.refreshAtMs) void this.#ask(link);
    return known.status;
  }

  #holds({ holdsUntilMs }: Remembered): boolean {
    return this.#services.clock.nowMs() < holdsUntilMs;
  }

  /** Once, for however many requests wait for it. */
  #ask(link: Link): Status | Promise<Status> {
    const underWay = this.#asked.get(link.key);
    if (underWay !== undefined) return underWay;
    if (this.#asked.size >= MOST_ASKED) return this.#leftOf(link)?.status ?? 'unavailable';
    const asked = this.#findOut(link).finally(() => this.#asked.delete(link.key));
    this.#asked.set(link.key, asked);
    return asked;
  }

  async #findOut(link: Link): Promise<Status> {
    const problems: string[] = [];
    const answer = await this.#inTime(this.#answerOn(link, problems)).catch((thrown: unknown) => void problems.push(textOf(thrown)));
    const { clock, log } = this.#services;
    const nowMs = clock.monotonicMs();
    if (answer !== undefined) {
      const { status, nextUpdateMs, sinceMs } = answer;
      const lastsMs = Math.min(sinceMs + this.#cacheMs - nowMs, nextUpdateMs === undefined ? Infinity : nextUpdateMs - clock.nowMs());
      // That it was revoked holds for good.
      const holdsUntilMs = status === 'revoked' ? Infinity : (nextUpdateMs ?? clock.nowMs() + lastsMs);
      this.#statuses.set(link.key, { status, refreshAtMs: nowMs + lastsMs * REFRESH_AT, endsAtMs: nowMs + lastsMs, holdsUntilMs });
      if (status !== 'good') log.warn('mtls-auth-certificate-not-good', { status, ...nameOf(link) });
      return status;
    }
    const left = this.#leftOf(link);
    const status = left?.status ?? 'unavailable';
    this.#statuses.set(link.key, { status, refreshAtMs: nowMs + LEFT_ALONE_MS, endsAtMs: nowMs + WITHOUT_ANSWER_MS, holdsUntilMs: left?.holdsUntilMs ?? Infinity });
    log.warn('mtls-auth-revocation-not-known', { ...nameOf(link), problem: problems.join('; '), countsAs: status });
    return status;
  }

  /** What was said before, for as long as it was said to hold. */
  #leftOf({ key }: Link): Remembered | undefined {
    const before = this.#statuses.get(key);
    return before !== undefined && before.status !== 'unavailable' && this.#holds(before) ? before : undefined;
  }

  /** Also where it must wait for its turn, or for a list that others have asked for. What comes later is still remembered where it is a list. */
  #inTime<Result>(asked: Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const timer = this.#services.every(LONGEST_MS, () => {
        timer.cancel();
        reject(new Error('it takes too long'));
      });
      void asked.then(resolve, reject).finally(() => timer.cancel());
    });
  }

  /** Undefined where nobody says anything that counts; the problems then say why. */
  async #answerOn(link: Link, problems: string[]): Promise<Answer | undefined> {
    const endMs = this.#services.clock.monotonicMs() + LONGEST_MS;
    const certificate = statementsOf(link.certificate);
    const issuer = statementsOf(link.issuer);
    let unknown: Answer | undefined;
    let questions = certificate.ocspUrls.length + certificate.listUrls.length;
    if (questions === 0) problems.push('the certificate does not say where to ask');
    // Of the time that is left as much as each of the others may have: one that lets us wait must not keep us from asking the next.
    const endOfNextMs = (): number => {
      const nowMs = this.#services.clock.monotonicMs();
      return nowMs + (endMs - nowMs) / questions--;
    };
    for (const url of certificate.ocspUrls) {
      const answer = await this.#askResponder(url, certificate, issuer, endOfNextMs()).catch((thrown: unknown) => void problems.push(`${url}: ${textOf(thrown)}`));
      if (answer?.status === 'unknown') unknown = answer;
      else if (answer !== undefined) return answer;
    }
    for (const url of certificate.listUrls) {
      const answer = await this.#lookUp(url, link, certificate, issuer, endOfNextMs()).catch((thrown: unknown) => void problems.push(`${url}: ${textOf(thrown)}`));
      if (answer !== undefined) return answer;
    }
    return unknown;
  }

  async #askResponder(url: string, certificate: CertificateStatements, issuer: CertificateStatements, endMs: number): Promise<Answer> {
    const { clock } = this.#services;
    const sinceMs = clock.monotonicMs();
    const request = { method: 'POST', headers: { 'content-type': 'application/ocsp-request', accept: 'application/ocsp-response' }, body: ocspRequest(certificate, issuer), maxBytes: OCSP_BYTES };
    return { ...readOcspAnswer(await this.#authorities.fetch(url, request, endMs), certificate, issuer, clock.nowMs()), sinceMs };
  }

  /** In a list that is there and fresh, or else in a new one, which all wait for who need it. */
  async #lookUp(url: string, { issuer: { fingerprint256 } }: Link, certificate: CertificateStatements, issuer: CertificateStatements, endMs: number): Promise<Answer> {
    const key = `${url} ${fingerprint256}`;
    const { list, fetchedAtMs } = this.#freshList(key) ?? (await this.#newList(url, key, issuer, endMs));
    return { ...statementOfList(list, certificate), sinceMs: fetchedAtMs };
  }

  #freshList(key: string): FetchedList | undefined {
    const known = this.#lists.get(key);
    const { clock } = this.#services;
    // No longer than until the statuses that rest on it are asked for anew, which are to find a new one.
    const isFresh = known !== undefined && clock.monotonicMs() - known.fetchedAtMs < this.#cacheMs * REFRESH_AT && clock.nowMs() < known.list.nextUpdateMs;
    return isFresh ? known : undefined;
  }

  #newList(url: string, key: string, issuer: CertificateStatements, endMs: number): Promise<FetchedList> {
    const underWay = this.#fetchedLists.get(key);
    if (underWay !== undefined) return underWay;
    const fetching = this.#fetchList(url, key, issuer, endMs).finally(() => this.#fetchedLists.delete(key));
    this.#fetchedLists.set(key, fetching);
    return fetching;
  }

  async #fetchList(url: string, key: string, issuer: CertificateStatements, endMs: number): Promise<FetchedList> {
    const { clock } = this.#services;
    if (this.#authorities.isLeftAlone(key)) throw new Error('not asked: the list was of no use a moment ago');
    const fetchedAtMs = clock.monotonicMs();
    const bytes = await this.#authorities.fetch(url, { headers: { accept: 'application/pkix-crl' }, maxBytes: LIST_BYTES }, endMs);
    try {
      const fetched = { list: readRevocationList(bytes, issuer, clock.nowMs()), fetchedAtMs };
      this.#lists.set(key, fetched, { bytes: bytes.length });
      return fetched;
    } catch (thrown) {
      // To others it may be of use: an authority that has changed its key signs one list with the new one for all.
      this.#authorities.leaveAlone(key);
      throw thrown;
    }
  }
}

/** For the log: enough to find the certificate, and nothing of what is said in it about somebody. */
function nameOf({ certificate, issuer }: Link): { readonly serialNumber: string; readonly issuer: string } {
  return { serialNumber: certificate.serialNumber, issuer: issuer.subject };
}

function textOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : 'it failed';
}
