/**
 * What counts as one client by address: an IPv4 address, or the /64 network of an IPv6 address, because whoever has one
 * has all 2^64 addresses in it (RFC 4291 §2.5.4, RFC 6177). An IPv4 address in IPv6 clothing counts as IPv4.
 */
export function clientNetwork(address: string): string {
  if (!address.includes(':')) return address;
  const groups = expandGroups(address);
  if (groups === undefined) return address;
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = groups;
  if (a === 0 && b === 0 && c === 0 && d === 0 && e === 0 && f === 0xffff) return `${g >> 8}.${g & 255}.${h >> 8}.${h & 255}`;
  return `${a.toString(16)}:${b.toString(16)}:${c.toString(16)}:${d.toString(16)}::/64`;
}

/** The network of an address, /24 of IPv4 and /48 of IPv6, as its first address: what is left of it where the client is not to be known. '' for what is no address. */
export function truncatedAddress(address: string): string {
  const network = clientNetwork(address);
  if (network.endsWith('/64')) return `${network.split(':', 3).join(':')}::`;
  const [a, b, c, d] = network.split('.');
  return d === undefined ? '' : `${a}.${b}.${c}.0`;
}

/** The eight 16-bit groups of an IPv6 address (RFC 4291 §2.2); undefined where it is none. */
function expandGroups(address: string): readonly number[] | undefined {
  const [withoutZone = ''] = address.split('%', 1);
  const halves = withoutZone.split('::');
  const [left, right] = [readGroups(halves[0] ?? ''), readGroups(halves[1] ?? '')];
  if (left === undefined || right === undefined || halves.length > 2) return undefined;
  const missing = 8 - left.length - right.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  return [...left, ...Array.from({ length: missing }, () => 0), ...right];
}

function readGroups(text: string): readonly number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  for (const part of text.split(':')) {
    const quad = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(part)?.slice(1).map(Number);
    if (quad !== undefined) {
      const [a = 0, b = 0, c = 0, d = 0] = quad;
      groups.push(a * 256 + b, c * 256 + d);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}
