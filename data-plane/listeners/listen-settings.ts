/** From the settings to what a proxy listens on, and how it ends TLS. Called by the agent, once. */
import type { ListenAddress } from '../../shared/setting-types.ts';
import type { DataPlaneSettings } from '../settings.ts';
import type { CertificatePair, DownstreamTls, ListenerKind, ListenerOptions } from './listener-options.ts';

type ListenSettings = Pick<DataPlaneSettings, 'proxyListen' | 'proxyTlsListen' | 'streamListen'>;

/** HTTP, HTTPS, streams, in this order. */
export function listenersOf({ proxyListen, proxyTlsListen, streamListen }: ListenSettings): readonly ListenerOptions[] {
  return [
    ...proxyListen.map((address) => listener('http', address)),
    ...proxyTlsListen.map((address) => listener('https', address)),
    ...streamListen.map((address) => listener(address.options.includes('tls') ? 'tls' : 'tcp', address)),
  ];
}

function listener(kind: ListenerKind, { host, port, options }: ListenAddress): ListenerOptions {
  return { kind, host, port, proxyProtocol: options.includes('proxy_protocol') };
}

type TlsSettings = Pick<DataPlaneSettings, 'tlsMinVersion' | 'tlsCiphers' | 'tlsUnknownName' | 'tlsClientCertificates'>;

/** All but what changes while the process runs. */
export function downstreamTlsOf(settings: TlsSettings, defaultCertificate: CertificatePair): Omit<DownstreamTls, 'ticketKeys'> {
  return {
    minVersion: `TLSv${settings.tlsMinVersion}`,
    ciphers: settings.tlsCiphers,
    defaultCertificate: settings.tlsUnknownName === 'refuse' ? undefined : defaultCertificate,
    requestsClientCertificates: settings.tlsClientCertificates === 'request',
  };
}
