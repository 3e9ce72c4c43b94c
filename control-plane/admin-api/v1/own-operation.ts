/**
 * Operations of our own endpoints (`/v1/…`), each with its query parameters and the fields of its body: unknown ones are
 * refused with the nearest known name, known ones arrive typed. The same description feeds the OpenAPI document.
 */
import { coerceFields } from '../../../shared/model/coerce-form.ts';
import type { Field, JsonObject } from '../../../shared/model/definition.ts';
import type { RecordOf } from '../../../shared/model/entity-types.ts';
import { parseFields, refuseUnknownFields } from '../../../shared/model/parse-fields.ts';
import { ProblemList } from '../../../shared/model/problems.ts';
import { didYouMean } from '../../../shared/nearest.ts';
import type { Permission } from '../../access/permission.ts';
import { invalidQuery, schemaViolation, type Answer } from '../answer.ts';
import type { RequestBody } from '../request-body.ts';
import type { AdminRequest, Operation, QueryParameter } from '../route.ts';

export interface OwnOperation<R extends AdminRequest, F extends readonly Field[]> {
  readonly permission: Permission;
  readonly summary: string;
  readonly query?: readonly QueryParameter[];
  readonly body?: F;
  /** Status of the answer where all goes well; 200 where not said. */
  readonly success?: 200 | 201 | 204;
  /** Of the answer; JSON where not said. */
  readonly mediaType?: string;
  readonly handle: (request: R, input: RecordOf<F>) => Promise<Answer>;
}

/** `R` is what the route gives: a request of the tenant or of a gateway. */
export function ownOperation<R extends AdminRequest>() {
  return <const F extends readonly Field[] = readonly []>({ permission, summary, query, body, success, mediaType, handle }: OwnOperation<R, F>): Operation<R> => ({
    permission,
    description: { summary, ...(query === undefined ? {} : { query }), ...(body === undefined ? {} : { body }), ...(success === undefined ? {} : { success }), ...(mediaType === undefined ? {} : { mediaType }) },
    handle: async (request) => {
      refuseUnknownParameters(request.query, (query ?? []).map(({ name }) => name));
      return handle(request, parseBody<F>(body, request.body));
    },
  });
}

function refuseUnknownParameters(query: URLSearchParams, known: readonly string[]): void {
  for (const name of query.keys()) {
    if (!known.includes(name)) throw invalidQuery('options', name, `unknown query parameter${didYouMean(name, known)}`);
    if (query.getAll(name).length > 1) throw invalidQuery('options', name, 'is given more than once');
  }
}

/** The fields of a body, typed. Throws a Refusal (400) that names each wrong one. */
export function parseBody<const F extends readonly Field[]>(fields: F | undefined, body: RequestBody): RecordOf<F> {
  const known: readonly Field[] = fields ?? [];
  const problems = new ProblemList();
  const input: JsonObject = body.kind === 'form' ? coerceFields(known, body.value) : body.value;
  refuseUnknownFields(input, known.map(({ name }) => name), '', problems);
  const parsed = parseFields(known, input, '', { problems, newKey: () => '', parsePluginConfig: () => undefined });
  if (problems.problems.length > 0) throw schemaViolation(problems.problems);
  // The door: every field was just checked against the definition from which the type is read.
  return parsed as RecordOf<F>;
}
