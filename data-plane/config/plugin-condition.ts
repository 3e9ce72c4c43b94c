/**
 * The condition of a plugin in the form in which requests ask it. Compiled once with the plugin (plugin-instances.ts); what
 * it asks of a request and its consumer is read through `conditionFields`, by the proxy and by explain alike.
 */
import { HoldfastError } from '../../shared/errors.ts';
import { parseExpression } from '../../shared/model/expression/parse-expression.ts';
import type { AddressField, ConsumerField, NumberField, TextField } from '../../shared/model/expression/syntax.ts';
import type { ConsumerRef } from '../../shared/plugins/config-lookup.ts';
import type { RequestView } from '../../shared/plugins/contract.ts';
import { Condition } from '../router/condition.ts';
import { RequestFields, type FieldSource } from '../router/request-fields.ts';

export interface PluginCondition {
  /** As written. */
  readonly text: string;
  holds(fields: FieldSource): boolean;
}

/** Throws CONFIG_CONDITION_INVALID, which names the column. */
export function compileCondition(text: string): PluginCondition {
  const parsed = parseExpression(text, 'plugin');
  if (parsed.kind === 'wrong') throw new HoldfastError({ code: 'CONFIG_CONDITION_INVALID', source: 'control-plane', publicMessage: `condition: ${parsed.problem}` });
  const condition = new Condition(parsed.expression);
  return { text, holds: (fields) => condition.holds(fields) };
}

/** Who sends the request, as far as that is known by now. */
export interface ConditionClient {
  readonly consumer: ConsumerRef | undefined;
  /** Names of the groups of that consumer. */
  consumerGroupsOf(consumerId: string): readonly string[];
}

export class ConditionFields implements FieldSource {
  readonly #request: RequestFields;
  readonly #client: ConditionClient;

  /** `client` is asked each time, because a consumer may be recognised between two conditions. */
  constructor(request: RequestView, client: ConditionClient) {
    this.#request = new RequestFields(request);
    this.#client = client;
  }

  text(field: TextField): string | undefined {
    return field.kind === 'consumer' ? this.texts(field)[0] : this.#request.text(field);
  }

  texts(field: TextField): readonly string[] {
    return field.kind === 'consumer' ? this.#ofConsumer(field.of) : this.#request.texts(field);
  }

  number(field: NumberField): number | undefined {
    return this.#request.number(field);
  }

  address(field: AddressField): string {
    return this.#request.address(field);
  }

  #ofConsumer(field: ConsumerField): readonly string[] {
    const { consumer } = this.#client;
    if (consumer === undefined) return [];
    if (field === 'groups') return this.#client.consumerGroupsOf(consumer.id);
    const text = field === 'id' ? consumer.id : field === 'username' ? consumer.username : consumer.customId;
    return text === null ? [] : [text];
  }
}
