/** What a route asks of a request, in the words of the Gateway API's HTTPRouteMatch and GRPCRouteMatch. Used by to-kubernetes.ts. */
import type { JsonObject } from '../../shared/model/definition.ts';
import { isJsonObject } from '../../shared/model/entity-checks.ts';
import type { FlatEntity } from './flat-content.ts';
import { textAt, texts } from './json-values.ts';

/** Matches that share a path, because what becomes of the path is said once for a rule. */
export interface MatchGroup {
  readonly path: string | undefined;
  readonly matches: readonly JsonObject[];
}

export function httpMatches(route: FlatEntity, warnings: string[]): readonly MatchGroup[] {
  const paths = texts(route.fields['paths'], []);
  const methods = texts(route.fields['methods'], []);
  const headers = headerMatches(route, warnings);
  if (paths.some((path) => !path.startsWith('~') && path.length > 1 && !path.endsWith('/'))) warnings.push(`route ${route.label}: a prefix ends with a path segment there: /foo does not match /foobar`);
  const common = headers.length === 0 ? {} : { headers };
  const groups = paths.length === 0 ? [undefined] : paths;
  return groups.map((path) => {
    const base = path === undefined ? common : { path: pathMatch(path), ...common };
    const matches = methods.length === 0 ? [base] : methods.map((method) => ({ ...base, method }));
    return { path, matches: Object.keys(matches[0] ?? {}).length === 0 ? [] : matches };
  });
}

/** `/package.Service/Method`, `/package.Service/` or `/`. */
export function grpcMatches(route: FlatEntity, warnings: string[]): readonly JsonObject[] {
  const headers = headerMatches(route, warnings);
  const common = headers.length === 0 ? {} : { headers };
  const matches = texts(route.fields['paths'], []).flatMap((path): readonly JsonObject[] => {
    const [, service, method] = /^\/([\w.]+)\/?(\w+)?$/.exec(path) ?? [];
    if (path === '/') return Object.keys(common).length === 0 ? [] : [common];
    if (service === undefined) {
      warnings.push(`route ${route.label}: path ${path} names no gRPC service: left out`);
      return [];
    }
    return [{ method: { service, ...(method === undefined ? {} : { method }) }, ...common }];
  });
  return matches.length === 0 && Object.keys(common).length > 0 ? [common] : matches;
}

/** What becomes of path and host on the way to the service. */
export function rewriteOf(route: FlatEntity, service: FlatEntity | undefined, path: string | undefined, warnings: string[]): readonly JsonObject[] {
  const base = textAt(service?.fields ?? {}, 'path') ?? '/';
  const host = textAt(service?.fields ?? {}, 'host');
  const isStripped = route.fields['strip_path'] !== false;
  const exact = exactPath(path);
  const matched = exact ?? path ?? '/';
  const rewritten = isStripped ? base : joined(base, matched);
  const isPattern = exact === undefined && path?.startsWith('~') === true;
  const needsPath = rewritten !== matched && !(path === undefined && base === '/');
  if (needsPath && isPattern) warnings.push(`route ${route.label}: what matches ${path} can not be ${isStripped ? 'stripped' : 'put behind the path of its service'} there`);
  const rewrite: JsonObject = {
    ...(route.fields['preserve_host'] === true || host === undefined ? {} : { hostname: host }),
    ...(needsPath && !isPattern ? { path: exact === undefined ? { type: 'ReplacePrefixMatch', replacePrefixMatch: rewritten } : { type: 'ReplaceFullPath', replaceFullPath: rewritten } } : {}),
  };
  return Object.keys(rewrite).length === 0 ? [] : [{ type: 'URLRewrite', urlRewrite: rewrite }];
}

/** Hostnames may begin with "*." and with nothing else; no ports. */
export function usableHosts(route: FlatEntity, warnings: string[]): readonly string[] {
  return texts(route.fields['hosts'], []).filter((host) => {
    const isUsable = /^(\*\.)?[a-z0-9.-]+$/i.test(host);
    if (!isUsable) warnings.push(`route ${route.label}: host ${host} can not be said there: left out`);
    return isUsable;
  });
}

function headerMatches(route: FlatEntity, warnings: string[]): readonly JsonObject[] {
  const { headers } = route.fields;
  return Object.entries(isJsonObject(headers) ? headers : {}).map(([name, values]) => {
    const all = texts(values, []);
    const [only = ''] = all;
    if (all.length === 1) return only.startsWith('~*') ? { type: 'RegularExpression', name, value: `(?i)${only.slice(2)}` } : { type: 'Exact', name, value: only };
    warnings.push(`route ${route.label}: header ${name} has several values: said as a regular expression`);
    return { type: 'RegularExpression', name, value: `^(${all.map((value) => value.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)).join('|')})$` };
  });
}

function pathMatch(path: string): JsonObject {
  const exact = exactPath(path);
  if (exact !== undefined) return { type: 'Exact', value: exact };
  return path.startsWith('~') ? { type: 'RegularExpression', value: path.slice(1) } : { type: 'PathPrefix', value: path };
}

/** Of an expression that matches one path and nothing else: `~/pets\.json$`. */
function exactPath(path: string | undefined): string | undefined {
  const [, literal] = /^~((?:[\w/~%@:,;=!'-]|\\[^\w\s])+)\$$/.exec(path ?? '') ?? [];
  return literal?.replace(/\\(.)/g, '$1');
}

function joined(base: string, path: string): string {
  return base === '/' ? path : `${base.replace(/\/$/, '')}${path.startsWith('/') ? '' : '/'}${path}`;
}
