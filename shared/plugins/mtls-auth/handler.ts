/**
 * mtls-auth on a data plane: has clients asked for their certificates, and names the consumer that one stands for. The TLS engine
 * verifies (ClientCertificate.verifiedBy); here it is decided what follows. Fails closed: a connection whose client was never asked,
 * because it was made for another name, is refused like one without a certificate.
 */
import { X509Certificate } from 'node:crypto';
import { AnonymousClient } from '../../plugin-parts/anonymous-client.ts';
import { bytesOf } from '../../plugin-parts/byte-text.ts';
import { isOne } from '../../plugin-parts/group-list.ts';
import type { ConsumerRef, CredentialRef } from '../config-lookup.ts';
import type { Answer, CertificateWish, ClientCertificate, PluginFactory, RequestContext, RequestView, Verdict } from '../contract.ts';
import type { PluginServices } from '../plugin-services.ts';
import { namesIn } from './certificate-names.ts';
import { RevocationCheck } from './revocation-check.ts';
import type { MtlsAuthConfig } from './schema.ts';

const NOT_SENT: Verdict = { kind: 'respond', status: 401, message: 'No required TLS certificate was sent' };
const NOT_VERIFIED: Verdict = { kind: 'respond', status: 401, message: 'TLS certificate failed verification' };
/** RFC 9110 §15.5.20: the client may ask again over a connection that is made for this name, where it is asked for its certificate. */
const MISDIRECTED: Verdict = { kind: 'respond', status: 421, message: 'Misdirected Request' };
const SUBJECT_HEADER = 'X-Client-Cert-Dn';
const NAMES_HEADER = 'X-Client-Cert-San';
/** Authorities of which it is remembered whether they signed themselves: many times those of one config, which may change their certificates. */
const MAX_ROOTS = 1_024;

export const mtlsAuthFactory: PluginFactory<MtlsAuthConfig> = {
  name: 'mtls-auth',
  create: (config, services) => {
    const handler = new MtlsAuth(config, services);
    const wish: CertificateWish = { kind: 'ask', authorities: config.ca_certificates };
    return { certificate: () => wish, requestHead: (context) => handler.authenticate(context), ...(config.revocation_check_mode === 'SKIP' ? {} : { isAsync: true }) };
  },
};

/** Whom a certificate stands for. */
interface Client {
  readonly consumer: ConsumerRef;
  readonly credential: CredentialRef;
}

class MtlsAuth {
  readonly #config: MtlsAuthConfig;
  readonly #clock: PluginServices['clock'];
  readonly #log: PluginServices['log'];
  readonly #authorities: ReadonlySet<string>;
  readonly #anonymous: AnonymousClient;
  readonly #revocation: RevocationCheck | undefined;
  /** By PEM. */
  readonly #roots = new Map<string, boolean>();

  constructor(config: MtlsAuthConfig, services: PluginServices) {
    const { clock, log } = services;
    this.#config = config;
    this.#revocation = config.revocation_check_mode === 'SKIP' ? undefined : new RevocationCheck(config, services);
    this.#clock = clock;
    this.#log = log;
    this.#authorities = new Set(config.ca_certificates);
    this.#anonymous = new AnonymousClient('mtls-auth', config.anonymous, log);
  }

  authenticate(context: RequestContext): Answer {
    // Whatever comes of it, the backend reads here what a certificate said, or nothing.
    context.removeUpstreamHeader(SUBJECT_HEADER);
    context.removeUpstreamHeader(NAMES_HEADER);
    if (this.#anonymous.isSettled(context)) return undefined;
    const refusal = this.#identify(context);
    if (refusal instanceof Promise) return refusal.then((known) => (known === undefined ? undefined : this.#anonymous.answer(known, context)));
    return refusal === undefined ? undefined : this.#anonymous.answer(refusal, context);
  }

  #identify(context: RequestContext): Answer {
    const { request } = context;
    const certificate = request.clientCertificate;
    if (certificate === undefined) return isForAnotherName(request) ? MISDIRECTED : NOT_SENT;
    if (!this.#isTrusted(certificate, context)) return isForAnotherName(request) ? MISDIRECTED : NOT_VERIFIED;
    const stands = this.#revocation?.passes(certificate, context.config) ?? true;
    if (stands instanceof Promise) return stands.then((known) => (known ? this.#admit(certificate, context) : NOT_VERIFIED));
    return stands ? this.#admit(certificate, context) : NOT_VERIFIED;
  }

  #admit(certificate: ClientCertificate, context: RequestContext): Verdict | undefined {
    if (this.#config.skip_consumer_lookup) return this.#letInByName(certificate, context);
    const client = this.#clientOf(certificate, context);
    if (client === undefined) return NOT_VERIFIED;
    context.authenticate(client.consumer, client.credential);
    return undefined;
  }

  /** A connection may have been verified long ago: what can have changed since is looked at for each request. */
  #isTrusted({ verifiedBy, notBeforeMs, notAfterMs }: ClientCertificate, context: RequestContext): boolean {
    const nowMs = this.#clock.nowMs();
    if (nowMs < notBeforeMs || nowMs > notAfterMs) return false;
    return verifiedBy.some((id) => this.#authorities.has(id) && this.#isEnd(id, context));
  }

  /** Whether a chain may end at this authority, which must still be configured. */
  #isEnd(id: string, { config }: RequestContext): boolean {
    const pem = config.caCertificate(id);
    if (pem === undefined) return false;
    if (this.#config.allow_partial_chain) return true;
    const known = this.#roots.get(pem);
    if (known !== undefined) return known;
    if (this.#roots.size === MAX_ROOTS) this.#roots.clear();
    const authority = new X509Certificate(pem);
    const isRoot = authority.checkIssued(authority) && authority.verify(authority.publicKey);
    this.#roots.set(pem, isRoot);
    return isRoot;
  }

  #letInByName(certificate: ClientCertificate, context: RequestContext): undefined {
    const { commonName, alternativeNames } = namesIn(certificate);
    context.authenticate(undefined, credentialOf(certificate, ''));
    const group = this.#config.authenticated_group_by === 'DN' ? certificate.subject : commonName;
    if (group !== undefined && !isOne(group)) this.#log.warn('mtls-auth-group-not-sent', { credential: certificate.fingerprint, problem: 'the name has a comma: a backend would read two groups' });
    context.setAuthenticatedGroups(group === undefined || group === '' ? [] : [group]);
    if (certificate.subject !== '') context.setUpstreamHeader(SUBJECT_HEADER, bytesOf(certificate.subject));
    if (alternativeNames !== undefined) context.setUpstreamHeader(NAMES_HEADER, bytesOf(alternativeNames));
  }

  /** By a credential with one of its names, for this authority before any; then by a consumer's own names. */
  #clientOf(certificate: ClientCertificate, context: RequestContext): Client | undefined {
    const { config } = context;
    const names = namesIn(certificate).all;
    const credential = this.#credentialOf(certificate, names, context);
    if (credential !== undefined) {
      const consumer = config.consumerById(credential.consumerId);
      return consumer === undefined ? undefined : { consumer, credential };
    }
    for (const name of names) {
      for (const by of this.#config.consumer_by) {
        const consumer = by === 'username' ? config.consumerByUsername(name) : config.consumerByCustomId(name);
        if (consumer !== undefined) return { consumer, credential: credentialOf(certificate, consumer.id) };
      }
    }
    const usual = this.#config.default_consumer;
    const consumer = usual === null ? undefined : (config.consumerById(usual) ?? config.consumerByUsername(usual));
    return consumer === undefined ? undefined : { consumer, credential: credentialOf(certificate, consumer.id) };
  }

  #credentialOf({ verifiedBy }: ClientCertificate, names: readonly string[], { config }: RequestContext): CredentialRef | undefined {
    let forAny: CredentialRef | undefined;
    for (const name of names) {
      for (const { ref, caCertificateId } of config.mtlsCredentials(name)) {
        if (caCertificateId === undefined) forAny ??= ref;
        else if (this.#authorities.has(caCertificateId) && verifiedBy.includes(caCertificateId)) return ref;
      }
    }
    return forAny;
  }
}

/** The certificate itself, where no entity stands for it. */
function credentialOf({ fingerprint }: ClientCertificate, consumerId: string): CredentialRef {
  return { id: fingerprint, consumerId };
}

/** A connection that was made for one name and is used for another: by HTTP/2 coalescing, by keep-alive, or by who tries to get around the question. */
function isForAnotherName({ scheme, serverName, host }: RequestView): boolean {
  return scheme === 'https' && serverName !== undefined && serverName !== host;
}
