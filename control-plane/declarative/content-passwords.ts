/**
 * Passwords in a declarative content: one that is the same as before keeps its hash, so that a file which is synced again changes
 * nothing; another one is hashed. Both take 20 ms each, so they are bounded, and what was found out is remembered: by this request
 * for when it has to plan again, by the process for the next one (passwords/password-hashes.ts). Asked by plan-changes.ts.
 */
import type { JsonObject } from '../../shared/model/definition.ts';
import { isJsonObject } from '../../shared/model/entity-checks.ts';
import { definitionOf } from '../../shared/model/registry.ts';
import { SHA1_FIRST } from '../../shared/plugin-parts/password-form.ts';
import { clearPassword, inParallel, MOST_PASSWORDS, NO_KONG_HASH, passwordFieldOf, TOO_MANY_PASSWORDS } from '../passwords/incoming-passwords.ts';
import { hashKongHash, hashPassword, isKongHash, isKongHashOf, isPasswordOf, isRemembered } from '../passwords/password-hashes.ts';
import type { ContentProblems } from './content-problem.ts';
import { showPath } from './file-layout.ts';
import type { MatchedEntity } from './match-entities.ts';

/** Stands for a hash in a dry run: nobody ever gets it. */
const TO_BE_HASHED = '(to be hashed)';

export class ContentPasswords {
  readonly #dryRun: boolean;
  readonly #hashes = new Map<string, string>();
  #slow = 0;

  constructor({ dryRun }: { readonly dryRun: boolean }) {
    this.#dryRun = dryRun;
  }

  /** The same entities, with hashes for passwords. `areHashed`: the content has what Kong stores of them. */
  async settle(matched: readonly MatchedEntity[], areHashed: boolean, problems: ContentProblems): Promise<readonly MatchedEntity[]> {
    const affected = matched.filter(({ desired }) => passwordFieldOf(definitionOf(desired.kind)) !== undefined);
    if (affected.length === 0) return matched;
    this.#slow = 0;
    const settled = new Map((await inParallel(affected, async (entity) => [entity, await this.#settleOne(entity, areHashed, problems)] as const)).values());
    if (this.#slow > MOST_PASSWORDS) problems.at([], `${TOO_MANY_PASSWORDS}, or leave out those that stay as they are; what was compared so far is remembered, so asking again goes on from there`);
    return matched.map((entity) => settled.get(entity) ?? entity);
  }

  async #settleOne(entity: MatchedEntity, areHashed: boolean, problems: ContentProblems): Promise<MatchedEntity> {
    const { desired: { kind, path }, input, previous } = entity;
    const field = passwordFieldOf(definitionOf(kind));
    const text = field === undefined ? undefined : clearPassword(field, input[field.name]);
    if (field === undefined || text === undefined) return entity;
    const before = previous?.entity[field.name];
    const consumerId = consumerIdOf(previous?.entity ?? {});
    const withPassword = (password: string): MatchedEntity => ({ ...entity, input: { ...input, [field.name]: password } satisfies JsonObject });
    // What came from Kong has the consumer's id in it.
    const isBoundElsewhere = typeof before === 'string' && before.startsWith(SHA1_FIRST) && consumerIdOf(input) !== consumerId;
    if (typeof before === 'string' && !isBoundElsewhere) {
      if (isRemembered(before, text, areHashed ? undefined : consumerId)) return withPassword(before);
      if (this.#isTooSlow()) return entity;
      if (await (areHashed ? isKongHashOf(before, text) : isPasswordOf(before, text, consumerId))) return withPassword(before);
    }
    if (areHashed && !isKongHash(text)) {
      problems.ofEntity({ kind, id: entity.id, input }, path, { field: field.name, message: NO_KONG_HASH });
      return entity;
    }
    if (this.#dryRun) return withPassword(TO_BE_HASHED);
    const name = `${showPath(path)} ${text}`;
    const known = this.#hashes.get(name);
    if (known !== undefined) return withPassword(known);
    if (this.#isTooSlow()) return entity;
    const hashed = await (areHashed ? hashKongHash(text) : hashPassword(text));
    if (hashed === undefined) return entity;
    this.#hashes.set(name, hashed);
    return withPassword(hashed);
  }

  #isTooSlow(): boolean {
    this.#slow += 1;
    return this.#slow > MOST_PASSWORDS;
  }
}

function consumerIdOf({ consumer }: JsonObject): string {
  return isJsonObject(consumer) && typeof consumer['id'] === 'string' ? consumer['id'] : '';
}
