import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { CompactSign } from 'jose';
import { newId, type GatewayId, type TenantId } from '../model/ids.ts';
import { formatClaims, parseClaims, STATEMENT_CLAIMS, type StatementKind } from './statement-claims.ts';
import { formatSigningKey, generateSigningKey, keyIdOf, parseSigningKey, toKeySet } from './statement-keys.ts';
import { signStatement, verifyStatement, type Audience } from './statements.ts';

interface GoldenStatement {
  readonly kind: StatementKind;
  readonly claims: Record<string, unknown>;
  readonly statement: string;
}

const golden: { readonly privateKey: string; readonly keyId: string; readonly publicKey: string; readonly statements: readonly GoldenStatement[] } = JSON.parse(
  readFileSync(new URL('../../test/cases/trust/statements.json', import.meta.url), 'utf8'),
);
const key = parseSigningKey(golden.privateKey);
const keys = toKeySet([key.publicKey]);

function audienceOf(claims: Record<string, unknown>): Audience | undefined {
  const parsed = parseClaims('epoch', JSON.stringify({ format: 1, tenant: claims['tenant'], gateway: claims['gateway'], epoch: 1, issuedAt: 0 }));
  return typeof parsed === 'string' ? undefined : { tenantId: parsed.tenant, gatewayId: parsed.gateway };
}

/** Signs any payload under any header with the right key: what a confused or older signer might produce. */
function signRaw(payload: string, header: Record<string, unknown>): Promise<string> {
  const signer = new CompactSign(Buffer.from(payload)).setProtectedHeader({ alg: 'Ed25519', ...header });
  return signer.sign(key.privateKey, { crit: { 'b64x': true } });
}

async function refusalOf(kind: StatementKind, statement: string, audience: Audience | undefined, keySet = keys): Promise<string> {
  const verdict = await verifyStatement(kind, statement, keySet, audience);
  return verdict.kind === 'refused' ? verdict.code : 'verified';
}

test('the golden key has the golden names', () => {
  assert.equal(key.keyId, golden.keyId);
  assert.equal(key.publicKey, golden.publicKey);
  assert.equal(keyIdOf(golden.publicKey), golden.keyId);
  assert.deepEqual(parseSigningKey(formatSigningKey(key)).keyId, golden.keyId);
});

test('a key id is the thumbprint of RFC 8037 appendix A.3', () => {
  assert.equal(keyIdOf('11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'), 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
});

test('there is a golden statement of every kind', () => {
  assert.deepEqual(new Set(golden.statements.map(({ kind }) => kind)), new Set(Object.keys(STATEMENT_CLAIMS)));
});

for (const { kind, claims, statement } of golden.statements) {
  const audience = audienceOf(claims);

  test(`golden ${kind} statement: signing gives the same text, verifying the same claims`, async () => {
    const parsed = parseClaims(kind, JSON.stringify(claims));
    assert.ok(typeof parsed !== 'string', JSON.stringify(parsed));
    assert.equal(await signStatement(kind, parsed, key), statement);
    const verdict = await verifyStatement(kind, statement, keys, audience);
    assert.ok(verdict.kind === 'verified');
    assert.deepEqual(verdict.claims, claims);
    assert.equal(verdict.keyId, golden.keyId);
    assert.equal(verdict.payload, formatClaims(kind, parsed));
  });

  test(`${kind} statement: no character of it can be changed`, async () => {
    for (let index = 0; index < statement.length; index += 1) {
      const other = statement[index] === 'A' ? 'B' : 'A';
      assert.notEqual(await refusalOf(kind, statement.slice(0, index) + other + statement.slice(index + 1), audience), 'verified', `at ${index}`);
    }
  });

  test(`${kind} statement: every claim is needed and no other is taken`, async () => {
    const header = { typ: `holdfast-${kind}+jws`, kid: key.keyId };
    for (const name of Object.keys(claims)) {
      const without = Object.fromEntries(Object.entries(claims).filter(([other]) => other !== name));
      assert.equal(await refusalOf(kind, await signRaw(JSON.stringify(without), header), audience), 'TRUST_STATEMENT_MALFORMED', name);
      for (const wrong of ['x', -1, 1.5, 2 ** 53, [], {}, true]) {
        const code = await refusalOf(kind, await signRaw(JSON.stringify({ ...claims, [name]: wrong }), header), audience);
        if (name !== 'allowEmpty' && name !== 'removal') assert.notEqual(code, 'verified', `${name} = ${JSON.stringify(wrong)}`);
      }
    }
    assert.equal(await refusalOf(kind, await signRaw(JSON.stringify({ ...claims, more: 1 }), header), audience), 'TRUST_STATEMENT_MALFORMED');
  });

  test(`${kind} statement: another kind's verifier refuses it`, async () => {
    for (const other of golden.statements.map((entry) => entry.kind).filter((name) => name !== kind)) {
      assert.equal(await refusalOf(other, statement, audience), 'TRUST_STATEMENT_MALFORMED', other);
    }
  });

  test(`${kind} statement: another tenant or gateway refuses it`, async () => {
    const foreign: Audience = { tenantId: newId<TenantId>(), gatewayId: newId<GatewayId>() };
    assert.equal(await refusalOf(kind, statement, foreign), 'TRUST_AUDIENCE_MISMATCH');
    if (audience === undefined) return;
    assert.equal(await refusalOf(kind, statement, { ...audience, gatewayId: foreign.gatewayId }), 'TRUST_AUDIENCE_MISMATCH');
    assert.equal(await refusalOf(kind, statement, { ...audience, tenantId: foreign.tenantId }), 'TRUST_AUDIENCE_MISMATCH');
    assert.equal(await refusalOf(kind, statement, undefined), 'TRUST_AUDIENCE_MISMATCH');
  });
}

const [first] = golden.statements.filter(({ kind }) => kind === 'manifest');
assert.ok(first !== undefined);
const manifest = first;
const manifestAudience = audienceOf(manifest.claims);
const payload = JSON.stringify(manifest.claims);
const typ = 'holdfast-manifest+jws';

test('a statement by a key that is not in the set is refused, also where it names one that is', async () => {
  const stranger = generateSigningKey();
  const claims = parseClaims('manifest', payload);
  assert.ok(typeof claims !== 'string');
  assert.equal(await refusalOf('manifest', await signStatement('manifest', claims, stranger), manifestAudience), 'TRUST_KEY_UNKNOWN');
  assert.equal(await refusalOf('manifest', await signStatement('manifest', claims, { ...stranger, keyId: key.keyId }), manifestAudience), 'TRUST_SIGNATURE_INVALID');
});

const wrongHeaders: readonly { readonly name: string; readonly header: Record<string, unknown> }[] = [
  { name: 'no typ', header: { kid: key.keyId } },
  { name: 'the typ of JWT', header: { kid: key.keyId, typ: 'JWT' } },
  { name: 'a typ in other case', header: { kid: key.keyId, typ: 'HOLDFAST-MANIFEST+JWS' } },
  { name: 'no kid', header: { typ } },
  { name: 'a kid that is no string', header: { typ, kid: 1 } },
  { name: 'the older algorithm name', header: { typ, kid: key.keyId, alg: 'EdDSA' } },
  { name: 'a jwk of its own', header: { typ, kid: key.keyId, jwk: { kty: 'OKP', crv: 'Ed25519', x: key.publicKey } } },
  { name: 'crit', header: { typ, kid: key.keyId, crit: ['b64x'], b64x: true } },
];
for (const { name, header } of wrongHeaders) {
  test(`a header with ${name} is refused`, async () => {
    assert.equal(await refusalOf('manifest', await signRaw(payload, header), manifestAudience), 'TRUST_STATEMENT_MALFORMED');
  });
}

test('algorithms none and HS256 over the public key are refused', async () => {
  const [, body = '', signature = ''] = manifest.statement.split('.');
  for (const alg of ['none', 'HS256', 'ES256']) {
    const header = Buffer.from(JSON.stringify({ alg, typ, kid: key.keyId })).toString('base64url');
    assert.equal(await refusalOf('manifest', `${header}.${body}.${signature}`, manifestAudience), 'TRUST_STATEMENT_MALFORMED');
    assert.equal(await refusalOf('manifest', `${header}.${body}.`, manifestAudience), 'TRUST_STATEMENT_MALFORMED');
  }
});

test('a payload has one text: white space, duplicate claims and what is no object are refused', async () => {
  const header = { typ, kid: key.keyId };
  for (const text of [`${payload} `, payload.replace('"format":1', '"format": 1'), payload.replace('"format":1', '"format":2,"format":1'), `[${payload}]`, 'null', '1', '']) {
    assert.equal(await refusalOf('manifest', await signRaw(text, header), manifestAudience), 'TRUST_STATEMENT_MALFORMED', text);
  }
});

test('what is not a compact JWS of bounded length is refused before it is parsed', async () => {
  const [header, body, signature] = manifest.statement.split('.');
  for (const text of ['', '.', '..', 'a.b', `${header}.${body}`, `${manifest.statement}.${signature}`, `${manifest.statement}=`, ` ${manifest.statement}`, `${header}.${'A'.repeat(9000)}.${signature}`]) {
    assert.equal(await refusalOf('manifest', text, manifestAudience), 'TRUST_STATEMENT_MALFORMED', text.slice(0, 40));
  }
});

test('only Ed25519 private keys are taken as signing keys', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  assert.throws(() => parseSigningKey(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()), { code: 'TRUST_SIGNING_KEY_INVALID' });
});
