/** Seals of state folders for tests: of a new data plane, or of one whose key is on disk, as somebody has it who got at the key. */
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StateSeal } from '../../data-plane/state/state-seal.ts';

export function newStateSeal(readsUnsealed = false): StateSeal {
  return new StateSeal(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, readsUnsealed);
}

export function stateSealOf(stateFolder: string): StateSeal {
  return new StateSeal(createPrivateKey(readFileSync(join(stateFolder, 'identity', 'key.pem'), 'utf8')), false);
}
