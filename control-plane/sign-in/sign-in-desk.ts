/**
 * Sign-in of people, in the words of the flow: begin (a browser is sent to the identity provider) → finish (it comes back) → a session,
 * for the browser as a cookie or for the command line as a code that only it can use. Or with a password, when no provider answers. What
 * has to survive between two steps travels sealed with the browser, so any instance can go on. Used by admin-api/sign-in-routes.ts.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../../shared/clock.ts';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { TenantId } from '../../shared/model/ids.ts';
import { AttemptLimit } from '../enrolment/attempt-limit.ts';
import type { IdentityProvider, IdentityProviderStore } from '../store/identity-provider-store.ts';
import type { PasswordStore } from '../store/password-store.ts';
import type { SecretBox } from '../store/secret-box.ts';
import type { MadeSession, SessionStore } from '../store/session-store.ts';
import type { OidcSignIn, Pending } from './oidc.ts';
import { verifyPassword } from './password.ts';

export interface SignInOptions {
  readonly providers: IdentityProviderStore;
  readonly sessions: SessionStore;
  readonly passwords: PasswordStore;
  readonly oidc: OidcSignIn;
  /** The same at every instance. */
  readonly box: Pick<SecretBox, 'seal' | 'open'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Who asks. */
export interface Asker {
  readonly address: string;
  readonly userAgent: string;
  readonly requestId: string;
}

/** Where the browser goes when it is done: back into the admin API's own pages, or to a command line on the same machine. */
export type Destination = { readonly kind: 'browser'; readonly path: string } | { readonly kind: 'command-line'; readonly port: number; readonly challenge: string; readonly state: string };

/** As the paths of a sign-in have them. */
export interface WayIn {
  readonly tenant: string;
  readonly provider: string;
}

interface Ticket {
  readonly way: WayIn;
  readonly tenantId: TenantId;
  readonly providerId: string;
  readonly pending: Pending;
  readonly destination: Destination;
  readonly untilMs: number;
}

interface CommandLineCode {
  readonly text: string;
  readonly challenge: string;
  readonly expiresAt: string;
  readonly untilMs: number;
}

/** Long enough to type a second factor. */
const SIGN_IN_WITHIN_MS = 600_000;
const CODE_WITHIN_MS = 60_000;
/** Whoever breaks the glass is there to mend something. */
const PASSWORD_SESSION_MS = 3_600_000;
/** Ten at once, then one in six seconds. */
const FAILURES = { burst: 10, refillPerSecond: 1 / 6, addresses: 50_000 };
const TICKET = ['sign-in', 'ticket'] as const;
const CODE = ['sign-in', 'code'] as const;

export class SignInDesk {
  readonly #options: SignInOptions;
  /** Of one address. Apart from each other: who guesses passwords behind a proxy that others share must not keep them from their provider. */
  readonly #tries = new AttemptLimit(FAILURES);
  readonly #guesses = new AttemptLimit(FAILURES);
  /** A code is good once; the few of one minute are remembered where they were exchanged. */
  readonly #used = new Map<string, number>();

  constructor(options: SignInOptions) {
    this.#options = options;
  }

  /** `ticket` is for a cookie. Throws SIGN_IN_UNKNOWN, SIGN_IN_PROVIDER_FAILED or SIGN_IN_TOO_OFTEN. */
  async begin(way: WayIn, destination: Destination, asker: Asker): Promise<{ readonly url: URL; readonly ticket: string }> {
    this.#refuseTooOften(asker);
    const provider = await this.#options.providers.findForSignIn(way.tenant, way.provider);
    if (provider === undefined) {
      this.#noteFailure(asker);
      throw new HoldfastError({ code: 'SIGN_IN_UNKNOWN', source: 'downstream', publicMessage: 'there is no such way to sign in: the address names a tenant and one of its identity providers, /v1/sign-in/<tenant>/<provider>' });
    }
    const { url, pending } = await this.#options.oidc.begin(provider, `/v1/sign-in/${encodeURIComponent(way.tenant)}/${encodeURIComponent(way.provider)}/callback`);
    return { url, ticket: this.#seal<Ticket>(TICKET, { way, tenantId: provider.tenantId, providerId: provider.id, pending, destination, untilMs: this.#options.clock.nowMs() + SIGN_IN_WITHIN_MS }) };
  }

  /** What the browser brought back, to the path of the provider that it was sent to. Throws SIGN_IN_…. */
  async finish(way: WayIn, query: URLSearchParams, sealed: string | undefined, asker: Asker): Promise<{ readonly made: MadeSession; readonly destination: Destination }> {
    this.#refuseTooOften(asker);
    const ticket = sealed === undefined ? undefined : this.#open<Ticket>(TICKET, sealed);
    if (ticket === undefined || ticket.way.tenant !== way.tenant || ticket.way.provider !== way.provider) throw this.#failed(asker, new HoldfastError({ code: 'SIGN_IN_EXPIRED', source: 'downstream', publicMessage: 'this sign-in was not begun in this browser, or more than ten minutes ago; begin again' }));
    const provider = await this.#options.providers.getForSignIn(ticket.tenantId, ticket.providerId);
    if (provider === undefined) throw this.#failed(asker, noWayIn('the identity provider was removed or switched off meanwhile'));
    const turnAway = (name: string | undefined, error: unknown): Promise<never> => this.#turnAway(provider, name, asker, error);
    const identity = await this.#options.oidc.finish(provider, query, ticket.pending).catch((thrown: unknown) => turnAway(undefined, thrown));
    const roles = rolesOf(provider, identity.groups);
    if (roles.length === 0) return turnAway(identity.name, noWayIn(`none of your groups there gives you a role here; ask who manages the identity provider "${provider.name}" of this tenant`));
    const made = await this.#options.sessions.beginByIdentity(provider, identity, roles, { ...asker, lifetimeMs: provider.sessionHours * 3_600_000 });
    if (made.kind !== 'stored') return turnAway(identity.name, noWayIn(made.kind === 'not-empty' ? made.message : 'your operator was disabled here, or the identity provider was changed at this moment'));
    this.#options.log.info({ event: 'signed-in', operator: made.value.operator.name, provider: provider.name, address: asker.address }, 'somebody signed in at an identity provider');
    return { made: made.value, destination: ticket.destination };
  }

  /** Throws SIGN_IN_WRONG (the same for a wrong name, a wrong password and a locked one), SIGN_IN_TOO_OFTEN or SIGN_IN_BUSY. */
  async withPassword(names: { readonly tenant: string; readonly operator: string }, password: string, asker: Asker): Promise<MadeSession> {
    this.#refuseTooOften(asker, this.#guesses);
    // Before it is known how it ends: of many at once from one address no more than the burst are looked at.
    this.#noteFailure(asker, this.#guesses);
    const { passwords, sessions, clock, log } = this.#options;
    const holder = await passwords.find(names.tenant, names.operator);
    const isLocked = holder?.lockedUntil !== undefined && holder.lockedUntil.getTime() > clock.nowMs();
    const isRight = await verifyPassword(password, holder?.hash);
    const made = isRight && !isLocked && holder !== undefined ? await sessions.beginByPassword(holder.tenantId, holder.operatorId, { ...asker, lifetimeMs: PASSWORD_SESSION_MS }) : undefined;
    if (made?.kind !== 'stored' || holder === undefined) {
      if (holder !== undefined && !isLocked) await passwords.noteFailure(holder, asker);
      log.warn({ event: 'password-refused', tenant: names.tenant, operator: names.operator, address: asker.address, locked: isLocked }, 'a break-glass sign-in was refused');
      throw new HoldfastError({ code: 'SIGN_IN_WRONG', source: 'downstream', publicMessage: 'tenant, operator and password do not belong together, or there were too many wrong ones: wait a moment and try again' });
    }
    await passwords.noteSuccess(holder);
    log.warn({ event: 'glass-broken', operator: holder.operatorName, address: asker.address }, 'somebody signed in with a break-glass password');
    return made.value;
  }

  /** What the browser takes to the command line instead of the session's text. */
  codeFor({ text, session }: MadeSession, challenge: string): string {
    return this.#seal<CommandLineCode>(CODE, { text, challenge, expiresAt: session.expiresAt.toISOString(), untilMs: this.#options.clock.nowMs() + CODE_WITHIN_MS });
  }

  /** Good for a minute, once at an instance, and only with the verifier that the command line has (RFC 7636). Throws SIGN_IN_EXPIRED or SIGN_IN_TOO_OFTEN. */
  exchange(code: string, verifier: string, asker: Asker): { readonly token: string; readonly expiresAt: string } {
    this.#refuseTooOften(asker);
    const { clock } = this.#options;
    const opened = this.#open<CommandLineCode>(CODE, code);
    const digest = createHash('sha256').update(code).digest('base64');
    for (const [used, untilMs] of this.#used) if (untilMs < clock.nowMs()) this.#used.delete(used);
    if (opened === undefined || this.#used.has(digest) || createHash('sha256').update(verifier).digest('base64url') !== opened.challenge) {
      throw this.#failed(asker, new HoldfastError({ code: 'SIGN_IN_EXPIRED', source: 'downstream', publicMessage: 'this code was used, is older than a minute, or is another command line\'s; run "holdfast login" again' }));
    }
    this.#used.set(digest, opened.untilMs);
    return { token: opened.text, expiresAt: opened.expiresAt };
  }

  #refuseTooOften({ address }: Asker, limit = this.#tries): void {
    const waitMs = limit.waitMs(address, this.#options.clock.monotonicMs());
    if (waitMs > 0) throw new HoldfastError({ code: 'SIGN_IN_TOO_OFTEN', source: 'downstream', retryable: true, publicMessage: `too many failed sign-ins from your address; wait ${Math.ceil(waitMs / 1000)} seconds` });
  }

  #noteFailure({ address }: Asker, limit = this.#tries): void {
    limit.noteFailure(address, this.#options.clock.monotonicMs());
  }

  #failed(asker: Asker, error: HoldfastError): HoldfastError {
    this.#noteFailure(asker);
    return error;
  }

  /** The log has what nobody but an operator may read. The audit has whom the provider vouched for, and no strangers: they could fill it (R5). */
  async #turnAway(provider: IdentityProvider, name: string | undefined, asker: Asker, thrown: unknown): Promise<never> {
    this.#noteFailure(asker);
    const { log, sessions } = this.#options;
    log.warn({ event: 'sign-in-refused', provider: provider.name, name, address: asker.address, requestId: asker.requestId, reason: describeThrown(thrown) }, 'somebody who came from an identity provider was turned away');
    if (name !== undefined) await sessions.noteRefusal(provider, { name, reason: thrown instanceof HoldfastError ? thrown.publicMessage : 'unexpected' }, asker);
    throw thrown;
  }

  #seal<T extends object>(place: readonly string[], value: T): string {
    return Buffer.from(this.#options.box.seal(place, Buffer.from(JSON.stringify(value), 'utf8'))).toString('base64url');
  }

  /** Undefined for what was not sealed here, or is too old. What opens is what was sealed: its form is ours. */
  #open<T extends { readonly untilMs: number }>(place: readonly string[], sealed: string): T | undefined {
    try {
      const value = JSON.parse(Buffer.from(this.#options.box.open(place, Buffer.from(sealed, 'base64url'))).toString('utf8')) as T;
      return value.untilMs > this.#options.clock.nowMs() ? value : undefined;
    } catch {
      return undefined;
    }
  }
}

/** What the groups give, in the order of the mappings; else what everybody gets, if anything. */
export function rolesOf({ roleMappings, defaultRole }: Pick<IdentityProvider, 'roleMappings' | 'defaultRole'>, groups: readonly string[]): readonly string[] {
  const mapped = [...new Set(roleMappings.filter(({ group }) => groups.includes(group)).map(({ role }) => role))];
  return mapped.length > 0 || defaultRole === undefined ? mapped : [defaultRole];
}

function noWayIn(why: string): HoldfastError {
  return new HoldfastError({ code: 'SIGN_IN_REFUSED', source: 'downstream', publicMessage: `you could not be signed in: ${why}` });
}
