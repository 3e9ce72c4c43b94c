/** A request as plugins and the router see it, from the parts that a test cares about. */
import type { ClientCertificate, RequestView } from '../plugins/contract.ts';

export interface RequestParts {
  readonly method?: string;
  readonly path?: string;
  /** Without `?`. */
  readonly query?: string;
  /** As received, where it is not path and query. */
  readonly target?: string;
  readonly host?: string;
  readonly port?: number;
  readonly scheme?: 'http' | 'https';
  readonly clientAddress?: string;
  readonly clientPort?: number;
  readonly localAddress?: string;
  readonly localPort?: number;
  readonly serverName?: string;
  readonly clientCertificate?: ClientCertificate;
  /** One entry per header line, names in any case. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

export function requestView(parts: RequestParts = {}): RequestView {
  const { method = 'GET', path = '/', query = '', host = 'example.com', port = 80, scheme = 'http', clientAddress = '192.0.2.1', headers = [] } = parts;
  const { clientPort = 40_000, localAddress = '127.0.0.1', localPort = port, serverName } = parts;
  const headerValues = (name: string): readonly string[] => headers.filter(([given]) => given.toLowerCase() === name).map(([, value]) => value);
  return {
    method, path, query, host, port, scheme, clientAddress, clientPort, localAddress, localPort, serverName, headerValues,
    clientCertificate: parts.clientCertificate,
    httpVersion: '1.1',
    target: parts.target ?? (query === '' ? path : `${path}?${query}`),
    header: (name) => headerValues(name)[0],
    queryValues: (name) => new URLSearchParams(query).getAll(name),
  };
}
