/**
 * The members of a JSON object, to be edited by name: what is not touched stays as it was sent, so that numbers keep all their
 * digits. Used by request-transformer and response-transformer. Names are keys of a map, so `__proto__` is a name like others. Of
 * members with one name the last counts, as JSON.parse has it, and the others are gone once something is edited.
 */

interface Member {
  /** With its quotes, as sent (latin1). */
  readonly name: string;
  /** Its JSON, as sent (latin1). */
  readonly json: string;
}

export class JsonMembers {
  readonly #members: Map<string, Member>;
  isChanged = false;

  private constructor(members: Map<string, Member>) {
    this.#members = members;
  }

  /** Undefined where the bytes are no JSON, or JSON that is no object. An empty body may count as an empty object. */
  static parse(bytes: Uint8Array): JsonMembers | undefined {
    const buffer = withoutMark(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
    try {
      const parsed: unknown = JSON.parse(buffer.toString('utf8'));
      if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
    } catch {
      return undefined;
    }
    return new JsonMembers(membersOf(buffer.toString('latin1')));
  }

  static empty(): JsonMembers {
    return new JsonMembers(new Map());
  }

  has(name: string): boolean {
    return this.#members.has(name);
  }

  remove(name: string): void {
    if (this.#members.delete(name)) this.isChanged = true;
  }

  rename(name: string, newName: string): void {
    const member = this.#members.get(name);
    if (member === undefined || name === newName) return;
    this.remove(name);
    this.#set(newName, member.json);
  }

  /** `json` is a value as JSON text; nothing happens where the name is not there. */
  replace(name: string, json: string): void {
    if (this.has(name)) this.#set(name, jsonBytes(json));
  }

  /** Only where there is none of that name. */
  add(name: string, json: string): void {
    if (!this.has(name)) this.#set(name, jsonBytes(json));
  }

  /** To the list under that name; what is no list becomes the first of one. */
  append(name: string, json: string): void {
    const known = this.#members.get(name)?.json;
    const added = jsonBytes(json);
    if (known === undefined) this.#set(name, `[${added}]`);
    else if (!known.startsWith('[')) this.#set(name, `[${known},${added}]`);
    else this.#set(name, known.slice(1, -1).trim() === '' ? `[${added}]` : `${known.slice(0, -1)},${added}]`);
  }

  toBytes(): Uint8Array {
    const members: string[] = [];
    for (const { name, json } of this.#members.values()) members.push(`${name}:${json}`);
    return Buffer.from(`{${members.join(',')}}`, 'latin1');
  }

  #set(name: string, json: string): void {
    this.#members.set(name, { name: this.#members.get(name)?.name ?? jsonBytes(JSON.stringify(name)), json });
    this.isChanged = true;
  }
}

/** Clients read what follows a byte order mark (RFC 8259 §8.1), so it must not hide anything. */
function withoutMark(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

const [QUOTE, BACKSLASH, COLON, COMMA] = [0x22, 0x5c, 0x3a, 0x2c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** Cuts a valid JSON object apart at its own level. */
function membersOf(text: string): Map<string, Member> {
  const members = new Map<string, Member>();
  let [depth, start, colon] = [0, 0, -1];
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(text, at);
        break;
      case OPEN_OBJECT:
      case OPEN_LIST:
        depth += 1;
        if (depth === 1) start = at + 1;
        break;
      case COLON:
        if (depth === 1) colon = at;
        break;
      case COMMA:
      case CLOSE_OBJECT:
      case CLOSE_LIST:
        if (depth === 1 && colon >= 0) {
          const name = text.slice(start, colon).trim();
          members.set(nameIn(name), { name, json: text.slice(colon + 1, at).trim() });
          [start, colon] = [at + 1, -1];
        }
        if (text.charCodeAt(at) !== COMMA) depth -= 1;
    }
  }
  return members;
}

/** Of the closing quote. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at += 1;
    else if (code === QUOTE) return at;
  }
  return text.length;
}

function nameIn(json: string): string {
  const name: unknown = JSON.parse(Buffer.from(json, 'latin1').toString('utf8'));
  return String(name);
}

function jsonBytes(json: string): string {
  return Buffer.from(json, 'utf8').toString('latin1');
}
