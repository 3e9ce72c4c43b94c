/**
 * request-validator on a data plane: parameters first, then content type and body; what breaks a schema goes no further. Fails closed:
 * what cannot be read or judged is refused. Behaviour and texts as in Kong 3.9; differences are in the README.
 */
import { patternSteps } from '../../plugin-parts/linear-patterns.ts';
import type { PluginFactory, PluginInstance, RequestContext, Verdict } from '../contract.ts';
import { ContentTypes } from './content-types.ts';
import { hasDuplicateNames } from './duplicate-names.ts';
import { compileJsonSchema, DRAFTS, parameterDraft, type CompiledSchema, type JsonValidator } from './json-schema.ts';
import { compileKongSchema } from './kong-schema.ts';
import { checkParameter, type Parameter } from './parameters.ts';
import { readParameter } from './read-parameters.ts';
import type { RequestValidatorConfig } from './schema.ts';

const MAX_BODY_BYTES = 1_048_576;
const BODY_WRONG = "request body doesn't conform to schema";
const PARAMETER_WRONG = "request param doesn't conform to schema";
const TYPE_WRONG = refusal('specified Content-Type is not allowed');
const NOT_JSON = refusal('request body is not valid JSON');
const TOO_LARGE: Verdict = { kind: 'respond', status: 413, message: 'Request body is too large to be validated' };

export const requestValidatorFactory: PluginFactory<RequestValidatorConfig> = {
  name: 'request-validator',
  create: (config) => {
    const validator = new RequestValidator(config);
    const instance: PluginInstance = { requestHead: (context) => validator.judge(context) };
    return config.body_schema === null ? instance : { ...instance, requestBody: { maxBytes: MAX_BODY_BYTES } };
  },
};

class RequestValidator {
  readonly #parameters: readonly Parameter[];
  readonly #validateBody: JsonValidator | undefined;
  readonly #contentTypes: ContentTypes;
  readonly #isVerbose: boolean;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  constructor(config: RequestValidatorConfig) {
    const options = { draft: parameterDraft(config.version), checksSchema: false, steps: patternSteps() };
    this.#parameters = (config.parameter_schema ?? []).map((parameter) => {
      const read = readParameter(parameter, options);
      if (read.kind === 'wrong') throw new TypeError(`parameter_schema: ${read.problem}`);
      return read.parameter;
    });
    this.#validateBody = config.body_schema === null ? undefined : compiled(config.body_schema, config.version);
    this.#contentTypes = new ContentTypes(config.allowed_content_types, config.content_type_parameter_validation);
    this.#isVerbose = config.verbose_response;
  }

  judge(context: RequestContext): Verdict | undefined {
    for (const parameter of this.#parameters) {
      const problem = checkParameter(parameter, context);
      if (problem !== undefined) return refusal(this.#isVerbose ? `${parameter.place} '${parameter.name}' validation failed, [error] ${problem}` : PARAMETER_WRONG);
    }
    return this.#validateBody === undefined ? undefined : this.#judgeBody(this.#validateBody, context);
  }

  #judgeBody(validate: JsonValidator, { request, body }: RequestContext): Verdict | undefined {
    const types = request.headerValues('content-type');
    // Backends that take a body without a type for JSON must not get one that nobody looked at.
    const type = types.length > 1 ? undefined : this.#contentTypes.find(types[0] ?? 'application/json');
    if (type === undefined) return TYPE_WRONG;
    if (type !== 'application/json' && !type.endsWith('+json')) return undefined;
    if (body === undefined) return TOO_LARGE;
    // What a coding makes of it is what the backend reads, and nobody looked at that.
    if (request.headerValues('content-encoding').some((coding) => coding.toLowerCase() !== 'identity')) return NOT_JSON;
    let value: unknown;
    try {
      const text = this.#decoder.decode(body);
      // As in Kong: nothing counts as an empty record.
      value = text === '' ? {} : JSON.parse(text);
      if (hasDuplicateNames(text)) return this.#refuseBody('a name stands twice in an object');
    } catch {
      return NOT_JSON;
    }
    const problem = validate(value);
    return problem === undefined ? undefined : this.#refuseBody(problem);
  }

  #refuseBody(problem: string): Verdict {
    return refusal(this.#isVerbose ? problem : BODY_WRONG);
  }
}

function refusal(message: string): Verdict {
  return { kind: 'respond', status: 400, message };
}

function compiled(text: string, version: RequestValidatorConfig['version']): JsonValidator {
  const draft = DRAFTS.find((known) => known === version);
  const schema: CompiledSchema = draft === undefined ? compileKongSchema(text) : compileJsonSchema(text, { draft, checksSchema: false, coerces: false, steps: patternSteps() });
  if (schema.kind === 'wrong') throw new TypeError(`body_schema: ${schema.problem}`);
  return schema.validate;
}
