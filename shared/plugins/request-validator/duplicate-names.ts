/**
 * Finds a name that stands twice in one object of a JSON text. Parsers disagree about which of the two counts, so a body that is valid
 * here could be another one to the backend (RFC 8259 §4). One pass, for texts that JSON.parse took.
 */
export function hasDuplicateNames(json: string): boolean {
  /** The names of each object that is open; undefined for a list. */
  const open: (Set<string> | undefined)[] = [];
  let isName = false;
  for (let at = 0; at < json.length; at += 1) {
    switch (json.charCodeAt(at)) {
      case 0x7b: // {
        open.push(new Set());
        isName = true;
        break;
      case 0x5b: // [
        open.push(undefined);
        isName = false;
        break;
      case 0x7d: // }
      case 0x5d: // ]
        open.pop();
        isName = false;
        break;
      case 0x2c: // ,
        isName = open.at(-1) !== undefined;
        break;
      case 0x22: {
        const end = endOfString(json, at + 1);
        if (isName) {
          const names = open.at(-1);
          const name = textOf(json, at, end);
          if (names?.has(name) === true) return true;
          names?.add(name);
          isName = false;
        }
        at = end;
        break;
      }
      default:
    }
  }
  return false;
}

/** Where its closing quote stands. */
function endOfString(json: string, from: number): number {
  let at = from;
  while (at < json.length && json.charCodeAt(at) !== 0x22) at += json.charCodeAt(at) === 0x5c ? 2 : 1;
  return at;
}

function textOf(json: string, start: number, end: number): string {
  const raw = json.slice(start + 1, end);
  if (!raw.includes('\\')) return raw;
  const decoded: unknown = JSON.parse(json.slice(start, end + 1));
  return String(decoded);
}
