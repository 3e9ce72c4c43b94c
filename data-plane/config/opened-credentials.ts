/**
 * Credentials as plugins get them: the envelope of a secret is opened when somebody first asks for it, and what was made of an entity
 * lasts as long as the entity, from one configuration to the next. Used by identities.ts. At 1,000,000 credentials opening all of
 * them would take seconds at every start, and most of their clients are asleep.
 */
import type { BasicCredential, CredentialRef, HmacCredential, JwtCredential, MtlsCredential } from '../../shared/plugins/config-lookup.ts';
import type { ContentSeal } from '../../shared/trust/content-seal.ts';
import type { Published } from './config-tables.ts';

/** An entity that is no longer in any configuration takes with it what was made of it. */
interface Made {
  readonly basic: WeakMap<object, BasicCredential>;
  readonly hmac: WeakMap<object, HmacCredential>;
  readonly jwt: WeakMap<object, JwtCredential>;
  readonly mtls: WeakMap<object, MtlsCredential>;
}

export class OpenedCredentials {
  readonly #seal: ContentSeal | undefined;
  readonly #made: Made;

  /** Without a seal no secret opens. */
  constructor(seal: ContentSeal | undefined, earlier: OpenedCredentials | undefined) {
    this.#seal = seal;
    this.#made = earlier === undefined ? { basic: new WeakMap(), hmac: new WeakMap(), jwt: new WeakMap(), mtls: new WeakMap() } : earlier.#made;
  }

  /** Undefined where the password's hash does not open: such a credential is as good as none. One of an earlier version has none. */
  basic(entity: Published<'basicauth_credentials'>): BasicCredential | undefined {
    const made = this.#made.basic.get(entity);
    if (made !== undefined) return made;
    const passwordHash = this.#open('basicauth_credentials', entity.id, 'password', entity.password_sealed);
    return passwordHash === undefined ? undefined : kept(this.#made.basic, entity, { ref: namedRefOf(entity, entity.username), passwordHash });
  }

  /** Likewise. */
  hmac(entity: Published<'hmacauth_credentials'>): HmacCredential | undefined {
    const made = this.#made.hmac.get(entity);
    if (made !== undefined) return made;
    const secret = this.#open('hmacauth_credentials', entity.id, 'secret', entity.secret_sealed);
    return secret === undefined ? undefined : kept(this.#made.hmac, entity, { ref: namedRefOf(entity, entity.username), secret });
  }

  /** Likewise. What a token of the credential's algorithm is not verified with stays closed. */
  jwt(entity: Published<'jwt_secrets'>): JwtCredential | undefined {
    const made = this.#made.jwt.get(entity);
    if (made !== undefined) return made;
    const { algorithm } = entity;
    if (!algorithm.startsWith('HS')) return kept(this.#made.jwt, entity, { ref: namedRefOf(entity, entity.key), algorithm, secret: undefined, publicKey: entity.rsa_public_key ?? undefined });
    const secret = this.#open('jwt_secrets', entity.id, 'secret', entity.secret_sealed);
    return secret === undefined ? undefined : kept(this.#made.jwt, entity, { ref: namedRefOf(entity, entity.key), algorithm, secret, publicKey: undefined });
  }

  mtls(entity: Published<'mtls_auth_credentials'>): MtlsCredential {
    return this.#made.mtls.get(entity) ?? kept(this.#made.mtls, entity, { ref: refOf(entity), caCertificateId: entity.ca_certificate?.id });
  }

  #open(kind: 'basicauth_credentials' | 'hmacauth_credentials' | 'jwt_secrets', id: string, field: string, sealed: string | null): string | undefined {
    if (sealed === null) return undefined;
    try {
      return this.#seal?.open({ kind, id, field }, Buffer.from(sealed, 'base64')).toString('utf8');
    } catch {
      return undefined;
    }
  }
}

interface Owned {
  readonly id: string;
  readonly consumer: { readonly id: string };
}

function refOf({ id, consumer }: Owned): CredentialRef {
  return Object.freeze({ id, consumerId: consumer.id });
}

function namedRefOf({ id, consumer }: Owned, identifier: string): CredentialRef {
  return Object.freeze({ id, consumerId: consumer.id, identifier });
}

function kept<Credential extends object>(made: WeakMap<object, Credential>, entity: object, credential: Credential): Credential {
  made.set(entity, Object.freeze(credential));
  return credential;
}
