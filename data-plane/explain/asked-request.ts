/**
 * Makes the request that an operator asks about, by the way a real one takes: its bytes are written down and read by the
 * same strict parser (R1), so what is explained is what would happen.
 */
import { isIP } from 'node:net';
import { questionUrl, type ExplainQuestion } from '../../shared/model/explain-question.ts';
import type { RequestView } from '../../shared/plugins/contract.ts';
import type { ConnectionFacts } from '../http1/connection-facts.ts';
import type { Fault } from '../http1/faults.ts';
import { parseRequestHead } from '../http1/head-parser.ts';
import type { ProxyLimits } from '../http1/limits.ts';
import { RequestHead } from '../http1/message-head.ts';
import { Http1RequestView } from '../http1/request-view.ts';
import type { TrustedAddresses } from '../proxy/client-address.ts';
import type { ProtocolFacts } from '../proxy/protocol-mismatch.ts';

export interface AskedSurroundings {
  readonly limits: ProxyLimits;
  /** Whose word is taken for who the client is. */
  readonly trusted: TrustedAddresses;
  /** Where requests of a scheme are accepted; undefined where they are not. */
  readonly localPortOf: (scheme: 'http' | 'https') => number | undefined;
}

export type AskedRequest =
  | { readonly kind: 'request'; readonly view: RequestView; readonly protocol: ProtocolFacts }
  /** No such request gets past the parser. */
  | { readonly kind: 'refused'; readonly fault: Fault };

const PORT = /:(\d{1,5})$/;

export function askedRequest(question: ExplainQuestion, { limits, trusted, localPortOf }: AskedSurroundings): AskedRequest {
  const { isHttps, authority, target } = questionUrl(question.url);
  const given = Object.entries(question.headers).flatMap(([name, values]) => values.map((value) => `${name}: ${value}\r\n`));
  const hasHost = Object.keys(question.headers).some((name) => name.toLowerCase() === 'host');
  const minor = question.http_version === '1.0' ? 0 : 1;
  const bytes = Buffer.from(`${question.method} ${target} HTTP/1.${minor}\r\n${hasHost ? '' : `Host: ${authority}\r\n`}${given.join('')}\r\n`, 'utf8');
  const head = new RequestHead(limits.maxHeaderCount);
  head.begin(0);
  const parsed = parseRequestHead(head, bytes, bytes.length, limits);
  if (parsed !== 'complete') return { kind: 'refused', fault: head.fault ?? { code: 'HTTP1_REQUEST_LINE_INVALID', status: 400, message: 'Bad request' } };
  const peer = question.client_ip;
  const isTrusted = trusted.includes(peer);
  const client = isTrusted ? trusted.clientBehind(peer, head.values('x-forwarded-for'), head.value('x-real-ip')) : peer;
  const view = new Http1RequestView(head, factsOf(question, isHttps, authority, localPortOf), client);
  const scheme = isTrusted ? (view.header('x-forwarded-proto') ?? view.scheme) : view.scheme;
  return { kind: 'request', view, protocol: { scheme, httpVersion: view.httpVersion, contentType: view.header('content-type') } };
}

function factsOf(question: ExplainQuestion, isHttps: boolean, authority: string, localPortOf: AskedSurroundings['localPortOf']): ConnectionFacts {
  const scheme = isHttps ? 'https' : 'http';
  const host = authority.replace(PORT, '').toLowerCase();
  const serverName = question.server_name?.toLowerCase() ?? (isIP(host.replaceAll(/[[\]]/g, '')) === 0 ? host : undefined);
  return {
    scheme,
    isHttp2: question.http_version === '2',
    peerAddress: question.client_ip,
    peerPort: 0,
    localAddress: '127.0.0.1',
    // Not the URL's: clients may come by way of another port, as through a load balancer.
    localPort: question.port ?? localPortOf(scheme) ?? Number(PORT.exec(authority)?.[1] ?? (isHttps ? 443 : 80)),
    tls: isHttps ? { serverName, version: 'TLSv1.3', cipher: '', clientCertificate: undefined } : undefined,
  };
}
