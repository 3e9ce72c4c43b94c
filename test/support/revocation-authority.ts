/**
 * What an authority says of certificates that it issued: revocation lists and OCSP answers, real and forged, written by other
 * libraries than the plugin's own reader. Made at run time.
 */
import 'reflect-metadata';
import { BasicOCSPResponse, CertID, CertStatus, id_pkix_ocsp_basic, OCSPResponse, OCSPResponseStatus, ResponderID, ResponseBytes, ResponseData, RevokedInfo, SingleResponse } from '@peculiar/asn1-ocsp';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import { AlgorithmIdentifier, Certificate } from '@peculiar/asn1-x509';
import { type Extension, X509Certificate, X509CrlGenerator } from '@peculiar/x509';
import { createHash, createPrivateKey, sign } from 'node:crypto';
import { firstBlock, type TestCertificate } from './test-certificates.ts';

const DAY_MS = 86_400_000;
const ECDSA_SHA256 = '1.2.840.10045.4.3.2';
const HASH_IDS = { sha1: '1.3.14.3.2.26', sha256: '2.16.840.1.101.3.4.2.1' } as const;

export interface ListOptions {
  readonly authority: TestCertificate;
  readonly revoked?: readonly TestCertificate[];
  /** Whose key signs; the authority's where not said. */
  readonly signer?: TestCertificate;
  readonly thisUpdate?: Date;
  readonly nextUpdate?: Date;
  readonly extensions?: readonly Extension[];
  /** Entries that belong to nobody. */
  readonly others?: number;
}

/** DER. Algorithms are ECDSA, as the test certificates' are where not said. */
export async function revocationList(options: ListOptions): Promise<Uint8Array> {
  const { authority, revoked = [], signer = authority, others = 0 } = options;
  const serials = [...Array.from({ length: others }, (_, at) => (0x10_0000 + at).toString(16)), ...revoked.map((one) => new X509Certificate(firstBlock(one.cert)).serialNumber)];
  const list = await X509CrlGenerator.create({
    issuer: new X509Certificate(firstBlock(authority.cert)).subject,
    thisUpdate: options.thisUpdate ?? new Date(Date.now() - 60_000),
    nextUpdate: options.nextUpdate ?? new Date(Date.now() + DAY_MS),
    entries: serials.map((serialNumber) => ({ serialNumber, revocationDate: new Date(Date.now() - 60_000) })),
    signingAlgorithm: signer.algorithm, signingKey: signer.keys.privateKey,
    extensions: [...(options.extensions ?? [])],
  });
  return new Uint8Array(list.rawData);
}

export interface AnswerOptions {
  readonly certificate: TestCertificate;
  readonly issuer: TestCertificate;
  readonly status?: 'good' | 'revoked' | 'unknown';
  /** Said of the same certificate before. */
  readonly before?: 'good' | 'unknown' | 'revoked';
  /** Who signs, and is named as who did; the issuer where not said. */
  readonly responder?: TestCertificate;
  /** Whose key signs in the responder's name. */
  readonly signer?: TestCertificate;
  /** Certificates behind the answer; the responder's where it is not the issuer. */
  readonly certificates?: readonly TestCertificate[];
  readonly named?: 'by-name' | 'by-key';
  readonly hash?: keyof typeof HASH_IDS;
  readonly thisUpdate?: Date;
  readonly nextUpdate?: Date | undefined;
}

/** DER. */
export async function ocspAnswer(options: AnswerOptions): Promise<Uint8Array> {
  const { certificate, issuer, status = 'good', responder = issuer, signer = responder, named = 'by-name', hash = 'sha1', thisUpdate = new Date(Date.now() - 60_000) } = options;
  const certificates = options.certificates ?? (responder === issuer ? [] : [responder]);
  const nextUpdate = 'nextUpdate' in options ? options.nextUpdate : new Date(Date.now() + DAY_MS);
  const { tbsCertificate } = parsed(certificate);
  const responderBody = parsed(responder).tbsCertificate;
  const single = (said: typeof status): SingleResponse => new SingleResponse({
    certID: new CertID({
      hashAlgorithm: new AlgorithmIdentifier({ algorithm: HASH_IDS[hash], parameters: null }),
      issuerNameHash: digest(hash, AsnConvert.serialize(tbsCertificate.issuer)),
      issuerKeyHash: digest(hash, parsed(issuer).tbsCertificate.subjectPublicKeyInfo.subjectPublicKey),
      serialNumber: tbsCertificate.serialNumber,
    }),
    certStatus: new CertStatus(said === 'revoked' ? { revoked: new RevokedInfo({ revocationTime: thisUpdate }) } : { [said]: null }),
    thisUpdate, ...(nextUpdate === undefined ? {} : { nextUpdate }),
  });
  const data = new ResponseData({
    responderID: new ResponderID(named === 'by-name' ? { byName: responderBody.subject } : { byKey: digest('sha1', responderBody.subjectPublicKeyInfo.subjectPublicKey) }),
    producedAt: thisUpdate, responses: [...(options.before === undefined ? [] : [single(options.before)]), single(status)],
  });
  const basic = new BasicOCSPResponse({
    tbsResponseData: data, signatureAlgorithm: new AlgorithmIdentifier({ algorithm: ECDSA_SHA256 }),
    signature: bufferOf(sign('sha256', new Uint8Array(AsnConvert.serialize(data)), createPrivateKey(signer.key))),
    ...(certificates.length === 0 ? {} : { certs: certificates.map(parsed) }),
  });
  return new Uint8Array(AsnConvert.serialize(new OCSPResponse({
    responseStatus: OCSPResponseStatus.successful,
    responseBytes: new ResponseBytes({ responseType: id_pkix_ocsp_basic, response: new OctetString(AsnConvert.serialize(basic)) }),
  })));
}

function parsed({ cert }: TestCertificate): Certificate {
  return AsnConvert.parse(new X509Certificate(firstBlock(cert)).rawData, Certificate);
}

function digest(algorithm: string, bytes: ArrayBuffer): OctetString {
  return new OctetString(bufferOf(createHash(algorithm).update(new Uint8Array(bytes)).digest()));
}

function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
