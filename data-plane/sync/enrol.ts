/**
 * The first start of a data plane: with a join token it gets its identity. Trust comes from the token alone: the
 * server must show the certificate authority that the token names by fingerprint, and the root set that the answer brings must
 * have the token's fingerprint, before anything is kept. Called by the agent until it succeeds or is refused.
 */
import { createPrivateKey, type X509Certificate } from 'node:crypto';
import { request } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { HoldfastError } from '../../shared/errors.ts';
import { createCertificateRequest } from '../../shared/trust/certificate-request.ts';
import { identityOfCertificate } from '../../shared/trust/identity.ts';
import type { JoinToken } from '../../shared/trust/join-token.ts';
import { verifyDelegation, verifyRootChain } from '../../shared/trust/root-set.ts';
import { ENROL_PATH, MAXIMUM_ENROL_BYTES, parseEnrolAnswer, type EnrolAnswer, type EnrolRequest } from '../../shared/wire/enrolment-message.ts';
import { leafOf, splitPem, type Enrolment } from './identity-store.ts';
import { parseRefusal } from './refusal-body.ts';
import { openTlsConnection } from './tls-connection.ts';

export interface EnrolOptions {
  readonly token: JoinToken;
  /** One of the token's, or of the setting that replaces them. */
  readonly url: string;
  readonly proxy: string | undefined;
  /** PKCS #8. */
  readonly keyPem: string;
  readonly hostname: string;
  readonly softwareVersion: string;
  readonly timeoutMs: number;
}

export interface Enrolled {
  readonly enrolment: Enrolment;
  readonly rootStatements: readonly string[];
  readonly delegationStatement: string;
}

/** Rejects with ENROL_REFUSED where trying again is of no use, and with a retryable error where it may be. */
export async function enrol(options: EnrolOptions): Promise<Enrolled> {
  const { token, url, proxy, timeoutMs } = options;
  const ca = await fetchPinnedAuthority(options);
  const socket = await openTlsConnection({ url, proxy, timeoutMs, tls: { ca } });
  const body: EnrolRequest = {
    tokenId: token.tokenId,
    secret: token.secret,
    certificateRequest: Buffer.from(await createCertificateRequest(options.keyPem)).toString('base64'),
    hostname: options.hostname,
    softwareVersion: options.softwareVersion,
  };
  const answer = await post(socket, new URL(url).host, JSON.stringify(body), timeoutMs);
  if (answer.status !== 200) throw refusedBy(answer);
  return verifyAnswer(parseEnrolAnswer(answer.text), options);
}

/** Connects once without trust, only to see the certificate that the token's fingerprint names. */
async function fetchPinnedAuthority({ token, url, proxy, timeoutMs }: EnrolOptions): Promise<string> {
  const socket = await openTlsConnection({ url, proxy, timeoutMs, tls: { rejectUnauthorized: false } });
  try {
    let certificate = socket.getPeerX509Certificate();
    for (let depth = 0; certificate !== undefined && depth < 8; depth++, certificate = certificate.issuerCertificate) {
      if (fingerprintOf(certificate) === token.caFingerprint) return certificate.toString();
    }
  } finally {
    socket.destroy();
  }
  throw refused(`${url} does not show the certificate authority that the join token names: it is another installation, or somebody is in between`);
}

async function verifyAnswer(answer: EnrolAnswer, { token, keyPem }: EnrolOptions): Promise<Enrolled> {
  const { trustDomain, tenantId, gatewayId, dataPlaneId, caCertificates, certificateChain, rootStatements, delegationStatement } = answer;
  const root = await verifyRootChain(rootStatements, token.rootFingerprint);
  if (root.kind === 'refused') throw refused(`the root keys are not those that the join token names: ${root.reasons.join('; ')}`);
  const delegation = await verifyDelegation(delegationStatement, root.rootSet, { tenantId, gatewayId });
  if (delegation.kind === 'refused') throw refused(`the delegation of publish keys does not hold: ${delegation.reasons.join('; ')}`);
  const authorities = splitPem(caCertificates);
  if (!authorities.some((ca) => fingerprintOf(ca) === token.caFingerprint)) throw refused('the answer leaves out the certificate authority that the join token names');
  const leaf = leafOf(certificateChain);
  const identity = identityOfCertificate(leaf, trustDomain);
  if (identity?.tenantId !== tenantId || identity.gatewayId !== gatewayId || identity.dataPlaneId !== dataPlaneId) throw refused('the certificate is for somebody else');
  if (!leaf.checkPrivateKey(createPrivateKey(keyPem))) throw refused('the certificate is for another key');
  return {
    enrolment: { trustDomain, tenantId, gatewayId, dataPlaneId, urls: token.urls, rootFingerprint: token.rootFingerprint, caCertificates, certificateChain },
    rootStatements,
    delegationStatement,
  };
}

function post(socket: TLSSocket, host: string, body: string, timeoutMs: number): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { Host: host, 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body), Connection: 'close' };
    const outgoing = request({ createConnection: () => socket, method: 'POST', path: ENROL_PATH, headers, signal: AbortSignal.timeout(timeoutMs) }, (incoming) => {
      const chunks: Buffer[] = [];
      let length = 0;
      incoming.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > MAXIMUM_ENROL_BYTES) outgoing.destroy(unanswered('the answer is too long'));
        else chunks.push(chunk);
      });
      incoming.on('error', (error) => reject(unanswered(error.message)));
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }));
    });
    outgoing.on('error', (error) => reject(error instanceof HoldfastError ? error : unanswered(error.message)));
    outgoing.end(body);
  });
}

/** 5xx and 429 may pass; any other answer will be the same next time. */
function refusedBy({ status, text }: { readonly status: number; readonly text: string }): HoldfastError {
  const { code, message } = parseRefusal(text);
  if (status >= 500 || status === 429) return unanswered(`the control plane answered ${status} ${code}: ${message}`);
  return refused(`the control plane answered ${status} ${code}: ${message}`);
}

function fingerprintOf(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase();
}

function refused(why: string): HoldfastError {
  return new HoldfastError({
    code: 'ENROL_REFUSED',
    source: 'control-plane',
    publicMessage: 'the enrolment was refused',
    message: `this data plane can not be enrolled: ${why}; create a new join token with "holdfast join-token create" and start it with that`,
  });
}

function unanswered(why: string): HoldfastError {
  return new HoldfastError({ code: 'ENROL_UNANSWERED', source: 'control-plane', retryable: true, publicMessage: 'the control plane did not enrol this data plane', message: why });
}
