/**
 * Brings changed keys to sessions that live: root sets, delegations, content keys, certificate authorities. What is signed or
 * sealed with a new key must come after it, so whoever prepares something for a data plane waits for `settled` first. Owned
 * by sync-server.ts.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../../shared/clock.ts';
import { describeThrown } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { GatewayId } from '../../shared/model/ids.ts';
import type { ContentKey } from '../../shared/trust/content-seal.ts';
import { signStatement } from '../../shared/trust/statements.ts';
import type { CertificateAuthorities } from '../enrolment/load-authority.ts';
import type { GatewayTrust } from '../publish/signing-material.ts';
import type { GatewayScope } from '../store/scope.ts';
import type { SigningKeyStore } from '../store/signing-key-store.ts';

/** All that Welcome and Trust tell of keys. */
export interface SessionTrust extends Pick<GatewayTrust, 'rootStatements' | 'delegationStatement'> {
  /** Newest first. Secret. */
  readonly contentKeys: readonly ContentKey[];
  /** '' where the authority is a file of one's own. */
  readonly authoritiesStatement: string;
  /** The same for the same keys, and no secret. */
  readonly mark: string;
}

export interface TrustPushOptions {
  readonly signing: { readonly trustFor: (scope: GatewayScope) => Promise<Pick<GatewayTrust, 'rootStatements' | 'delegationStatement' | 'publishKey'>> };
  readonly contentKeys: Pick<SigningKeyStore, 'listContentKeys'>;
  readonly authority: Pick<CertificateAuthorities, 'certificatePem' | 'isOwn'>;
  /** Hands it to every session of the gateway at this instance. */
  readonly tell: (scope: GatewayScope, trust: SessionTrust) => void;
  readonly hasSessions: (scope: GatewayScope) => boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

const RETRY_MS = 1_000;

export class TrustPush {
  readonly #options: TrustPushOptions;
  readonly #pending = new Map<GatewayId, Promise<void>>();
  /** Read once for all sessions of a gateway (C2). */
  readonly #known = new Map<GatewayId, Promise<SessionTrust>>();

  constructor(options: TrustPushOptions) {
    this.#options = options;
  }

  /** What holds for a gateway now. */
  current(scope: GatewayScope): Promise<SessionTrust> {
    const known = this.#known.get(scope.gatewayId);
    if (known !== undefined) return known;
    const reading = this.#read(scope);
    this.#known.set(scope.gatewayId, reading);
    reading.catch(() => {
      if (this.#known.get(scope.gatewayId) === reading) this.#known.delete(scope.gatewayId);
    });
    return reading;
  }

  /** The last session of the gateway has gone. */
  forget(gatewayId: GatewayId): void {
    this.#known.delete(gatewayId);
  }

  async #read(scope: GatewayScope): Promise<SessionTrust> {
    const { signing, contentKeys, authority, clock } = this.#options;
    const [{ rootStatements, delegationStatement, publishKey }, keys] = await Promise.all([signing.trustFor(scope), contentKeys.listContentKeys(scope)]);
    const { certificatePem: certificates, isOwn } = authority;
    const authoritiesStatement = isOwn ? '' : await signStatement('authorities', { format: 1, tenant: scope.tenantId, gateway: scope.gatewayId, certificates, issuedAt: clock.nowMs() }, publishKey);
    const marked = [rootStatements.length, delegationStatement, ...keys.map(({ keyId }) => keyId), certificates].join(' ');
    return { rootStatements, delegationStatement, contentKeys: keys, authoritiesStatement, mark: createHash('sha256').update(marked).digest('base64') };
  }

  /** Keys of the gateway may have changed: sessions are told what they do not know. */
  push(scope: GatewayScope): void {
    this.#known.delete(scope.gatewayId);
    if (!this.#options.hasSessions(scope)) return;
    const pending = (this.#pending.get(scope.gatewayId) ?? Promise.resolve()).then(() => this.#push(scope));
    this.#pending.set(scope.gatewayId, pending);
    void pending.then(() => {
      if (this.#pending.get(scope.gatewayId) === pending) this.#pending.delete(scope.gatewayId);
    });
  }

  /** Resolves when sessions know all that has changed so far. */
  settled(scope: GatewayScope): Promise<void> {
    return this.#pending.get(scope.gatewayId) ?? Promise.resolve();
  }

  /** Whoever tells of a change tells once, so what could not be read is read again. */
  async #push(scope: GatewayScope): Promise<void> {
    const { tell, hasSessions, clock, log } = this.#options;
    for (let isFirst = true; hasSessions(scope); isFirst = false) {
      try {
        return tell(scope, await this.current(scope));
      } catch (thrown) {
        if (isFirst) log.error({ event: 'trust-not-pushed', gateway: scope.gatewayId, reason: describeThrown(thrown) }, 'changed keys could not be brought to sessions; tried again every second');
        await new Promise<void>((resolve) => void clock.after(RETRY_MS, resolve));
      }
    }
  }
}
