/** Revocation checks against authorities that are out of order, with time and network by hand: what is still found out, and until when. */
import 'reflect-metadata';
import { AuthorityInfoAccessExtension, CRLDistributionPointsExtension } from '@peculiar/x509';
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { ocspAnswer, revocationList } from '../../../test/support/revocation-authority.ts';
import { firstBlock, testAuthority, testCertificate, type TestCertificate } from '../../../test/support/test-certificates.ts';
import { pluginContext, pluginServices, type RecordedServices } from '../../plugin-kit/plugin-host.ts';
import type { ClientCertificate } from '../contract.ts';
import { RevocationCheck } from './revocation-check.ts';
import type { MtlsAuthConfig } from './schema.ts';

const CONFIG: MtlsAuthConfig = {
  ca_certificates: ['root'], anonymous: null, consumer_by: [], skip_consumer_lookup: true, authenticated_group_by: 'CN', default_consumer: null,
  allow_partial_chain: true, revocation_check_mode: 'STRICT', send_ca_dn: false, cache_ttl: 60, cert_cache_ttl: 60_000, http_timeout: 30_000,
  http_proxy_host: null, http_proxy_port: null, https_proxy_host: null, https_proxy_port: null,
};
const [OCSP, LIST] = ['http://pki.test/ocsp', 'http://pki.test/list'];
const root = await testAuthority('Root');
const leaf = await issued(root, { ocsp: OCSP, list: LIST });

function issued(authority: TestCertificate, { ocsp, list }: { readonly ocsp?: string; readonly list?: string }): Promise<TestCertificate> {
  return testCertificate({
    names: ['ann.test'], authority,
    extensions: [...(ocsp === undefined ? [] : [new AuthorityInfoAccessExtension({ ocsp: [ocsp] })]), ...(list === undefined ? [] : [new CRLDistributionPointsExtension([list])])],
  });
}

function shown(der: Uint8Array): ClientCertificate {
  return { subject: 'CN=ann.test', issuer: 'CN=Root', serialNumber: '01', fingerprint: 'f', alternativeNames: [], notBeforeMs: 0, notAfterMs: Infinity, der, chain: [], verifiedBy: ['root'] };
}

function derOf({ cert }: TestCertificate): Uint8Array {
  return new X509Certificate(firstBlock(cert)).raw;
}

type Answers = Readonly<Record<string, (() => Uint8Array) | 'silence'>>;

/** What does not answer takes its time, which passes at once; with `answers` that never come, time passes by `timers` alone. */
class Scene {
  readonly services: RecordedServices;
  readonly asked: string[] = [];
  readonly logged: unknown[] = [];
  readonly timers: (() => void)[] = [];
  answers: Answers;
  #passedMs = 0;
  readonly #check: RevocationCheck;
  readonly #trusted: readonly TestCertificate[];

  constructor(answers: Answers, config: Partial<MtlsAuthConfig> = {}, trusted: readonly TestCertificate[] = [root]) {
    this.answers = answers;
    this.#trusted = trusted;
    this.services = pluginServices({
      clock: { nowMs: () => Date.now() + this.#passedMs, monotonicMs: () => this.#passedMs },
      every: (_, run) => {
        this.timers.push(run);
        return { cancel: () => undefined };
      },
      fetch: (url, { timeoutMs }) => {
        this.asked.push(url);
        const answer = this.answers[url];
        if (typeof answer === 'function') return Promise.resolve({ status: 200, header: () => undefined, body: answer() });
        if (answer === 'silence') return new Promise(() => undefined);
        this.#passedMs += timeoutMs;
        return Promise.reject(new Error('no answer in time'));
      },
      log: { warn: (event, fields) => void this.logged.push({ event, ...fields }) },
    });
    this.#check = new RevocationCheck({ ...CONFIG, ca_certificates: trusted.map((_, at) => `ca${at}`), ...config }, this.services);
  }

  get passedMs(): number {
    return this.#passedMs;
  }

  skip(ms: number): void {
    this.#passedMs += ms;
  }

  passes(der: Uint8Array): Promise<boolean> | boolean {
    const { config } = pluginContext({ config: { caCertificate: (id) => this.#trusted[Number(id.slice(2))]?.cert } });
    return this.#check.passes(shown(der), config);
  }
}

test('a responder that lets everybody wait leaves time for the list', async () => {
  const list = await revocationList({ authority: root, revoked: [leaf] });
  for (const mode of ['STRICT', 'IGNORE_CA_ERROR'] as const) {
    const scene = new Scene({ [LIST]: () => list }, { revocation_check_mode: mode });
    assert.equal(await scene.passes(derOf(leaf)), false, 'who is on the list');
    assert.deepEqual([scene.asked, scene.passedMs], [[OCSP, LIST], 10_000]);
  }
  const good = await revocationList({ authority: root });
  assert.equal(await new Scene({ [LIST]: () => good }).passes(derOf(leaf)), true);
});

test('who was revoked stays so in an outage, also with the signature written in its other form', async () => {
  const revoked = await ocspAnswer({ certificate: leaf, issuer: root, status: 'revoked' });
  const scene = new Scene({ [OCSP]: () => revoked }, { revocation_check_mode: 'IGNORE_CA_ERROR' });
  const other = withOtherSignature(derOf(leaf));
  assert.ok(new X509Certificate(other).verify(new X509Certificate(root.cert).publicKey), 'it is as valid as the first');
  assert.equal(await scene.passes(derOf(leaf)), false);
  scene.answers = {};
  assert.equal(await scene.passes(other), false);
});

test('nobody waits for longer than twenty seconds, whatever authorities are busy with', async () => {
  const scene = new Scene({ [OCSP]: 'silence' }, { revocation_check_mode: 'IGNORE_CA_ERROR' });
  const waiting = scene.passes(derOf(leaf));
  await new Promise(setImmediate);
  assert.equal(scene.timers.length, 1);
  scene.timers[0]?.();
  assert.equal(await waiting, true, 'as the mode says of what is not known');
});

test('a list that is of no use for one issuer is there for another, as when an authority changes its key', async () => {
  const renewed = await testAuthority('Root');
  const [before, now] = [await issued(root, { list: LIST }), await issued(renewed, { list: LIST })];
  const list = await revocationList({ authority: renewed });
  const scene = new Scene({ [LIST]: () => list }, {}, [root, renewed]);
  assert.deepEqual([await scene.passes(derOf(before)), await scene.passes(derOf(now)), await scene.passes(derOf(before))], [false, true, false]);
  assert.equal(scene.asked.length, 2);
});

test('the log tells whom by the number of the certificate, not by what else is in it', async () => {
  const revoked = await ocspAnswer({ certificate: leaf, issuer: root, status: 'revoked' });
  const scene = new Scene({ [OCSP]: () => revoked });
  await scene.passes(derOf(leaf));
  const silent = new Scene({});
  await silent.passes(derOf(leaf));
  for (const { logged } of [scene, silent]) {
    const text = JSON.stringify(logged);
    assert.ok(text.includes(new X509Certificate(firstBlock(leaf.cert)).serialNumber) && !text.includes('ann.test'), text);
  }
});

/** ECDSA: with (r, s) also (r, n − s) is one. */
function withOtherSignature(der: Uint8Array): Uint8Array {
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  // The signature stands at the end: a bit string with a sequence of two integers.
  const bytes = Buffer.from(der);
  const bodyLength = bytes.readUInt16BE(6);
  const algorithmAt = 4 + 4 + bodyLength;
  const signatureAt = algorithmAt + 2 + bytes.readUInt8(algorithmAt + 1);
  const rAt = signatureAt + 5;
  const sAt = rAt + 2 + bytes.readUInt8(rAt + 1);
  const s = BigInt(`0x${bytes.subarray(sAt + 2).toString('hex')}`);
  const element = (tag: number, contents: Uint8Array): Buffer => Buffer.concat([Uint8Array.of(tag, contents.length), contents]);
  const hex = (order - s).toString(16).padStart(64, '0');
  const signature = element(3, Buffer.concat([Uint8Array.of(0), element(0x30, Buffer.concat([bytes.subarray(rAt, sAt), element(2, Buffer.from(hex >= '8' ? `00${hex}` : hex, 'hex'))]))]));
  const inside = Buffer.concat([bytes.subarray(4, signatureAt), signature]);
  const head = Buffer.from([0x30, 0x82, 0, 0]);
  head.writeUInt16BE(inside.length, 2);
  return Buffer.concat([head, inside]);
}
