/**
 * Rules on settings that their types can't say, checked once at the start, so that a slip shows before anything depends
 * on it. Called by agent.ts.
 */
import { isAbsolute, normalize } from 'node:path';
import { createSecureContext } from 'node:tls';
import { HoldfastError } from '../shared/errors.ts';
import { AddressRanges } from '../shared/plugin-parts/address-ranges.ts';
import { formatAddress, type SocketAddress } from '../shared/setting-types.ts';
import { isControlPlaneUrl } from '../shared/trust/join-token.ts';
import { listenersOf } from './listeners/listen-settings.ts';
import { messageOptionsOf } from './message-settings.ts';
import { TrustedAddresses } from './proxy/client-address.ts';
import type { DataPlaneSettings } from './settings.ts';
import { parseServerAddress } from './upstreams/name-files.ts';

/** Throws DATA_PLANE_SETTING_INVALID or PROXY_TRUSTED_ADDRESS_INVALID, naming the setting or its value and the way out. */
export function checkSettings(settings: DataPlaneSettings): void {
  const { controlPlaneUrls, controlPlaneProxy, trustedIps } = settings;
  const wrong = controlPlaneUrls?.find((url) => !isControlPlaneUrl(url));
  if (wrong !== undefined) throw invalid(`HOLDFAST_CONTROL_PLANE_URLS has "${wrong}"; write each as https://host:port, without path, user or trailing slash`);
  if (controlPlaneUrls?.length === 0) throw invalid('HOLDFAST_CONTROL_PLANE_URLS names none; leave it out to use those of the join token');
  const wrongServer = settings.dnsResolvers.find((text) => parseServerAddress(text) === undefined);
  if (wrongServer !== undefined) throw invalid(`HOLDFAST_DNS_RESOLVERS has "${wrongServer}"; write each as an IP address or address:port, IPv6 with a port as [address]:port`);
  // Not quoted: it may hold a password.
  if (controlPlaneProxy !== undefined && !isProxyUrl(controlPlaneProxy)) throw invalid('HOLDFAST_CONTROL_PLANE_PROXY must be http://[user:password@]host:port');
  // What it throws names the address.
  new TrustedAddresses(trustedIps).includes('127.0.0.1');
  checkNetworks(settings.pluginFetchNetworks);
  checkFolders(settings.fileLogFolders);
  messageOptionsOf(settings);
  checkListeners(settings);
}

function checkNetworks(networks: readonly string[]): void {
  for (const network of networks) {
    try {
      new AddressRanges([network]);
    } catch {
      throw invalid(`HOLDFAST_PLUGIN_FETCH_NETWORKS has "${network}"; write each as an IP address or a CIDR block, such as 10.20.0.0/16`);
    }
  }
}

function checkFolders(folders: readonly string[]): void {
  const wrong = folders.find((folder) => !isAbsolute(folder) || normalize(folder) !== folder);
  if (wrong !== undefined) throw invalid(`HOLDFAST_FILE_LOG_FOLDERS has "${wrong}"; write each as an absolute path without '..', such as /var/log/holdfast`);
}

function checkListeners(settings: DataPlaneSettings): void {
  const listeners = listenersOf(settings);
  const places = [...listeners, settings.statusListen].filter(({ port }) => port !== 0);
  for (const [index, place] of places.entries()) {
    const other = places.slice(0, index).find((earlier) => overlap(earlier, place));
    if (other !== undefined) throw invalid(`${formatAddress(other)} and ${formatAddress(place)} are the same place to listen on; change one of HOLDFAST_PROXY_LISTEN, HOLDFAST_PROXY_TLS_LISTEN, HOLDFAST_STREAM_LISTEN and HOLDFAST_STATUS_LISTEN`);
  }
  if (listeners.length === 0) throw invalid('nothing is listened on; set HOLDFAST_PROXY_LISTEN, HOLDFAST_PROXY_TLS_LISTEN or HOLDFAST_STREAM_LISTEN');
  if (listeners.some(({ proxyProtocol }) => proxyProtocol) && settings.trustedIps.length === 0) {
    throw invalid('a listener has the option proxy_protocol, and HOLDFAST_TRUSTED_IPS names nobody who may send that header; name your load balancers there');
  }
  try {
    if (settings.tlsCiphers !== undefined) createSecureContext({ ciphers: settings.tlsCiphers, ca: [] });
  } catch {
    throw invalid(`HOLDFAST_TLS_CIPHERS is no list of cipher suites that OpenSSL knows: "${settings.tlsCiphers}"; see \`openssl ciphers\``);
  }
}

/** One port on one address, or on all addresses of the family. */
function overlap(a: SocketAddress, b: SocketAddress): boolean {
  if (a.port !== b.port || a.host.includes(':') !== b.host.includes(':')) return false;
  return a.host === b.host || [a.host, b.host].some((host) => host === '0.0.0.0' || host === '::');
}

function isProxyUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && url.protocol === 'http:' && url.hostname !== '' && (url.pathname === '/' || url.pathname === '') && url.search === '';
}

function invalid(message: string): HoldfastError {
  return new HoldfastError({ code: 'DATA_PLANE_SETTING_INVALID', source: 'gateway', publicMessage: 'a setting of the data plane is not valid', message });
}
