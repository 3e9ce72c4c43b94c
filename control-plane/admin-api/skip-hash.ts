/** `?skip_hash=true` of a write: its passwords are what Kong stores of them (passwords/incoming-passwords.ts). */
import { invalidQuery } from './answer.ts';

export function parseSkipHash(query: URLSearchParams): boolean {
  const text = query.get('skip_hash');
  if (text === null || text === 'false' || text === '0') return false;
  if (text !== 'true' && text !== '1') throw invalidQuery('options', 'skip_hash', 'must be true or false');
  return true;
}
