/**
 * `file` vaults: files below one folder that the data plane's own setting names, as Kubernetes and Docker mount secrets. Links may
 * lead anywhere below that folder (Kubernetes swaps one on rotation) and nowhere else.
 */
import { open, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { JsonObject } from '../../shared/model/definition.ts';
import { vaultAnswerInvalid, vaultNotAllowed, vaultSecretMissing } from './vault-failures.ts';
import { MAX_SECRET_BYTES, textOf, type SourceServices, type VaultSource } from './vault-source.ts';

export function createFileSource(config: JsonObject, { limits }: SourceServices): VaultSource {
  return {
    async read({ name }) {
      const { folder } = limits;
      if (folder === undefined) throw vaultNotAllowed('references to files are off on this data plane: name a folder in HOLDFAST_VAULT_FOLDER');
      // Neither part has '..' (shared/vaults), and the real path is looked at besides.
      const below = join(textOf(config, 'folder') ?? '', name);
      const root = await realPathOf(folder);
      const path = root === undefined ? undefined : await realPathOf(join(root, below));
      if (root === undefined || path === undefined) throw vaultSecretMissing(`there is no file ${below} in HOLDFAST_VAULT_FOLDER of this data plane`);
      if (!path.startsWith(root.endsWith(sep) ? root : root + sep)) throw vaultNotAllowed(`the file ${below} leads out of HOLDFAST_VAULT_FOLDER`);
      const text = await readBounded(path);
      if (text === undefined) throw vaultSecretMissing(`the file ${below} in HOLDFAST_VAULT_FOLDER of this data plane can't be read`);
      // Editors and `echo` leave one.
      return text.replace(/\r?\n$/, '');
    },
  };
}

/** UTF-8; undefined where it is no file that may be read. Throws VAULT_ANSWER_INVALID where it is larger than any secret. */
export async function readBounded(path: string): Promise<string | undefined> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const stat = await file.stat();
    if (!stat.isFile()) return undefined;
    const { bytesRead, buffer } = await file.read(Buffer.alloc(MAX_SECRET_BYTES + 1), 0, MAX_SECRET_BYTES + 1, 0);
    if (bytesRead > MAX_SECRET_BYTES) throw vaultAnswerInvalid(`the file is larger than ${MAX_SECRET_BYTES} bytes`);
    return buffer.subarray(0, bytesRead).toString('utf8');
  } finally {
    await file.close();
  }
}

async function realPathOf(path: string): Promise<string | undefined> {
  return realpath(path).catch(() => undefined);
}
