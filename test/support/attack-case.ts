/** One attack as a file tells it (test/cases/attacks, described in test/cases/README.md): bytes in, what the client gets, what may reach the origin. */
import { readdirSync, readFileSync } from 'node:fs';

/** Latin1 text, or pieces of it; a piece may be told as what is repeated how often. */
export type CaseBytes = string | readonly (string | { readonly repeat: string; readonly times: number })[];

/** Values that fields must have, in order of their lines; null: the field must not be there. */
export type ExpectedFields = Readonly<Record<string, string | readonly string[] | null>>;

export interface Reached {
  /** Method and target as the origin gets them. */
  readonly request: string;
  readonly body?: string;
  readonly fields?: ExpectedFields;
  readonly trailers?: ExpectedFields;
}

export interface AttackCase {
  readonly name: string;
  readonly send: CaseBytes;
  /** The client ends its side after that. */
  readonly half?: boolean;
  /** Status codes of the final responses, in order. */
  readonly gets: readonly number[];
  /** Status codes of the interim responses; not compared where it is left out. */
  readonly interim?: readonly number[];
  /** Bodies of the responses; not compared where left out. The origin's own answers repeat what they answer, and are always compared. */
  readonly bodies?: readonly string[];
  /** Fields and trailers of the last response. */
  readonly gives?: ExpectedFields;
  readonly trailers?: ExpectedFields;
  /** What comes through the tunnel behind a 101. */
  readonly tunnel?: string;
  /** The connection is closed after that: so where nothing is said and a status is 400 or above, or none. `perhaps`: where reads are cut decides. */
  readonly closes?: boolean | 'perhaps';
  /** What comes out depends on where reads are cut, so it is never cut. */
  readonly whole?: boolean;
  /** All requests are HEAD. */
  readonly head?: boolean;
  /** The requests that reach the origin, whole. */
  readonly reaches: readonly Reached[];
  /** What the origin answers to the first of them, instead of repeating it. */
  readonly answer?: CaseBytes;
  /** It answers so as soon as the head has come. */
  readonly early?: boolean;
  /** Sent by the client when it has its responses. */
  readonly then?: CaseBytes;
  /** The origin closes after that. */
  readonly hangUp?: boolean;
  /** The last response may break off in the middle of its body. */
  readonly breaksOff?: boolean;
}

export interface AttackFile {
  readonly file: string;
  readonly about: string;
  readonly cases: readonly AttackCase[];
}

const FOLDER = new URL('../cases/attacks/', import.meta.url);

export function attackFiles(): readonly AttackFile[] {
  return readdirSync(FOLDER).filter((file) => file.endsWith('.json')).toSorted().map((file) => ({ file, ...(JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Omit<AttackFile, 'file'>) }));
}

export function bytesOfCase(bytes: CaseBytes): Buffer {
  const text = typeof bytes === 'string' ? bytes : bytes.map((piece) => (typeof piece === 'string' ? piece : piece.repeat.repeat(piece.times))).join('');
  return Buffer.from(text, 'latin1');
}
