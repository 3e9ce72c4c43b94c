/**
 * The last good values in the state folder, so that a data plane that restarts while a vault is away serves as before (S2).
 * Encrypted as the configuration cache is (state-seal.ts): useless elsewhere (T2). Used by vault-resolver.ts.
 *
 *   magic (16 bytes) | name of the key (8) | salt (32) | tag (16) | JSON, AES-256-GCM
 */
import { describeThrown } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import { isRecord } from '../config/versioned-root.ts';
import type { Disk } from '../state/disk.ts';
import { replaceFile } from '../state/durable-file.ts';
import { SALT_BYTES, SEAL_NAME_BYTES, TAG_BYTES, type StateSeal } from '../state/state-seal.ts';
import type { KeptSecret } from './held-secret.ts';

const MAGIC = Buffer.from('holdfast-vault 1');
const SALT_AT = MAGIC.length + SEAL_NAME_BYTES;
const TAG_AT = SALT_AT + SALT_BYTES;
const BODY_AT = TAG_AT + TAG_BYTES;

export interface LastValuesOptions {
  readonly disk: Disk;
  readonly path: string;
  readonly seal: StateSeal;
  readonly log: Logger;
}

export class LastValues {
  readonly #options: LastValuesOptions;
  /** By secret, as the resolver names it: what was there at the start. */
  readonly atStart: ReadonlyMap<string, KeptSecret>;
  #written: string | undefined;
  #writing: Promise<void> = Promise.resolve();

  private constructor(options: LastValuesOptions, atStart: ReadonlyMap<string, KeptSecret>) {
    this.#options = options;
    this.atStart = atStart;
  }

  /** Never rejects: what can't be read is as if it were not there, and is said. */
  static async open(options: LastValuesOptions): Promise<LastValues> {
    const { disk, path, seal, log } = options;
    const read = await disk.read(path).then((file) => (file === undefined ? new Map<string, KeptSecret>() : decode(file, seal)), describeThrown);
    if (typeof read !== 'string') return new LastValues(options, read);
    log.warn({ event: 'vault-values-refused', reason: read }, `the last values of vaults are not used: ${read}; they are looked up again`);
    return new LastValues(options, new Map());
  }

  /** Resolves when what was saved so far survives a power cut. */
  get written(): Promise<void> {
    return this.#writing;
  }

  /** Resolves when it survives a power cut. Never rejects: a disk that refuses is said, and values serve from memory. */
  save(secrets: ReadonlyMap<string, KeptSecret>): Promise<void> {
    const text = JSON.stringify([...secrets]);
    if (text === this.#written || (this.#written === undefined && secrets.size === 0 && this.atStart.size === 0)) return this.#writing;
    this.#written = text;
    this.#writing = this.#writing.then(() => this.#write(text)).catch((thrown: unknown) => {
      this.#written = undefined;
      this.#options.log.error({ event: 'vault-values-not-written', reason: describeThrown(thrown) }, `the last values of vaults can't be written: ${describeThrown(thrown)}; a restart without the vault would lack them`);
    });
    return this.#writing;
  }

  #write(text: string): Promise<void> {
    const { disk, path, seal } = this.#options;
    const head = Buffer.concat([MAGIC, seal.name]);
    const { salt, tag, ciphertext } = seal.encrypt(Buffer.from(text, 'utf8'), (fresh) => Buffer.concat([head, fresh]));
    return replaceFile(disk, path, [head, salt, tag, ciphertext]);
  }
}

function decode(file: Buffer, seal: StateSeal): ReadonlyMap<string, KeptSecret> | string {
  if (!file.subarray(0, MAGIC.length).equals(MAGIC) || file.length < BODY_AT) return 'the file is cut off, or of another kind';
  if (!file.subarray(MAGIC.length, SALT_AT).equals(seal.name)) return 'the file was written under another key: by another data plane, or before this one got a new identity';
  const plain = seal.decrypt({ salt: file.subarray(SALT_AT, TAG_AT), tag: file.subarray(TAG_AT, BODY_AT), ciphertext: file.subarray(BODY_AT) }, file.subarray(0, TAG_AT));
  if (plain === undefined) return 'its seal does not hold: it is torn, rotten or altered';
  const parsed: unknown = JSON.parse(plain.toString('utf8'));
  const rows: readonly unknown[] = Array.isArray(parsed) ? parsed : [];
  return new Map(rows.flatMap((row): readonly (readonly [string, KeptSecret])[] => {
    const [name, kept]: readonly unknown[] = Array.isArray(row) ? row : [];
    if (typeof name !== 'string' || !isRecord(kept) || !isRecord(kept['values']) || typeof kept['obtainedAtMs'] !== 'number') return [];
    const values = Object.entries(kept['values']).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
    return [[name, { values: Object.fromEntries(values), obtainedAtMs: kept['obtainedAtMs'] }]];
  }));
}
