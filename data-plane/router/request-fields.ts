/**
 * The fields of expressions, read from a request or from a connection. Values that cost something to work out are kept for the
 * length of one search, because thousands of expressions may ask for the same one (R5).
 */
import type { AddressField, NumberField, TextField } from '../../shared/model/expression/syntax.ts';
import type { RequestView } from '../../shared/plugins/contract.ts';
import type { StreamView } from '../config/active-config.ts';

/** What a condition asks. Undefined and the empty list say that there is no such field: then every comparison with it is false. */
export interface FieldSource {
  text(field: TextField): string | undefined;
  texts(field: TextField): readonly string[];
  number(field: NumberField): number | undefined;
  address(field: AddressField): string;
}

export class RequestFields implements FieldSource {
  readonly #request: RequestView;
  /** The one that was asked for last: mostly the only one. */
  #headerName = '';
  #headerList: readonly string[] = [];
  #headers: Map<string, readonly string[]> | undefined = undefined;
  #queries: Map<string, readonly string[]> | undefined = undefined;
  #segments: readonly string[] | undefined = undefined;

  constructor(request: RequestView) {
    this.#request = request;
  }

  headerValues(lowerCaseName: string): readonly string[] {
    if (this.#headerName === lowerCaseName) return this.#headerList;
    const known = this.#headers?.get(lowerCaseName);
    if (known !== undefined) return known;
    if (this.#headerName !== '') (this.#headers ??= new Map()).set(this.#headerName, this.#headerList);
    this.#headerName = lowerCaseName;
    this.#headerList = this.#request.headerValues(lowerCaseName);
    return this.#headerList;
  }

  text(field: TextField): string | undefined {
    switch (field.kind) {
      case 'path':
        return this.#request.path;
      case 'host':
        return this.#request.host;
      case 'method':
        return this.#request.method;
      case 'protocol':
        return this.#request.scheme;
      case 'server-name':
        return this.#request.serverName;
      case 'segments':
        return field.last < this.#pathSegments().length ? this.#pathSegments().slice(field.first, field.last + 1).join('/') : undefined;
      case 'header':
      case 'query':
        return this.texts(field)[0];
      case 'consumer':
        // No route knows it; a plugin's condition does (proxy/plugin-condition.ts).
        return undefined;
    }
  }

  texts(field: TextField): readonly string[] {
    if (field.kind === 'header') return this.headerValues(field.name);
    if (field.kind === 'query') return this.#queryValues(field.name);
    const text = this.text(field);
    return text === undefined ? [] : [text];
  }

  /** `net.dst.port` is where the connection was accepted, whatever the client's Host header says. */
  number(field: NumberField): number | undefined {
    switch (field) {
      case 'segment-count':
        return this.#pathSegments().length;
      case 'source-port':
        return this.#request.clientPort === 0 ? undefined : this.#request.clientPort;
      case 'destination-port':
        return this.#request.localPort;
    }
  }

  address(field: AddressField): string {
    return field === 'source' ? this.#request.clientAddress : this.#request.localAddress;
  }

  #queryValues(name: string): readonly string[] {
    const known = this.#queries?.get(name);
    if (known !== undefined) return known;
    const values = this.#request.queryValues(name);
    (this.#queries ??= new Map()).set(name, values);
    return values;
  }

  /** Of `/a/b/` they are `a` and `b`. */
  #pathSegments(): readonly string[] {
    if (this.#segments !== undefined) return this.#segments;
    const segments = this.#request.path.split('/').slice(1);
    if (segments.at(-1) === '') segments.pop();
    this.#segments = segments;
    return segments;
  }
}

export class StreamFields implements FieldSource {
  readonly #stream: StreamView;

  constructor(stream: StreamView) {
    this.#stream = stream;
  }

  text(field: TextField): string | undefined {
    if (field.kind === 'protocol') return this.#stream.protocol;
    return field.kind === 'server-name' ? this.#stream.serverName : undefined;
  }

  texts(field: TextField): readonly string[] {
    const text = this.text(field);
    return text === undefined ? [] : [text];
  }

  number(field: NumberField): number | undefined {
    return field === 'segment-count' ? undefined : field === 'source-port' ? this.#stream.sourcePort : this.#stream.destinationPort;
  }

  address(field: AddressField): string {
    return field === 'source' ? this.#stream.sourceAddress : this.#stream.destinationAddress;
  }
}
