/**
 * The store's statements without their own conditions on the tenant and the gateway, so that nothing but row-level security keeps tenants
 * apart. Stands between the store and the driver, in this process alone, and only while it is switched on; statements of the roles that
 * see every tenant by design (publisher, authentication) go as they are, for nothing else would be left there.
 */
import pg from 'pg';

/** Roles to whose rows the tenant of the transaction is all that counts. */
export const ROLES_OF_ONE_TENANT: ReadonlySet<string> = new Set(['holdfast_app', 'holdfast_ingest']);

export interface SeenStatement {
  readonly role: string;
  readonly text: string;
  /** What was sent in its place; the same where no condition stands in it. */
  readonly sent: string;
}

export class PredicateRemover {
  readonly seen = new Map<string, SeenStatement>();
  #isOn = false;
  readonly #roles = new WeakMap<object, string>();

  /** For all connections of the process, until it ends. */
  constructor() {
    const prototype: { query: (...all: readonly unknown[]) => unknown } = pg.Client.prototype;
    const original = prototype.query;
    const replace = (client: object, given: unknown): unknown => this.#replace(client, given);
    prototype.query = function query(this: object, first: unknown, ...rest: readonly unknown[]): unknown {
      return Reflect.apply(original, this, [replace(this, first), ...rest]);
    };
  }

  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#isOn = true;
    try {
      return await work();
    } finally {
      this.#isOn = false;
    }
  }

  #replace(client: object, given: unknown): unknown {
    if (typeof given === 'string') {
      const role = /SET LOCAL ROLE (\w+)/.exec(given)?.[1];
      if (role !== undefined) this.#roles.set(client, role);
      return given;
    }
    if (!this.#isOn || !isStatement(given)) return given;
    const role = this.#roles.get(client) ?? '';
    const sent = ROLES_OF_ONE_TENANT.has(role) ? withoutTenantPredicates(given.text) : given.text;
    this.seen.set(`${role} ${given.text}`, { role, text: given.text, sent });
    // Prepared under a name of its own: a connection may know the other text already.
    return sent === given.text ? given : { ...given, name: `${given.name}-free`, text: sent };
  }
}

function isStatement(given: unknown): given is { readonly name: string; readonly text: string } {
  return typeof given === 'object' && given !== null && 'name' in given && typeof given.name === 'string' && 'text' in given && typeof given.text === 'string';
}

const COLUMN = /^(?:\w+\.)?(?:tenant_id|gateway_id)$/;
const PARAMETER = /^\$\d+(?:::uuid)?$/;

/** Each `tenant_id = $1`, and its part of each comparison of rows, true for every tenant; parameters keep their type. */
export function withoutTenantPredicates(text: string): string {
  const rows = text.replaceAll(/\(((?:[\w.]+, )*[\w.]+)\) (=|IN) \(((?:[^()]|\([^()]*\))*)\)/g, (whole: string, left: string, operator: string, right: string) => {
    const [columns, values] = [left.split(', '), right.split(/,\s*/)];
    if (operator !== '=' || columns.length !== values.length || !columns.some((column) => COLUMN.test(column))) return whole;
    const pairs = columns.map((column, index) => ({ column, value: values[index] ?? '' }));
    const dropped = pairs.filter(({ column, value }) => COLUMN.test(column) && PARAMETER.test(value));
    const kept = pairs.filter((pair) => !dropped.includes(pair));
    const isTrue = dropped.map(({ value }) => anyValue(value));
    const others = kept.length === 0 ? [] : [`(${kept.map(({ column }) => column).join(', ')}) = (${kept.map(({ value }) => value).join(', ')})`];
    return dropped.length === 0 ? whole : `(${[...isTrue, ...others].join(' AND ')})`;
  });
  return rows.replaceAll(/\b(?:\w+\.)?(?:tenant_id|gateway_id) = (\$\d+)(?:::uuid)?(?![\w:])/g, (_, value: string) => anyValue(value));
}

function anyValue(parameter: string): string {
  return `${parameter.replace(/::uuid$/, '')}::uuid IS NOT NULL`;
}

/** True where a condition on the tenant may still stand in a statement: a parameter compared with its column in a way that is not known above. */
export function mayHoldTenantPredicate(text: string): boolean {
  return /\btenant_id\b[^,;)]{0,20}(?:=|IN|IS NOT DISTINCT FROM)\s*(?:ANY\s*)?\(?\$\d/.test(text) || /\([^()]*\btenant_id\b[^()]*\)\s*(?:=|IN)\s*\((?:\s*\$\d)/.test(text);
}
