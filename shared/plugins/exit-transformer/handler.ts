/**
 * exit-transformer on a data plane: gives answers that the gateway made itself another status, other headers, another body, by the first
 * rule that they fit. Responses of upstreams pass untouched. What Kong's does with functions in Lua; see the README.
 */
import { bytesOf } from '../../plugin-parts/byte-text.ts';
import type { PluginFactory, ResponseContext } from '../contract.ts';
import { type BodyTemplate, parseBodyTemplate } from './body-template.ts';
import { BODILESS, type ExitTransformerConfig } from './schema.ts';

/** They say something of the body that is thrown away. */
const OF_THE_BODY: ReadonlySet<string> = new Set(['content-type', 'content-length', 'content-encoding', 'content-language', 'content-range', 'content-location', 'etag', 'last-modified', 'accept-ranges']);

interface Rule {
  /** Undefined: all from 400 on. */
  readonly statuses: ReadonlySet<number> | undefined;
  /** Undefined: all, and answers without one. */
  readonly errorCodes: ReadonlySet<string> | undefined;
  readonly status: number | undefined;
  readonly removed: readonly string[];
  readonly set: readonly (readonly [name: string, value: string])[];
  readonly body: { readonly template: BodyTemplate; readonly contentType: string } | undefined;
}

export const exitTransformerFactory: PluginFactory<ExitTransformerConfig> = {
  name: 'exit-transformer',
  create: (config) => {
    const rules = config.rules.map(ruleOf);
    const handlesErrors = config.handle_unexpected;
    return {
      responseHead: (context) => {
        if (!context.generated || (context.errorCode !== undefined && !handlesErrors)) return;
        const rule = BODILESS.includes(context.status) ? undefined : ruleFor(rules, context);
        if (rule !== undefined && !isGrpc(context)) carryOut(rule, context);
      },
    };
  },
};

function ruleOf(rule: ExitTransformerConfig['rules'][number]): Rule {
  return {
    statuses: rule.statuses.length === 0 ? undefined : new Set(rule.statuses),
    errorCodes: rule.error_codes.length === 0 ? undefined : new Set(rule.error_codes),
    status: rule.status ?? undefined,
    removed: rule.remove_headers,
    set: Object.entries(rule.set_headers).map(([name, value]) => [name, bytesOf(value)] as const),
    body: rule.body === null ? undefined : { template: templateOf(rule.body, rule.content_type), contentType: rule.content_type },
  };
}

function templateOf(body: string, contentType: string): BodyTemplate {
  const result = parseBodyTemplate(body, contentType);
  if (result.kind === 'template') return result.template;
  throw new Error(`config.rules: body ${result.problem}`);
}

function ruleFor(rules: readonly Rule[], { status, errorCode }: ResponseContext): Rule | undefined {
  for (const rule of rules) {
    const isStatus = rule.statuses === undefined ? status >= 400 : rule.statuses.has(status);
    if (isStatus && (rule.errorCodes === undefined || (errorCode !== undefined && rule.errorCodes.has(errorCode)))) return rule;
  }
  return undefined;
}

/** Clients of gRPC read no bodies: they keep the answer that is made for them. */
function isGrpc({ request }: ResponseContext): boolean {
  return request.header('content-type')?.startsWith('application/grpc') === true;
}

function carryOut(rule: Rule, context: ResponseContext): void {
  if (rule.body !== undefined) replaceBody(rule.body, rule.status ?? context.status, context);
  else if (rule.status !== undefined) context.setStatus(rule.status);
  for (const name of rule.removed) context.removeResponseHeader(name);
  for (const [name, value] of rule.set) context.setResponseHeader(name, value);
}

/** Headers that are not of the body stay: a challenge, a limit, a cookie. */
function replaceBody({ template, contentType }: NonNullable<Rule['body']>, status: number, context: ResponseContext): void {
  const { errorCode, message = '', requestId } = context;
  const kept = Map.groupBy(context.responseHeaders().filter(([name]) => !OF_THE_BODY.has(name.toLowerCase())), ([name]) => name.toLowerCase());
  const bytes = template.render({ status: String(context.status), message, error_code: errorCode ?? '', request_id: requestId });
  context.respondInstead({ kind: 'respond', status, body: { contentType, bytes } });
  for (const [name, lines] of kept) context.setResponseHeader(name, lines.map(([, value]) => value));
  if (errorCode !== undefined) context.setResponseHeader('X-Holdfast-Error', errorCode);
}
