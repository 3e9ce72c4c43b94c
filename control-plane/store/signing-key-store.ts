/**
 * Statements of trust and the keys that sign them (root, publish, certificate authority), content keys. Private keys are
 * envelopes at rest (T2) and are opened here; only the publisher's role can read them.
 */
import type { GatewayScope } from './scope.ts';

export type SigningPurpose = 'root' | 'publish' | 'certificate-authority';

export interface StoredSigningKey {
  readonly purpose: SigningPurpose;
  readonly keyId: string;
  /** Undefined: of the installation. */
  readonly scope: GatewayScope | undefined;
  readonly publicKey: string;
  /** PEM, for a certificate authority. */
  readonly certificate: string | undefined;
  /** PKCS #8 PEM; undefined where it is kept offline. */
  readonly privateKey: string | undefined;
  readonly createdAt: Date;
  readonly retiredAt: Date | undefined;
}

export type StatementKind = 'root' | 'delegation' | 'epoch';

export interface SigningKeyStore {
  /** False where a key with this purpose and id exists already. */
  insertKey(key: Pick<StoredSigningKey, 'purpose' | 'keyId' | 'scope' | 'publicKey' | 'certificate' | 'privateKey'>): Promise<boolean>;
  /** Oldest first; those of the installation where `scope` is undefined. */
  listKeys(purpose: SigningPurpose, scope: GatewayScope | undefined): Promise<readonly StoredSigningKey[]>;
  retireKey(purpose: SigningPurpose, keyId: string): Promise<void>;
  /** False where another instance has stored that ordinal first: read again. */
  insertStatement(kind: StatementKind, scope: GatewayScope | undefined, ordinal: number, statement: string): Promise<boolean>;
  /** Oldest first. */
  listStatements(kind: StatementKind, scope: GatewayScope | undefined): Promise<readonly { readonly ordinal: number; readonly statement: string }[]>;
  /** The gateway's content keys (32 bytes each), newest first. */
  listContentKeys(scope: GatewayScope): Promise<readonly { readonly keyId: number; readonly key: Uint8Array }[]>;
}
