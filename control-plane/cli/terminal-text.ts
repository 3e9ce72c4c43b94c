/**
 * Text from elsewhere on its way to a terminal: an entity's name, a URL, what a server answered. Characters that would steer the
 * terminal or turn the direction of writing are shown as such instead of being obeyed.
 */
const STEERING = /[\p{Cc}\u{202a}-\u{202e}\u{2066}-\u{2069}\u{200e}\u{200f}\u{061c}]/gu;

/** One line. */
export function terminalLine(text: string): string {
  return text.replace(STEERING, '\u{fffd}');
}

/** Several, as they are broken by whoever wrote them. */
export function terminalLines(text: string): string {
  return text.split('\n').map(terminalLine).join('\n');
}

/** JSON, indented; on one line with `indent` 0. What JSON leaves as it is (DEL, C1, directions) is escaped too, so the value stays the same. */
export function terminalJson(value: unknown, indent = 2): string {
  return JSON.stringify(value, null, indent).replace(STEERING, (character) => (character === '\n' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`));
}
