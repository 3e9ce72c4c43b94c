/**
 * Reads what openapi-to-content.ts needs of an OpenAPI 3.0 or 3.1 document: references followed, path and operation put
 * together. References to other files are not followed.
 */
import { HoldfastError } from '../../shared/errors.ts';
import type { JsonObject, JsonValue } from '../../shared/model/definition.ts';
import { isJsonObject } from '../../shared/model/entity-checks.ts';
import { listAt, objectAt, textAt } from './json-values.ts';

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const;
/** A chain of references that long is a circle. */
const MAX_REFERENCES = 50;

export interface OpenApiOperation {
  readonly path: string;
  /** Upper case. */
  readonly method: string;
  readonly item: JsonObject;
  readonly operation: JsonObject;
  /** Of the path and the operation, references followed; the operation's win. */
  readonly parameters: readonly JsonObject[];
}

export class OpenApiDocument {
  readonly root: JsonObject;
  /** Drafts of JSON Schema are those of the version: 3.0 has one of its own. */
  readonly version: '3.0' | '3.1';

  private constructor(root: JsonObject, version: '3.0' | '3.1') {
    this.root = root;
    this.version = version;
  }

  /** Throws CONVERT_NOT_OPENAPI. */
  static parse(root: JsonObject): OpenApiDocument {
    const { openapi, swagger, paths } = root;
    if (typeof openapi === 'string' && /^3\.[01](\.|$)/.test(openapi) && (paths === undefined || isJsonObject(paths))) return new OpenApiDocument(root, openapi.startsWith('3.0') ? '3.0' : '3.1');
    const found = typeof swagger === 'string' ? `this is Swagger ${swagger}: convert it to OpenAPI 3 first` : typeof openapi === 'string' ? `this says openapi: ${openapi}` : 'this has no "openapi" field';
    throw new HoldfastError({ code: 'CONVERT_NOT_OPENAPI', source: 'gateway', publicMessage: `an OpenAPI document of version 3.0 or 3.1 is needed, with "openapi" and "paths"; ${found}` });
  }

  get operations(): readonly OpenApiOperation[] {
    return Object.entries(objectAt(this.root, 'paths')).filter(([path]) => path.startsWith('/')).flatMap(([path, value]) => {
      const item = this.follow(value);
      return METHODS.flatMap((method) => {
        const operation = item[method];
        if (!isJsonObject(operation)) return [];
        return [{ path, method: method.toUpperCase(), item, operation, parameters: this.#parameters(item, operation) }];
      });
    });
  }

  /** The object itself, or what its `$ref` leads to. Throws CONVERT_REFERENCE_UNKNOWN. */
  follow(value: JsonValue | undefined): JsonObject {
    let object = isJsonObject(value) ? value : {};
    for (let steps = 0; typeof object['$ref'] === 'string'; steps += 1) {
      if (steps === MAX_REFERENCES) throw unknownReference(object['$ref'], 'leads in a circle');
      object = this.resolve(object['$ref']);
    }
    return object;
  }

  /** What a reference inside this document points at. Throws CONVERT_REFERENCE_UNKNOWN. */
  resolve(reference: string): JsonObject {
    if (!reference.startsWith('#/')) throw unknownReference(reference, 'leads to another document: bundle the files into one first');
    let value: JsonValue | undefined = this.root;
    for (const step of reference.slice(2).split('/').map((word) => decodeURIComponent(word).replaceAll('~1', '/').replaceAll('~0', '~'))) {
      value = isJsonObject(value) ? value[step] : Array.isArray(value) ? value[Number(step)] : undefined;
    }
    if (!isJsonObject(value)) throw unknownReference(reference, 'leads nowhere');
    return value;
  }

  #parameters(item: JsonObject, operation: JsonObject): readonly JsonObject[] {
    const byPlace = new Map<string, JsonObject>();
    for (const value of [...listAt(item, 'parameters'), ...listAt(operation, 'parameters')]) {
      const parameter = this.follow(value);
      byPlace.set(`${textAt(parameter, 'in') ?? ''} ${textAt(parameter, 'name') ?? ''}`, parameter);
    }
    return [...byPlace.values()];
  }
}

function unknownReference(reference: string, why: string): HoldfastError {
  return new HoldfastError({ code: 'CONVERT_REFERENCE_UNKNOWN', source: 'gateway', publicMessage: `$ref "${reference}" ${why}` });
}
