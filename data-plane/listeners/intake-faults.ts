/** Why a connection ends before it carries a request or a stream. Counted under the code with the other refusals; ERRORS.md explains each. */
export const INTAKE_FAULTS = {
  proxyUntrusted: { code: 'PROXY_PROTOCOL_UNTRUSTED', reason: 'its address is not among the trusted ones, and the listener takes a PROXY protocol header from those alone' },
  proxyInvalid: { code: 'PROXY_PROTOCOL_INVALID', reason: 'it began with no PROXY protocol header that is right' },
  tooManyFromAddress: { code: 'PROXY_ADDRESS_CONNECTIONS_EXHAUSTED', reason: 'the client that its PROXY protocol header names has too many connections' },
  helloInvalid: { code: 'TLS_CLIENT_HELLO_INVALID', reason: 'it began with no ClientHello that is right' },
  nameUnknown: { code: 'TLS_SERVER_NAME_UNKNOWN', reason: 'no certificate is configured for the name it asked for' },
  certificateUnusable: { code: 'TLS_CERTIFICATE_UNUSABLE', reason: 'the certificate for the name it asked for can not be used' },
  handshakeFailed: { code: 'TLS_HANDSHAKE_FAILED', reason: 'the TLS handshake failed' },
  tooSlow: { code: 'PROXY_INTAKE_TIMEOUT', reason: 'its PROXY protocol header or its TLS handshake took too long' },
  tooMany: { code: 'PROXY_INTAKE_EXHAUSTED', reason: 'too many connections are in their TLS handshake' },
} as const satisfies Readonly<Record<string, IntakeFault>>;

export interface IntakeFault {
  readonly code: string;
  readonly reason: string;
}
