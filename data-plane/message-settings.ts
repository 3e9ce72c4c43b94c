/**
 * The settings of how messages go through: upgrades, compression, buffering, the pace of bodies. Spread into the data plane's
 * settings; what they mean to a proxy is made here, and a slip in a list found (check-settings.ts, threads/proxy-worker.ts).
 */
import { HoldfastError } from '../shared/errors.ts';
import { defineSettings, type Settings } from '../shared/settings.ts';
import type { ProxyLimits } from './http1/limits.ts';
import { COMPRESSIBLE_TYPES, DEFAULT_LEVELS, type Coding, type CompressionOptions } from './proxy/compression-choice.ts';
import type { MessageOptions } from './proxy/message-options.ts';

export const messageSettings = defineSettings({
  upgradeProtocols: {
    env: 'HOLDFAST_UPGRADE_PROTOCOLS',
    type: 'list',
    default: ['websocket'],
    description: 'Protocols that clients may upgrade a connection to; other upgrades are ignored, and an empty list allows none',
  },
  upstreamStatusHeader: {
    env: 'HOLDFAST_UPSTREAM_STATUS_HEADER',
    type: 'boolean',
    default: false,
    description: 'Whether responses carry the status that the upstream answered, as X-Kong-Upstream-Status',
  },
  configVersionHeader: {
    env: 'HOLDFAST_CONFIG_VERSION_HEADER',
    type: 'boolean',
    default: false,
    description: 'Whether responses carry the version of the configuration that the request ran on, as X-Holdfast-Config-Version',
  },
  compression: {
    env: 'HOLDFAST_COMPRESSION',
    type: 'list',
    default: ['off'],
    description: 'Codings (zstd, br, gzip) in which responses are compressed for clients that accept them, best first, or off; read about BREACH before you turn it on',
  },
  compressionMinBytes: {
    env: 'HOLDFAST_COMPRESSION_MIN_BYTES',
    type: 'integer',
    default: 1_024,
    between: [0, 1_073_741_824],
    description: 'Responses that are known to be smaller, in bytes, are not compressed',
  },
  compressionTypes: {
    env: 'HOLDFAST_COMPRESSION_TYPES',
    type: 'list',
    default: COMPRESSIBLE_TYPES,
    description: 'Media types that are compressed, without parameters; * stands for the rest of a kind, as in text/*',
  },
  compressionLevels: {
    env: 'HOLDFAST_COMPRESSION_LEVELS',
    type: 'list',
    default: Object.entries(DEFAULT_LEVELS).map(([coding, level]) => `${coding}:${level}`),
    description: 'How hard to compress, as coding:level; gzip 1 to 9, br 0 to 11, zstd 1 to 19',
  },
  bufferedRequestBytes: {
    env: 'HOLDFAST_BUFFERED_REQUEST_BYTES',
    type: 'integer',
    default: 1_048_576,
    between: [0, 1_073_741_824],
    description: 'Bytes of a request body that routes with request_buffering collect before they take an upstream connection; larger bodies stream',
  },
  bufferedResponseBytes: {
    env: 'HOLDFAST_BUFFERED_RESPONSE_BYTES',
    type: 'integer',
    default: 1_048_576,
    between: [0, 1_073_741_824],
    description: 'Bytes of a response that routes with response_buffering hold for a slow client before the upstream must wait',
  },
  bufferedBytes: {
    env: 'HOLDFAST_BUFFERED_BYTES',
    type: 'integer',
    default: 67_108_864,
    between: [0, 1_099_511_627_776],
    description: 'Bytes of bodies that one proxy thread buffers in all; above it bodies stream',
  },
  minBodyRate: {
    env: 'HOLDFAST_MIN_BODY_RATE',
    type: 'integer',
    default: 100,
    between: [0, 1_073_741_824],
    description: 'Bytes a second that a request body must bring on average after its first 30 seconds; slower ones are answered with 408; 0 allows any',
  },
});

export type MessageSettings = Settings<typeof messageSettings>;

/** The levels each coding knows. */
const LEVELS: Readonly<Record<Coding, readonly [least: number, most: number]>> = { gzip: [1, 9], br: [0, 11], zstd: [1, 19] };
const TOKEN = /^[a-z0-9!#$%&'*+.^_`|~-]+(?:\/[a-z0-9!#$%&'*+.^_`|~-]+)?$/;
const MEDIA_TYPE = /^[a-z0-9.+-]+\/(?:\*|[a-z0-9.+-]+|\*\+[a-z0-9.-]+)$/;

/** Throws DATA_PLANE_SETTING_INVALID, naming the setting and the way out. */
export function messageOptionsOf(settings: MessageSettings): MessageOptions {
  const upgradeProtocols = settings.upgradeProtocols.map((name) => name.toLowerCase());
  const wrong = upgradeProtocols.find((name) => !TOKEN.test(name) || name === 'h2c');
  if (wrong !== undefined) throw invalid(`HOLDFAST_UPGRADE_PROTOCOLS has "${wrong}"; write names as they stand in the Upgrade header; h2c is no tunnel, clients use HTTP/2 with prior knowledge`);
  return { upgradeProtocols, upstreamStatusHeader: settings.upstreamStatusHeader, configVersionHeader: settings.configVersionHeader, compression: compressionOf(settings) };
}

export function messageLimitsOf({ bufferedRequestBytes, bufferedResponseBytes, bufferedBytes, minBodyRate }: MessageSettings): Partial<ProxyLimits> {
  return { maxBufferedRequestBytes: bufferedRequestBytes, maxBufferedResponseBytes: bufferedResponseBytes, maxBufferedBytes: bufferedBytes, minBodyBytesPerSecond: minBodyRate };
}

function compressionOf({ compression, compressionMinBytes, compressionTypes, compressionLevels }: MessageSettings): CompressionOptions | undefined {
  const wrongType = compressionTypes.find((type) => !MEDIA_TYPE.test(type.toLowerCase()));
  if (wrongType !== undefined) throw invalid(`HOLDFAST_COMPRESSION_TYPES has "${wrongType}"; write each as type/subtype, text/* or application/*+json`);
  const levels = { ...DEFAULT_LEVELS };
  for (const text of compressionLevels) {
    const [name = '', level = ''] = text.split(':');
    if (!isCoding(name) || !/^\d{1,2}$/.test(level) || Number(level) < LEVELS[name][0] || Number(level) > LEVELS[name][1]) {
      throw invalid(`HOLDFAST_COMPRESSION_LEVELS has "${text}"; write each as coding:level, with gzip:1 to gzip:9, br:0 to br:11, zstd:1 to zstd:19`);
    }
    levels[name] = Number(level);
  }
  if (compression.length === 0 || (compression.length === 1 && compression[0] === 'off')) return undefined;
  const codings = compression.filter(isCoding);
  const unknown = compression.find((name) => !isCoding(name));
  if (unknown !== undefined) throw invalid(`HOLDFAST_COMPRESSION has "${unknown}"; write off, or some of zstd, br and gzip`);
  return { codings, minBytes: compressionMinBytes, types: compressionTypes.map((type) => type.toLowerCase()), levels };
}

function isCoding(name: string): name is Coding {
  return Object.hasOwn(LEVELS, name);
}

function invalid(message: string): HoldfastError {
  return new HoldfastError({ code: 'DATA_PLANE_SETTING_INVALID', source: 'gateway', publicMessage: 'a setting of the data plane is not valid', message });
}
