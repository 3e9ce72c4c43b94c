/** What may be stored of what root keys signed: what holds, comes next, and leaves nothing without proof. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newId, type GatewayId, type TenantId } from '../../shared/model/ids.ts';
import { signBundle } from '../../shared/trust/root-set.ts';
import { generateSigningKey, type SigningKey } from '../../shared/trust/statement-keys.ts';
import { formatStatementFile, mergeStatementFiles, parseStatementFile, signStatements, stateOf, type OpenStatement, type StatementFile } from './statement-file.ts';
import { verifyImport, type ImportContext } from './verify-import.ts';

const [alice, bob, mallory, publish] = [generateSigningKey(), generateSigningKey(), generateSigningKey(), generateSigningKey()];
const gateway = { tenantId: newId<TenantId>(), gatewayId: newId<GatewayId>(), name: 'default', tenantName: 'acme', epoch: 2, headSequence: 7 };
const rootStatements = [await signBundle('root', { format: 1, version: 1, threshold: 2, keys: [alice.publicKey, bob.publicKey], issuedAt: 0 }, [alice, bob])];
const epochStatement = await signBundle('epoch', { format: 1, tenant: gateway.tenantId, gateway: gateway.gatewayId, epoch: 2, issuedAt: 0 }, [alice, bob]);
const context: ImportContext = {
  rootStatements, gateways: [gateway], publishKeyIds: [publish.keyId],
  stored: (kind) => Promise.resolve(kind === 'delegation' ? [{ ordinal: 4, statement: '' }] : [{ ordinal: 2, statement: epochStatement }]),
};

function delegation(over: { readonly serial?: number; readonly keys?: readonly string[]; readonly gateway?: GatewayId } = {}): OpenStatement {
  return { kind: 'delegation', claims: { format: 1, tenant: gateway.tenantId, gateway: gateway.gatewayId, serial: 5, keys: [publish.publicKey], issuedAt: 0, ...over }, signatures: [], about: '' };
}

function epoch(number: number): OpenStatement {
  return { kind: 'epoch', claims: { format: 1, tenant: gateway.tenantId, gateway: gateway.gatewayId, epoch: number, issuedAt: 0 }, signatures: [], about: '' };
}

function root(version: number, keys: readonly SigningKey[] = [alice, mallory]): OpenStatement {
  return { kind: 'root', claims: { format: 1, version, threshold: 1, keys: keys.map(({ publicKey }) => publicKey), issuedAt: 0 }, signatures: [], about: '' };
}

async function signed(statements: readonly OpenStatement[], by: readonly SigningKey[] = [alice, bob]): Promise<StatementFile> {
  let file: StatementFile = { rootStatements, statements };
  for (const key of by) file = (await signStatements(file, key)).file;
  return file;
}

async function refusalOf(file: StatementFile): Promise<string> {
  return verifyImport(file, context).then(() => 'imported', (thrown: unknown) => String(thrown));
}

test('what holds and comes next is taken, root sets first, and what stands under them in the same file', async () => {
  assert.deepEqual((await verifyImport(await signed([delegation(), epoch(3)]), context)).map(({ kind, ordinal }) => [kind, ordinal]), [['delegation', 5], ['epoch', 3]]);
  const both = await signed([epoch(2), root(2)]);
  assert.deepEqual((await verifyImport(both, context)).map(({ kind, ordinal }) => [kind, ordinal]), [['root', 2], ['epoch', 2]]);
});

test('what does not is refused with its reason, and nothing of the file is taken', async () => {
  const [genuine = ''] = (await signed([delegation()])).statements[0]?.signatures ?? [];
  const longSignature = genuine + 'x'.repeat(40_000);
  const cases: readonly (readonly [file: StatementFile, reason: RegExp])[] = [
    [await signed([delegation()], [alice]), /TRUST_THRESHOLD_NOT_MET/],
    [await signed([delegation(), root(3)]), /TRUST_ROOT_CHAIN_BROKEN/],
    [await signed([root(2, [mallory])], [alice, bob]), /TRUST_KEY_UNKNOWN|TRUST_THRESHOLD_NOT_MET/],
    [await signed([delegation({ serial: 4 })]), /has serial 4, 4 is stored already/],
    [await signed([delegation({ keys: [mallory.publicKey] })]), /is not in use here/],
    [await signed([delegation({ gateway: newId<GatewayId>() })]), /is not here \(any more\)/],
    [await signed([epoch(1)]), /is in epoch 2 already/],
    [{ rootStatements, statements: [] }, /holds no statements/],
    [{ rootStatements, statements: [{ ...delegation(), signatures: [longSignature] }] }, /let fewer holders sign/],
  ];
  for (const [file, reason] of cases) assert.match(await refusalOf(file), reason);
});

test('signatures over something else than what the file shows count for nothing, whoever made them', async () => {
  const genuine = (await signed([delegation(), epoch(3), root(2)])).statements;
  const shown = [delegation({ serial: 99 }), epoch(50), root(7)];
  for (const [index, statement] of shown.entries()) {
    const file = { rootStatements, statements: [{ ...statement, signatures: genuine[index]?.signatures ?? [] }] };
    assert.match(await refusalOf(file), /nothing was imported/, statement.kind);
  }
});

test('signatures of copies are put together; who signed what else, or for another payload, does not count', async () => {
  const statements = [delegation()];
  const merged = mergeStatementFiles([await signed(statements, [alice]), await signed(statements, [bob])]);
  assert.equal(await refusalOf(merged), 'imported');
  const [other] = (await signed([delegation({ serial: 9 })])).statements;
  const [state] = await stateOf({ rootStatements, statements: [{ ...delegation(), signatures: other?.signatures ?? [] }] });
  assert.deepEqual([state?.isComplete, state?.quorums[0]?.signedBy], [false, []]);
  await assert.rejects(signed(statements, [mallory]), { code: 'KEYS_KEY_NOT_IN_SET' });
});

test('a file is read back as it was written, and refused where anything in it is out of form', async () => {
  const file = await signed([delegation(), root(2)]);
  assert.deepEqual(parseStatementFile(formatStatementFile(file)), file);
  const text = formatStatementFile(file);
  const broken: readonly string[] = [
    '{}', '[]', 'no JSON', text.replace('holdfast-statements-1', 'holdfast-statements-2'), text.replace('"delegation"', '"manifest"'),
    text.replace('\\"serial\\":5', '\\"serial\\":5,\\"more\\":1'), text.replace('\\"serial\\":5', '\\"serial\\":-5'), text.replace('"signatures"', '"signature"'),
  ];
  for (const one of broken) assert.throws(() => parseStatementFile(one), { code: 'KEYS_FILE_INVALID' });
});
