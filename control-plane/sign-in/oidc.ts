/**
 * Sign-in at an identity provider by OpenID Connect: authorization code with PKCE, state and nonce (RFC 9700 §2.1.1, OpenID Connect
 * Core §3.1). Each provider has a redirect URI of its own: a code that one gave is never shown to another (mix-up, RFC 9700 §4.4.2.2).
 * Discovery, keys and checks are openid-client's. Used by sign-in-desk.ts.
 */
import { LRUCache } from 'lru-cache';
import * as oidc from 'openid-client';
import type { Clock } from '../../shared/clock.ts';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import type { IdentityProvider } from '../store/identity-provider-store.ts';
import { createProviderFetch, isRefusedAddress, type ProviderFetch } from './provider-fetch.ts';

/** What a browser has to bring back; goes along in a sealed cookie. */
export interface Pending {
  readonly redirectUri: string;
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** Who somebody is, as the provider says. */
export interface Identity {
  readonly subject: string;
  /** For people: the preferred name, the address, or the subject. */
  readonly name: string;
  readonly groups: readonly string[];
}

/** Seconds for one request to a provider. */
const TIMEOUT_S = 10;
/** Discovery is asked again after that; keys are looked after by the library. */
const KNOWN_FOR_MS = 3_600_000;
const FAILED_FOR_MS = 2_000;
const MOST_PROVIDERS = 1_000;
/** A subject has 255 ASCII characters at most (OpenID Connect Core §2); names are for people, and are cut. */
const LONGEST_TEXT = 255;

export class OidcSignIn {
  readonly #publicUrl: URL;
  readonly #fetch: ProviderFetch;
  readonly #allowHttp: boolean;
  readonly #clock: Clock;
  readonly #known = new LRUCache<string, { readonly configuration: Promise<oidc.Configuration>; readonly untilMs: number }>({ max: MOST_PROVIDERS });

  /** `publicUrl`: under which browsers reach the admin API. `allowHttp`: providers without TLS and on this machine, for trying it out. */
  constructor({ publicUrl, allowHttp, clock }: { readonly publicUrl: URL; readonly allowHttp: boolean; readonly clock: Clock }) {
    this.#publicUrl = publicUrl;
    this.#fetch = createProviderFetch({ mayAskItself: allowHttp });
    this.#allowHttp = allowHttp;
    this.#clock = clock;
  }

  /** Where to send the browser, which comes back to the path that is named. Throws SIGN_IN_PROVIDER_FAILED. */
  async begin(provider: IdentityProvider, callbackPath: string): Promise<{ readonly url: URL; readonly pending: Pending }> {
    const configuration = await this.#configurationOf(provider);
    const pending = { redirectUri: new URL(callbackPath, this.#publicUrl).href, state: oidc.randomState(), nonce: oidc.randomNonce(), verifier: oidc.randomPKCECodeVerifier() };
    const url = oidc.buildAuthorizationUrl(configuration, {
      redirect_uri: pending.redirectUri, scope: provider.scopes.join(' '), state: pending.state, nonce: pending.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(pending.verifier), code_challenge_method: 'S256',
    });
    return { url, pending };
  }

  /** Exchanges what came back for who it is. Throws SIGN_IN_REFUSED or SIGN_IN_PROVIDER_FAILED. */
  async finish(provider: IdentityProvider, query: URLSearchParams, { redirectUri, state, nonce, verifier }: Pending): Promise<Identity> {
    const configuration = await this.#configurationOf(provider);
    const url = new URL(redirectUri);
    url.search = query.toString();
    try {
      const tokens = await oidc.authorizationCodeGrant(configuration, url, { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true });
      const claims = tokens.claims();
      if (claims === undefined) throw refused('it gave no id token');
      // Groups are often told only there.
      const hasGroups = claims[provider.groupsClaim] !== undefined;
      const more = hasGroups || configuration.serverMetadata().userinfo_endpoint === undefined ? {} : await oidc.fetchUserInfo(configuration, tokens.access_token, claims.sub);
      return identityOf({ ...more, ...claims }, provider);
    } catch (thrown) {
      if (thrown instanceof HoldfastError) throw thrown;
      if (thrown instanceof oidc.AuthorizationResponseError) throw refused(/^[\x20-\x7e]{1,100}$/.test(thrown.error) ? thrown.error : 'for a reason that can not be read');
      // What a provider answered may hold what nobody should read.
      throw new HoldfastError({
        code: 'SIGN_IN_REFUSED', source: 'control-plane', publicMessage: `sign-in at "${provider.name}" did not succeed; begin again, and see the log if it happens twice`,
        message: `sign-in at "${provider.name}" failed: ${describeThrown(thrown)}${thrown instanceof Error && thrown.cause instanceof Error ? ` (${thrown.cause.message})` : ''}`, cause: thrown,
      });
    }
  }

  /** Of a provider that was changed nothing old is used: its key names all that matters. */
  #configurationOf(provider: IdentityProvider): Promise<oidc.Configuration> {
    const key = JSON.stringify([provider.tenantId, provider.id, provider.issuer, provider.clientId, provider.updatedAt.getTime()]);
    const nowMs = this.#clock.monotonicMs();
    const known = this.#known.get(key);
    if (known !== undefined && known.untilMs > nowMs) return known.configuration;
    const configuration = this.#discover(provider);
    this.#known.set(key, { configuration, untilMs: nowMs + KNOWN_FOR_MS });
    // Strangers may begin as often as they like; a provider that is away is not asked for each of them.
    configuration.catch(() => this.#known.set(key, { configuration, untilMs: this.#clock.monotonicMs() + FAILED_FOR_MS }));
    return configuration;
  }

  close(): Promise<void> {
    return this.#fetch.close();
  }

  async #discover(provider: IdentityProvider): Promise<oidc.Configuration> {
    const authentication = provider.clientSecret === undefined ? oidc.None() : oidc.ClientSecretBasic(provider.clientSecret);
    try {
      // The library looks for this very function, which it marks as deprecated so that its use is seen.
      const execute = this.#allowHttp ? [oidc.allowInsecureRequests] : [];
      return await oidc.discovery(new URL(provider.issuer), provider.clientId, undefined, authentication, { timeout: TIMEOUT_S, execute, [oidc.customFetch]: this.#fetch.fetch });
    } catch (thrown) {
      // An address that is never asked (provider-fetch.ts): better said than guessed.
      const refusal = [thrown, thrown instanceof Error ? thrown.cause : undefined].find((each) => each instanceof HoldfastError);
      throw refusal ?? new HoldfastError({
        code: 'SIGN_IN_PROVIDER_FAILED', source: 'control-plane', retryable: true,
        publicMessage: `the identity provider "${provider.name}" does not answer as one; see that its issuer is right and reachable from the control plane. A break-glass operator can sign in with a password`,
        message: `discovery at ${provider.issuer} failed: ${describeThrown(thrown)}`, cause: thrown,
      });
    }
  }
}

/** True for an address at which a provider may be. */
export function isIssuer(text: string, mayBeHttp: boolean): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && (url.protocol === 'https:' || (mayBeHttp && url.protocol === 'http:')) && !isRefusedAddress(url, mayBeHttp) && url.username === '' && url.hash === '' && url.search === '';
}

function refused(why: string): HoldfastError {
  return new HoldfastError({ code: 'SIGN_IN_REFUSED', source: 'control-plane', publicMessage: `the identity provider refused the sign-in (${why})` });
}

/** Pure; exported for tests. Throws SIGN_IN_REFUSED. */
export function identityOf(claims: Readonly<Record<string, unknown>>, provider: Pick<IdentityProvider, 'groupsClaim'>): Identity {
  const text = (name: string): string | undefined => {
    const value = claims[name];
    return typeof value === 'string' && value !== '' ? value.replaceAll(/\p{Cc}/gu, ' ').slice(0, LONGEST_TEXT).toWellFormed() : undefined;
  };
  const { sub: subject } = claims;
  // Never cut: two people could become one.
  if (typeof subject !== 'string' || subject === '' || subject.length > LONGEST_TEXT || subject.includes('\0') || !subject.isWellFormed()) throw refused('it named nobody, or not as it should');
  const given = claims[provider.groupsClaim];
  const groups = (Array.isArray(given) ? given : [given]).filter((group) => typeof group === 'string');
  // An address that nobody proved is only a name; it decides nothing.
  return { subject, name: text('preferred_username') ?? text('email') ?? text('name') ?? subject, groups };
}
