/**
 * Puts refused writes into the audit. Those of strangers are bounded (R5): whoever has no credential must not be able to
 * fill the database; what is left out is counted in the log. Called by http-server.ts.
 */
import type { Clock } from '../../shared/clock.ts';
import { describeThrown } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { TenantId } from '../../shared/model/ids.ts';
import type { AuditStore } from '../store/audit-store.ts';
import type { RefusedWrite } from './http-server.ts';

export interface RefusalAuditOptions {
  readonly audit: Pick<AuditStore, 'add'>;
  /** Where rows of strangers go: their own tenant is not known. */
  readonly installationTenant: TenantId;
  readonly log: Logger;
  readonly clock: Clock;
}

const WINDOW_MS = 60_000;
const STRANGERS_PER_WINDOW = 60;
const LONGEST_PATH = 300;

export class RefusalAudit {
  readonly #options: RefusalAuditOptions;
  #windowStartMs: number;
  #strangers = 0;

  constructor(options: RefusalAuditOptions) {
    this.#options = options;
    this.#windowStartMs = options.clock.monotonicMs();
  }

  /** Never throws: an audit that can't be written must not turn a clear refusal into an obscure one. */
  async record(refused: RefusedWrite): Promise<void> {
    const { caller, gateway, method, path, requestId, address, status, code } = refused;
    if (caller === undefined && !this.#hasRoom()) return;
    try {
      await this.#options.audit.add({
        tenantId: caller?.tenantId ?? this.#options.installationTenant,
        ...(gateway === undefined ? {} : { gatewayId: gateway.gatewayId }),
        actor: { operatorId: caller?.operatorId ?? null, name: caller?.name ?? 'unknown', requestId, address, ...(caller === undefined ? { kind: 'unknown' } : {}) },
        action: 'refuse',
        subjectKind: 'request',
        subjectId: `${method} ${path}`.slice(0, LONGEST_PATH),
        details: { status, code },
      });
    } catch (thrown) {
      this.#options.log.error({ event: 'audit-not-written', method, path, status, code, requestId, reason: describeThrown(thrown) }, 'a refused write is not in the audit');
    }
  }

  #hasRoom(): boolean {
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs - this.#windowStartMs >= WINDOW_MS) {
      const leftOut = this.#strangers - STRANGERS_PER_WINDOW;
      if (leftOut > 0) this.#options.log.warn({ event: 'audit-strangers-left-out', leftOut }, 'refused writes without a credential were too many for the audit');
      this.#windowStartMs = nowMs;
      this.#strangers = 0;
    }
    this.#strangers += 1;
    return this.#strangers <= STRANGERS_PER_WINDOW;
  }
}
