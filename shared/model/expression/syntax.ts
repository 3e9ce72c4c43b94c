/**
 * What a route's expression says, as a tree: fields and values are typed and resolved, so whoever reads it (the router's
 * index and evaluator on the data plane) has nothing left to check. Made by parse-expression.ts alone.
 */

/**
 * Routes are matched against HTTP requests or against connections (tcp, tls, tls_passthrough); each has its own fields. The
 * condition of a plugin (`plugin`) is about a request of which it may be known who sent it.
 */
export type Subsystem = 'http' | 'stream' | 'plugin';

export type Expression =
  | { readonly kind: 'all'; readonly of: readonly Expression[] }
  | { readonly kind: 'any'; readonly of: readonly Expression[] }
  | { readonly kind: 'not'; readonly of: Expression }
  | Comparison;

/** False where the field is missing, whatever the operator. */
export type Comparison = TextComparison | NumberComparison | AddressComparison;

export interface TextComparison {
  readonly kind: 'text';
  readonly field: TextField;
  /** The field's value in lower case is compared. */
  readonly lower: boolean;
  /** One of several values is enough; otherwise all must fit. */
  readonly any: boolean;
  readonly operator: TextOperator;
  /** With `~`: a regular expression (RE2), searched anywhere in the text. */
  readonly value: string;
}

export type TextOperator = '==' | '!=' | '^=' | '=^' | 'contains' | '~';

export interface NumberComparison {
  readonly kind: 'number';
  readonly field: NumberField;
  readonly operator: NumberOperator;
  readonly value: number;
}

export type NumberOperator = '==' | '!=' | '>' | '>=' | '<' | '<=';

export interface AddressComparison {
  readonly kind: 'address';
  readonly field: AddressField;
  /** `!=` and `not in` hold for an address of the other family. */
  readonly operator: '==' | '!=' | 'in' | 'not in';
  readonly value: AddressRange;
}

/** An address, or with `bits` the block of addresses that share its first bits. */
export interface AddressRange {
  readonly family: 4 | 6;
  readonly address: string;
  readonly bits: number;
}

export type TextField =
  | { readonly kind: 'protocol' }
  | { readonly kind: 'server-name' }
  | { readonly kind: 'method' }
  | { readonly kind: 'host' }
  | { readonly kind: 'path' }
  /** The segments from `first` to `last`, counted from 0, joined with `/`. */
  | { readonly kind: 'segments'; readonly first: number; readonly last: number }
  /** Lower case, with `-`. */
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'query'; readonly name: string }
  /** Of the consumer that was recognised; `groups` are the names of its consumer groups. */
  | { readonly kind: 'consumer'; readonly of: ConsumerField };

export type ConsumerField = 'id' | 'username' | 'custom-id' | 'groups';

export type NumberField = 'segment-count' | 'source-port' | 'destination-port';
export type AddressField = 'source' | 'destination';
