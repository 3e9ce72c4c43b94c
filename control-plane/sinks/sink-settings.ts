/**
 * What the settings say of sinks, checked before anything starts: a sink that is mistyped is refused at the start, not found out about when its
 * rows are gone. Messages never repeat a value that may hold a secret. Called by start-control-plane.ts.
 */
import { HoldfastError } from '../../shared/errors.ts';
import { didYouMean } from '../../shared/nearest.ts';
import type { ControlPlaneSettings } from '../settings.ts';
import { SINK_STREAMS, type SinkStream } from '../store/sink-store.ts';

export interface SinkSettings {
  readonly clickhouse: { readonly url: URL; readonly database: string; readonly user: string; readonly password: string; readonly tablePrefix: string; readonly streams: readonly SinkStream[] } | undefined;
  readonly otlp: { readonly endpoint: URL; readonly headers: Readonly<Record<string, string>>; readonly streams: readonly SinkStream[] } | undefined;
}

type Given = Pick<ControlPlaneSettings, 'clickhouseUrl' | 'clickhouseDatabase' | 'clickhouseUser' | 'clickhousePassword' | 'clickhouseTablePrefix' | 'clickhouseStreams' | 'otlpEndpoint' | 'otlpHeaders' | 'otlpStreams'>;

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]{0,100}$/;
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Visible characters, spaces within (RFC 9110 §5.5). */
const HEADER_VALUE = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/;
/** Ours to say. */
const OWN_HEADERS: ReadonlySet<string> = new Set(['content-type', 'content-encoding', 'content-length', 'host', 'connection', 'transfer-encoding', 'user-agent', 'idempotency-key']);

/** Throws CONTROL_PLANE_SETTINGS. */
export function parseSinkSettings(given: Given): SinkSettings {
  const { clickhouseUrl, clickhouseDatabase, clickhouseUser, clickhousePassword, clickhouseTablePrefix, clickhouseStreams, otlpEndpoint, otlpHeaders, otlpStreams } = given;
  if (!IDENTIFIER.test(clickhouseDatabase)) throw problem('HOLDFAST_CLICKHOUSE_DATABASE', 'must be a name of letters, digits and "_"');
  if (clickhouseTablePrefix !== '' && !IDENTIFIER.test(clickhouseTablePrefix)) throw problem('HOLDFAST_CLICKHOUSE_TABLE_PREFIX', 'must be of letters, digits and "_", and not begin with a digit');
  if (!HEADER_VALUE.test(clickhouseUser)) throw problem('HOLDFAST_CLICKHOUSE_USER', 'must be of visible ASCII characters');
  if (clickhousePassword !== undefined && !HEADER_VALUE.test(clickhousePassword)) throw problem('HOLDFAST_CLICKHOUSE_PASSWORD', 'must be of visible ASCII characters, as it travels in a header');
  if (otlpEndpoint === undefined && otlpHeaders.length > 0) throw problem('HOLDFAST_OTLP_HEADERS', 'needs HOLDFAST_OTLP_ENDPOINT');
  return {
    clickhouse: clickhouseUrl === undefined ? undefined : {
      url: urlOf('HOLDFAST_CLICKHOUSE_URL', clickhouseUrl, 'HOLDFAST_CLICKHOUSE_USER and HOLDFAST_CLICKHOUSE_PASSWORD'), database: clickhouseDatabase, user: clickhouseUser, password: clickhousePassword ?? '',
      tablePrefix: clickhouseTablePrefix, streams: streamsOf('HOLDFAST_CLICKHOUSE_STREAMS', clickhouseStreams),
    },
    otlp: otlpEndpoint === undefined ? undefined : { endpoint: urlOf('HOLDFAST_OTLP_ENDPOINT', otlpEndpoint, 'HOLDFAST_OTLP_HEADERS'), headers: headersOf(otlpHeaders), streams: streamsOf('HOLDFAST_OTLP_STREAMS', otlpStreams) },
  };
}

function urlOf(setting: string, text: string, secretsBelongIn: string): URL {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) throw problem(setting, 'must be an http:// or https:// URL');
  if (url.username !== '' || url.password !== '') throw problem(setting, `must be without user and password: they belong in ${secretsBelongIn}`);
  if (url.search !== '' || url.hash !== '') throw problem(setting, 'must be without a query and a fragment');
  return url;
}

function streamsOf(setting: string, words: readonly string[]): readonly SinkStream[] {
  const streams = SINK_STREAMS.filter((stream) => words.includes(stream));
  const unknown = words.find((word) => !SINK_STREAMS.some((stream) => stream === word));
  if (unknown !== undefined) throw problem(setting, `must be of ${SINK_STREAMS.join(', ')}${didYouMean(unknown, SINK_STREAMS)}`);
  if (streams.length === 0) throw problem(setting, `must name one of ${SINK_STREAMS.join(', ')}`);
  return streams;
}

function headersOf(lines: readonly string[]): Readonly<Record<string, string>> {
  const headers = new Map<string, string>();
  for (const [index, line] of lines.entries()) {
    const at = line.indexOf('=');
    const [name, value] = [line.slice(0, Math.max(0, at)).trim().toLowerCase(), line.slice(at + 1).trim()];
    const place = `of header ${index + 1}`;
    if (!HEADER_NAME.test(name) || !HEADER_VALUE.test(value)) throw problem('HOLDFAST_OTLP_HEADERS', `must be name=value, separated by commas; ${place} the name or the value can not stand in a header`);
    if (OWN_HEADERS.has(name) || headers.has(name)) throw problem('HOLDFAST_OTLP_HEADERS', `${place} the name is one that Holdfast sets itself, or stands twice`);
    headers.set(name, value);
  }
  return Object.fromEntries(headers);
}

function problem(setting: string, rule: string): HoldfastError {
  return new HoldfastError({ code: 'CONTROL_PLANE_SETTINGS', source: 'control-plane', publicMessage: 'the settings are not valid', message: `invalid settings: ${setting} ${rule}` });
}
