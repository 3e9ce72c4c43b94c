/**
 * Questions that may take the database a while, about counts and records: few at once, of one tenant fewer, so that they leave connections
 * to everything else and to other tenants (T1). The rest waits its turn; where too many wait, one more is refused (R5).
 */
import { HoldfastError } from '../../../shared/errors.ts';
import type { TenantId } from '../../../shared/model/ids.ts';
import { Refusal } from '../answer.ts';

/** Less than half of the pool's connections. */
const MOST_AT_ONCE = 4;
const MOST_OF_TENANT = 2;
/** A few dashboards, which ask for all their panels at once. */
export const MOST_WAITING_OF_TENANT = 60;
const MOST_WAITING = 400;

interface Waiting {
  readonly tenantId: TenantId;
  readonly begin: () => void;
}

export class QueryGate {
  readonly #running = new Map<TenantId, number>();
  readonly #waiting: Waiting[] = [];
  #count = 0;

  /** Throws a Refusal: 503 where too many wait, 422 where it takes longer than a statement may. */
  async run<T>(tenantId: TenantId, work: () => Promise<T>): Promise<T> {
    await this.#enter(tenantId);
    try {
      return await work();
    } catch (thrown) {
      throw thrown instanceof HoldfastError && thrown.code === 'STORE_TIMEOUT' ? tooLong(thrown) : thrown;
    } finally {
      this.#leave(tenantId);
    }
  }

  async #enter(tenantId: TenantId): Promise<void> {
    if (this.#mayBegin(tenantId)) return this.#begin(tenantId);
    if (this.#waiting.length >= MOST_WAITING || this.#waiting.filter((one) => one.tenantId === tenantId).length >= MOST_WAITING_OF_TENANT) throw tooMany();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ tenantId, begin: resolve });
    await promise;
  }

  /** Whoever leaves gives its place on: nobody comes in between. */
  #leave(tenantId: TenantId): void {
    this.#count -= 1;
    const left = (this.#running.get(tenantId) ?? 1) - 1;
    if (left === 0) this.#running.delete(tenantId);
    else this.#running.set(tenantId, left);
    const next = this.#waiting.findIndex((one) => this.#mayBegin(one.tenantId));
    const [waiting] = next === -1 ? [] : this.#waiting.splice(next, 1);
    if (waiting === undefined) return;
    this.#begin(waiting.tenantId);
    waiting.begin();
  }

  #mayBegin(tenantId: TenantId): boolean {
    return this.#count < MOST_AT_ONCE && (this.#running.get(tenantId) ?? 0) < MOST_OF_TENANT;
  }

  #begin(tenantId: TenantId): void {
    this.#count += 1;
    this.#running.set(tenantId, (this.#running.get(tenantId) ?? 0) + 1);
  }
}

function tooMany(): Refusal {
  const message = `too many questions about counts and requests wait here already (of one tenant ${MOST_WAITING_OF_TENANT}); ask again later, less often, or for shorter windows`;
  return new Refusal({ code: 'ADMIN_QUERIES_EXHAUSTED', status: 503, body: { message, error: 'ADMIN_QUERIES_EXHAUSTED' }, headers: { 'retry-after': '2' }, retryable: true });
}

function tooLong(cause: HoldfastError): Refusal {
  const message = 'this takes longer than a statement may; ask for a shorter window or fewer groups; one request is found at once by its request_id';
  return new Refusal({ code: 'ADMIN_QUERY_TOO_LONG', status: 422, body: { message, error: 'ADMIN_QUERY_TOO_LONG' }, cause });
}
