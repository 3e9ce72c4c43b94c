/**
 * Where a client stands between 0 and 1, the same for all data planes and each time: who stands below the share of a canary gets it. So a
 * share that grows takes nobody back, and one that is steady keeps its clients. Clients are spread evenly, whatever their names look
 * like. Not for secrets; the mixing steps are MurmurHash3's (public domain).
 */

/** At least 0, below 1. `seed` is of the plugin, so that it is not the same clients who get every canary. */
export function placeOfClient(client: string, seed: number): number {
  let hash = seed;
  for (let index = 0; index < client.length; index += 1) {
    let block = Math.imul(client.charCodeAt(index), 0xcc9e2d51);
    block = (block << 15) | (block >>> 17);
    hash ^= Math.imul(block, 0x1b873593);
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  return mix(hash ^ client.length) / 0x1_0000_0000;
}

/** For `placeOfClient`. */
export function seedOf(pluginId: string): number {
  return Math.floor(placeOfClient(pluginId, 0) * 0x1_0000_0000) | 0;
}

/** Unsigned. */
function mix(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
