/** Query strings as RequestView and the forwarder need them: arguments split at `&`, names decoded once. */

/** All values of an argument, percent-decoded once (`+` is a space), in order. */
export function queryValues(query: string, name: string): readonly string[] {
  if (query === '') return [];
  const values: string[] = [];
  for (const argument of query.split('&')) {
    const equals = argument.indexOf('=');
    if (nameOf(argument, equals) === name) values.push(equals === -1 ? '' : decode(argument.slice(equals + 1)));
  }
  return values;
}

/** The query without the arguments of those names; all else byte for byte as it was. */
export function withoutArguments(query: string, names: ReadonlySet<string>): string {
  return query
    .split('&')
    .filter((argument) => !names.has(nameOf(argument, argument.indexOf('='))))
    .join('&');
}

function nameOf(argument: string, equals: number): string {
  return decode(equals === -1 ? argument : argument.slice(0, equals));
}

/** Escapes that are no UTF-8 are taken byte by byte; a `%` without two digits stays as it is. */
function decode(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text;
  const spaced = text.replaceAll('+', ' ');
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  }
}
