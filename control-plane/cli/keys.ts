/**
 * `holdfast keys …` and `holdfast epoch bump` as entries of the table of commands. What each does is in keys-offline.ts and
 * keys-online.ts; deploy/keys.md tells when to use them.
 */
import { command, type Command } from './command.ts';
import { newRootKey, proposeRootSet, showFiles, signFiles } from './keys-offline.ts';
import { rewrap } from './secret-keys.ts';
import { bumpEpoch, importFiles, retire, rotate, showStatus, writePending } from './keys-online.ts';
import {
  epochSettings, importSettings, newRootKeySettings, rewrapSettings, pendingSettings, proposeSettings, retireSettings, rotateSettings, showSettings, signSettings, statusSettings,
} from './keys-settings.ts';

const FILES = { least: 1, most: 100, areFiles: true } as const;

export const KEY_COMMANDS: readonly Command[] = [
  command({
    name: 'keys status', about: 'show all keys, and what waits for root keys', settings: statusSettings, run: showStatus,
    summary: 'Shows the keys of the installation and what waits for root keys.',
  }),
  command({
    name: 'keys root new-key', about: 'make a root key, offline', usage: 'keys root new-key --out FILE', settings: newRootKeySettings, run: newRootKey,
    summary: 'Makes a root key where it will be kept: no network, no database. Prints its public key.',
  }),
  command({
    name: 'keys root propose', about: 'write a new root set to be signed, offline', usage: 'keys root propose --keys KEY,KEY,… --threshold N --out FILE [--previous FILE]', settings: proposeSettings,
    run: (settings, output) => proposeRootSet(settings, output, Date.now()),
    summary: 'Writes a new root set to be signed, by enough members of the set before and of its own.',
  }),
  command({
    name: 'keys sign', about: 'add a signature to statements in a file, offline', usage: 'keys sign FILE --key KEY', settings: signSettings, words: FILES, run: signFiles,
    summary: 'Adds a signature to the statements in a file; holders sign one after the other, in any order.',
  }),
  command({
    name: 'keys show', about: 'tell what statements in a file say and who signed, offline', usage: 'keys show FILE', settings: showSettings, words: FILES, run: showFiles,
    summary: 'Tells in words what the statements in a file say, who has signed and who is missing.',
  }),
  command({
    name: 'keys pending', about: 'write out what waits for root keys', usage: 'keys pending --out FILE', settings: pendingSettings, run: writePending,
    summary: 'Writes the statements that wait for root keys, with the chain of root sets.',
  }),
  command({
    name: 'keys import', about: 'bring signed statements to the control plane', usage: 'keys import FILE', settings: importSettings, words: FILES, run: importFiles,
    summary: 'Brings signed statements to the control plane, which verifies all of them before it stores any.',
  }),
  command({
    name: 'keys rotate', about: 'make a new publish, content or data key, or certificate authority', usage: 'keys rotate publish|content|ca|data-key', settings: rotateSettings, words: { least: 1, most: 1 }, run: rotate,
    summary: 'Makes a new key; the old one stays in use until everybody has changed over.',
  }),
  command({
    name: 'keys rewrap', about: 'wrap all secrets\' keys under a new key-encryption key', usage: 'keys rewrap [--renew]', settings: rewrapSettings, run: rewrap,
    summary: 'Wraps all data keys and private keys under the key-encryption key in use; cut off, it goes on when it is said again.',
  }),
  command({
    name: 'keys retire', about: 'take a key out of use', usage: 'keys retire publish|content|ca KEY-ID', settings: retireSettings, words: { least: 2, most: 2 }, run: retire,
    summary: 'Takes a key out of use; refused, with names, while anybody needs it.',
  }),
  command({
    name: 'epoch bump', about: 'after a restore from an old backup: let data planes take what is stored', usage: 'epoch bump --gateway NAME', settings: epochSettings, run: bumpEpoch,
    summary: 'Begins a new epoch of a gateway, signed by root keys, so that its data planes take what is stored although they have newer.',
  }),
];
