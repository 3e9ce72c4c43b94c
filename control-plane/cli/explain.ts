/**
 * `holdfast explain`: asks what would become of a request, over the admin API, or a data plane's status port where there is
 * no control plane, and tells it so that a person sees at once what happens and why.
 */
import { HoldfastError } from '../../shared/errors.ts';
import { post } from './admin-client.ts';
import type { Output } from './command.ts';
import type { ExplainSettings } from './settings.ts';
import { terminalJson, terminalLine } from './terminal-text.ts';

/** What the state of a target's circuit means to somebody who asks where requests go. */
const HEALTH: ReadonlyMap<unknown, string> = new Map([['closed', 'healthy'], ['open', 'left out'], ['half-open', 'tried again']]);

type Told = Readonly<Record<string, unknown>>;

export async function explain(settings: ExplainSettings, output: Output): Promise<void> {
  const { url, statusUrl, gateway, dataPlane } = settings;
  if (url === undefined) throw new HoldfastError({ code: 'CLI_MISUSED', source: 'gateway', publicMessage: '--url is needed: holdfast explain --method GET --url https://api.example.com/orders/7' });
  const question = {
    method: settings.method, url, headers: parseHeaders(settings.headers), client_ip: settings.clientIp, server_name: settings.serverName ?? null,
    http_version: settings.httpVersion, consumer: settings.consumer ?? null, route: settings.route ?? null,
  };
  const asked = dataPlane === undefined ? '' : `?data_plane=${encodeURIComponent(dataPlane)}`;
  const answer = statusUrl === undefined
    ? await post(settings, `/${encodeURIComponent(gateway)}/v1/explain${asked}`, question)
    : await post({ adminUrl: statusUrl, adminToken: undefined, called: 'the status port' }, '/explain', question);
  if (settings.output === 'json') output.out(terminalJson(answer));
  else for (const line of tell(answer)) output.out(line);
}

/** `name=value` or `name: value` each; a piece that is neither belongs to the value before it, which had a comma. Throws CLI_HEADER_INVALID. */
export function parseHeaders(words: readonly string[]): Readonly<Record<string, readonly string[]>> {
  const headers: { name: string; value: string }[] = [];
  for (const word of words) {
    const [, name, value] = /^\s*([!#$%&'*+\-.^_`|~A-Za-z0-9]+)(?:=|:\s*)(.*)$/.exec(word) ?? [];
    const last = headers.at(-1);
    if (name !== undefined && value !== undefined) headers.push({ name, value });
    else if (last !== undefined) last.value += `,${word}`;
    else throw new HoldfastError({ code: 'CLI_HEADER_INVALID', source: 'gateway', publicMessage: `--headers takes name=value, not "${word}": --headers x-tenant=7,accept=text/html` });
  }
  const byName = new Map<string, string[]>();
  for (const { name, value } of headers) byName.set(name, [...(byName.get(name) ?? []), value]);
  return Object.fromEntries(byName);
}

/** The answer in lines, safe for a terminal; what is not there is left out. */
export function tell(answer: Told): readonly string[] {
  return tellAll(answer).map(terminalLine);
}

function tellAll(answer: Told): readonly string[] {
  const request = part(answer, 'request');
  const lines = [`configuration ${text(answer['version'])}${answer['data_plane'] === undefined ? '' : `, told by data plane ${text(answer['data_plane'])}`}`];
  if (request !== undefined) lines.push(`request       ${text(request['method'])} ${text(request['scheme'])}://${text(request['host'])}:${text(request['port'])}${text(request['path'])}${request['query'] === '' ? '' : `?${text(request['query'])}`} (HTTP/${text(request['http_version'])} from ${text(request['client_ip'])})`);
  const tls = part(answer, 'tls');
  if (tls !== undefined) lines.push(`certificate   ${tls['certificate'] === null ? 'none' : text(tls['certificate'])}`);
  lines.push(`outcome       ${outcome(part(answer, 'outcome') ?? {})}`, ...tellRoute(part(answer, 'route')), ...tellConsumer(part(answer, 'consumer')));
  lines.push(...tellPlugins(list(answer, 'plugins')), ...list(answer, 'plugins_not_run').map((plugin) => `  not run     ${text(plugin['name'])} (${text(plugin['id'])}): ${text(plugin['why_not'])}`), ...tellService(part(answer, 'service'), part(answer, 'upstream_request')), ...tellOthers(answer));
  return lines;
}

function outcome(told: Told): string {
  if (told['kind'] === 'forwarded') return 'forwarded, unless a plugin answers';
  if (told['kind'] === 'refused') return `${text(told['message'])} (${text(told['code'])})`;
  if (told['kind'] === 'plugins') return text(told['message']);
  return `answered by the gateway: ${text(told['status'])} ${text(told['message'])} (${text(told['code'])})`;
}

function tellRoute(route: Told | undefined): readonly string[] {
  if (route === undefined) return ['route         none'];
  const captures = Object.entries(part(route, 'captures') ?? {}).map(([name, value]) => `${name}=${text(value)}`);
  return [`route         ${nameOf(route)}, matched "${text(route['matched_path'])}"${captures.length === 0 ? '' : `, captures ${captures.join(' ')}`}`];
}

function tellConsumer(consumer: Told | undefined): readonly string[] {
  if (consumer === undefined) return [];
  const groups = Array.isArray(consumer['groups']) && consumer['groups'].length > 0 ? `, in ${consumer['groups'].map(text).join(', ')}` : '';
  return [consumer['found'] === true ? `consumer      ${text(consumer['username'] ?? consumer['id'])}${groups}` : `consumer      ${text(consumer['asked'])} is not known: shown without`];
}

function tellPlugins(plugins: readonly Told[]): readonly string[] {
  if (plugins.length === 0) return ['plugins       none'];
  return plugins.map((plugin, index) => {
    const group = part(plugin, 'consumer_group');
    const scope = `${words(plugin['scope'])}${group === undefined ? '' : ` ${text(group['name'])}`}`;
    const quarantined = typeof plugin['quarantined'] === 'string' ? `, quarantined: ${text(plugin['quarantined'])}` : '';
    return `${index === 0 ? 'plugins' : ''}`.padEnd(14) + `${index + 1}. ${text(plugin['name'])} (${text(plugin['priority'])}, ${scope}: ${words(plugin['phases'])})${tellOrdering(part(plugin, 'ordering'))}${plugin['condition'] === undefined ? '' : `, where ${text(plugin['condition'])}`}${quarantined}`;
  });
}

function tellOrdering(ordering: Told | undefined): string {
  return ['before', 'after'].map((side) => (Array.isArray(ordering?.[side]) && ordering[side].length > 0 ? `, ${side} ${ordering[side].map(text).join(' and ')}` : '')).join('');
}

function tellService(service: Told | undefined, sent: Told | undefined): readonly string[] {
  if (service === undefined) return [];
  const upstream = part(service, 'upstream');
  const lines = [`service       ${nameOf(service)}, ${text(service['protocol'])}://${text(service['host'])}:${text(service['port'])}${upstream === undefined ? '' : ` (upstream, ${text(upstream['algorithm'])})`}`];
  const targets = list(service, 'targets');
  for (const target of targets) {
    const facts = ['weight', 'failover'].flatMap((name) => (target[name] === undefined || target[name] === false ? [] : [target[name] === true ? name : `${name} ${text(target[name])}`]));
    const addresses = list(target, 'addresses').map((one) => `${text(one['address'])} ${HEALTH.get(one['state']) ?? text(one['state'])}${typeof one['reason'] === 'string' ? ` (${text(one['reason'])})` : ''}`);
    lines.push(`  target      ${[text(target['target']), ...facts, ...addresses].join(', ')}`);
  }
  if (targets.length < count(service['targets_in_all'])) lines.push(`  target      … (${targets.length} of ${text(service['targets_in_all'])} are shown)`);
  if (sent !== undefined) lines.push(`  sent as     ${text(sent['method'])} ${text(sent['path'])}${sent['host'] === null ? '' : `, Host ${text(sent['host'])}`}`);
  return lines;
}

function tellOthers(answer: Told): readonly string[] {
  return list(answer, 'others').map((other, index) => `${index === 0 ? 'not taken' : ''}`.padEnd(14) + `${nameOf(other)}: ${text(other['why_not'])}`);
}

function nameOf(thing: Told): string {
  return thing['name'] === null ? text(thing['id']) : `${text(thing['name'])} (${text(thing['id'])})`;
}

function part(thing: Told, name: string): Told | undefined {
  const value = thing[name];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

function list(thing: Told, name: string): readonly Told[] {
  const value = thing[name];
  return Array.isArray(value) ? value.flatMap((item: unknown) => (typeof item === 'object' && item !== null ? [{ ...item }] : [])) : [];
}

function words(value: unknown): string {
  return Array.isArray(value) ? value.map(text).join('+') : text(value);
}

function count(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value ?? '') ?? '');
}
