/**
 * The certificate that is shown where none is configured for a name: self-signed, trusted by nobody, made in memory at each
 * start by the agent. Its few bytes of DER (ITU-T X.690, RFC 5280 §4.1) are put together here, because loading a library for
 * them costs every start a tenth of a second (S2).
 */
import { generateKeyPairSync, sign } from 'node:crypto';
import type { CertificatePair } from './listener-options.ts';

const NAME = 'localhost';
const LIFETIME_MS = 10 * 365 * 86_400_000;
const BACKDATED_MS = 86_400_000;

const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_ID = 0x06;
const UTF8_STRING = 0x0c;
/** What times before 2050 are to be written as (RFC 5280 §4.1.2.5). */
const UTC_TIME = 0x17;
/** Context-specific: version and extensions of a certificate, a DNS name among alternative names. */
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;
const DNS_NAME = 0x82;

const ECDSA_WITH_SHA256 = der(SEQUENCE, der(OBJECT_ID, Buffer.from('2a8648ce3d040302', 'hex')));
const COMMON_NAME = der(OBJECT_ID, Buffer.from('550403', 'hex'));
const ALTERNATIVE_NAME = der(OBJECT_ID, Buffer.from('551d11', 'hex'));

/** `serial` is 16 random bytes. */
export function makeDefaultCertificate(nowMs: number, serial: Uint8Array): CertificatePair {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = der(SEQUENCE, der(SET, der(SEQUENCE, COMMON_NAME, der(UTF8_STRING, Buffer.from(NAME)))));
  const statement = der(
    SEQUENCE,
    der(VERSION, der(INTEGER, Buffer.of(2))),
    // A first byte of 1 keeps it positive and without leading zeros.
    der(INTEGER, Buffer.of(1), serial),
    ECDSA_WITH_SHA256,
    name,
    der(SEQUENCE, time(nowMs - BACKDATED_MS), time(nowMs + LIFETIME_MS)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(EXTENSIONS, der(SEQUENCE, der(SEQUENCE, ALTERNATIVE_NAME, der(OCTET_STRING, der(SEQUENCE, der(DNS_NAME, Buffer.from(NAME))))))),
  );
  const certificate = der(SEQUENCE, statement, ECDSA_WITH_SHA256, der(BIT_STRING, Buffer.of(0), sign('sha256', statement, privateKey)));
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return { certPem: ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'), keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

/** Tag, length, content. */
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length < 128) return Buffer.concat([Buffer.of(tag, length), content]);
  const size = length < 256 ? Buffer.of(0x81, length) : Buffer.of(0x82, length >> 8, length & 0xff);
  return Buffer.concat([Buffer.of(tag), size, content]);
}

function time(ms: number): Buffer {
  return der(UTC_TIME, Buffer.from(`${new Date(ms).toISOString().replaceAll(/[-:T]/g, '').slice(2, 14)}Z`));
}
