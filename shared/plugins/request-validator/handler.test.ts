import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { defined } from '../../assert.ts';
import { cpuMsOf } from '../../../test/support/cpu-time.ts';
import { pluginContext, pluginRun, pluginServices, type HostParts } from '../../plugin-kit/plugin-host.ts';
import { requestValidatorFactory } from './handler.ts';
import { DRAFTS } from './json-schema.ts';
import { requestValidatorSchema, type RequestValidatorConfig } from './schema.ts';

const DEFAULTS: RequestValidatorConfig = { body_schema: null, allowed_content_types: ['application/json'], version: 'draft7', parameter_schema: null, verbose_response: true, content_type_parameter_validation: true };
type Version = RequestValidatorConfig['version'];
type Parameter = NonNullable<RequestValidatorConfig['parameter_schema']>[number];

const instanceOf = (given: Partial<RequestValidatorConfig>) => requestValidatorFactory.create({ ...DEFAULTS, ...given }, pluginServices());

function judge(given: Partial<RequestValidatorConfig>, parts: HostParts): string | undefined {
  const verdict = pluginRun(instanceOf(given)).head(pluginContext({ method: 'POST', ...parts }));
  return verdict === undefined ? undefined : `${verdict.status} ${verdict.message}`;
}

const withBody = (body: string | Uint8Array, ...types: readonly string[]): HostParts => ({ body: Buffer.from(body), headers: (types.length === 0 ? ['application/json'] : types).map((type) => ['Content-Type', type] as const) });
/** What is wrong with a body; undefined where nothing is. */
const body = (schema: unknown, text: string | Uint8Array, version: Version = 'draft7') => judge({ body_schema: JSON.stringify(schema), version }, withBody(text))?.replace(/^400 /, '');
const problems = (config: object) => requestValidatorSchema.checks.flatMap(({ check }) => check({ config: { ...DEFAULTS, ...config } })).map(({ field, message }) => `${field}: ${message}`);

const PERSON = { type: 'object', required: ['name'], properties: { name: { type: 'string', minLength: 2 }, age: { type: 'integer', minimum: 0 } }, additionalProperties: false };

describe('a body in JSON Schema', () => {
  test('passes where it conforms, and is refused with 400 where not', () => {
    assert.equal(body(PERSON, '{"name":"Ann","age":4}'), undefined);
    assert.equal(body(PERSON, '{"age":4}'), 'property "name" is required');
    assert.equal(body(PERSON, '{"name":"Ann","age":"4"}'), 'property "age" validation failed: must be integer', 'nothing is coerced');
    assert.equal(body(PERSON, '{"name":"Ann","is":1}'), 'additional properties forbidden, found is');
    assert.equal(body({ items: PERSON }, '[{"name":"Ann"},{"name":"A"}]'), 'property "1" validation failed: property "name" validation failed: must NOT have fewer than 2 characters');
    assert.equal(judge({ body_schema: JSON.stringify(PERSON), verbose_response: false }, withBody('{}')), "400 request body doesn't conform to schema");
  });

  test('means what its draft says', () => {
    const exclusive = { maximum: 5, exclusiveMaximum: true };
    assert.equal(body(exclusive, '5', 'draft4'), 'must be < 5');
    assert.equal(body(exclusive, '4', 'draft4'), undefined);
    for (const draft of DRAFTS.slice(1)) assert.equal(body({ exclusiveMaximum: 5 }, '5', draft), 'must be < 5', draft);
    for (const draft of ['draft7', 'draft201909', 'draft202012'] as const) assert.equal(body({ if: { const: 1 }, then: false }, '1', draft), 'boolean schema is false', draft);
    assert.notEqual(body({ prefixItems: [{ type: 'string' }] }, '[1]', 'draft202012'), undefined);
    assert.notEqual(body({ $defs: { a: { type: 'string' } }, $ref: '#/$defs/a' }, '1', 'draft201909'), undefined);
    assert.notEqual(body({ properties: { a: true }, unevaluatedProperties: false }, '{"b":1}', 'draft202012'), undefined);
    for (const [draft, uri] of [['draft4', 'http://json-schema.org/draft-04/schema#'], ['draft6', 'http://json-schema.org/draft-06/schema#'], ['draft7', 'http://json-schema.org/draft-07/schema#'], ['draft201909', 'https://json-schema.org/draft/2019-09/schema'], ['draft202012', 'https://json-schema.org/draft/2020-12/schema']] as const) {
      assert.deepEqual([body({ $schema: uri, type: 'string' }, '"a"', draft), body({ $schema: uri, type: 'string' }, '1', draft)], [undefined, 'must be string'], draft);
    }
  });

  test('knows no keyword of OpenAPI', () => {
    assert.equal(body({ properties: { a: { type: 'string', nullable: true } } }, '{"a":null}'), 'property "a" validation failed: must be string');
    assert.equal(body({ properties: { nullable: { type: 'string' } } }, '{"nullable":1}'), 'property "nullable" validation failed: must be string');
    assert.equal(body({ nullable: true }, 'null'), undefined);
  });

  test('multipleOf means decimal fractions', () => {
    for (const [value, isOne] of [['4.35', true], ['0.07', true], ['1e21', true], ['4.355', false]] as const) assert.equal(body({ multipleOf: 0.01 }, value) === undefined, isOne, value);
  });

  test('may refer to itself', () => {
    const tree = { type: 'object', properties: { left: { $ref: '#' }, value: { $ref: '#/definitions/value' } }, definitions: { value: { type: 'integer' } } };
    assert.equal(body(tree, '{"left":{"left":{"value":1}}}'), undefined);
    assert.notEqual(body(tree, '{"left":{"left":{"value":"1"}}}'), undefined);
  });
});

describe('what a client sends', () => {
  test('must be JSON in UTF-8', () => {
    for (const odd of ['{', '{"a":1}x', 'null null', '\ufeff{}', "{'a':1}", '{"a":NaN}']) assert.equal(body({}, odd), 'request body is not valid JSON', odd);
    assert.equal(body({}, Buffer.from([0x22, 0xff, 0x22])), 'request body is not valid JSON');
    assert.equal(body({}, Buffer.from('{}', 'utf16le')), 'request body is not valid JSON');
    assert.equal(body({ type: 'number' }, '1e999'), 'must be number');
  });

  test('must stand there as it is: what a coding would make of it nobody looked at', () => {
    const coded = (...codings: readonly string[]) => judge({ body_schema: '{}' }, { body: Buffer.from('{}'), headers: [['Content-Type', 'application/json'], ...codings.map((coding) => ['Content-Encoding', coding] as const)] });
    for (const codings of [['gzip'], ['deflate'], ['identity', 'br'], ['identity, gzip']]) assert.equal(coded(...codings), '400 request body is not valid JSON', codings.join());
    assert.equal(coded('Identity'), undefined);
  });

  test('counts as an empty record where it is empty', () => {
    assert.equal(body({ type: 'object' }, ''), undefined);
    assert.equal(body(PERSON, ''), 'property "name" is required');
  });

  test('never holds a name twice, however it is written: another parser may take the other one', () => {
    for (const odd of ['{"name":"Ann","name":"xx"}', '{"n\\u0061me":"Ann","name":"xx"}', '[{"a":{"b":1,"c":[{}],"b":2}}]', '{"a":"}","a":1}', '{"\\\\":1,"\\\\":1}']) assert.equal(body({}, odd), 'a name stands twice in an object', odd);
    for (const fine of ['{"a":{"a":1},"b":[{"a":1},{"a":1}],"c":"a","d":"\\"a\\""}', '["a","a"]', '{"a":"a\\\\","b":1}']) assert.equal(body({}, fine), undefined, fine);
  });

  test('cannot use what every object inherits', () => {
    assert.equal(body({ required: ['toString'] }, '{}'), 'property "toString" is required');
    assert.equal(body({ required: ['__proto__'] }, '{}'), 'property "__proto__" is required');
    assert.equal(body(PERSON, '{"name":"Ann","__proto__":{"admin":true}}'), 'additional properties forbidden, found __proto__');
    assert.equal(body({ properties: { constructor: { type: 'string' } } }, '{}'), undefined);
    assert.equal(Reflect.get({}, 'admin'), undefined);
  });

  test('of more than 1 MiB is refused: nobody looked at it', () => {
    assert.equal(judge({ body_schema: '{}' }, { headers: [['content-type', 'application/json']] }), '413 Request body is too large to be validated');
    assert.equal(instanceOf({ body_schema: '{}' }).requestBody?.maxBytes, 1_048_576);
    assert.equal(instanceOf({ parameter_schema: [] }).requestBody, undefined, 'parameters alone need no body');
  });
});

describe('content types', () => {
  const type = (given: Partial<RequestValidatorConfig>, ...types: readonly string[]) => judge({ body_schema: '{"type":"object"}', ...given }, withBody('[]', ...types));
  const [NOT_ALLOWED, NOT_VALID] = ['400 specified Content-Type is not allowed', '400 must be object'];

  test('must be allowed, parameters included', () => {
    for (const ok of ['application/json', 'Application/JSON', 'application/json ;']) assert.equal(type({}, ok), NOT_VALID, ok);
    for (const odd of ['text/plain', 'application/json; charset=utf-8', 'application/jsonx', 'application/', '', 'application/json, text/plain', `application/json;${'a=b;'.repeat(500)}`]) assert.equal(type({}, odd), NOT_ALLOWED, odd);
    const allowed_content_types = ['application/json; charset=UTF-8'];
    assert.equal(type({ allowed_content_types }, 'application/json;Charset="utf-8"'), NOT_VALID);
    assert.equal(type({ allowed_content_types }, 'application/json'), NOT_ALLOWED);
    assert.equal(type({ content_type_parameter_validation: false }, 'application/json; charset=utf-8; x=y'), NOT_VALID);
  });

  test('are taken with a star only where it can match', () => {
    const { type } = defined(requestValidatorSchema.config.find(({ name }) => name === 'allowed_content_types'), 'allowed_content_types');
    assert.ok(type.kind === 'set');
    const [rule] = type.of.rules;
    for (const fine of ['*/*', 'application/*', 'application/*; charset=utf-8', 'application/json', 'application/vnd.api+json']) assert.equal(rule.check(fine), undefined, fine);
    for (const odd of ['*/json', 'application/*+json', 'app*/json', '**/*', 'application', '', 'a/b/c', 'a/b;c']) assert.match(rule.check(odd) ?? '', /^invalid media type/, odd);
  });

  test('given twice are refused; none at all is taken for JSON', () => {
    assert.equal(type({ allowed_content_types: ['*/*'] }, 'text/plain', 'application/json'), NOT_ALLOWED);
    assert.equal(judge({ body_schema: '{"type":"object"}' }, { body: Buffer.from('[]') }), NOT_VALID);
    assert.equal(judge({ body_schema: '{}', allowed_content_types: ['text/plain'] }, { body: Buffer.from('[]') }), NOT_ALLOWED);
  });

  test('that are not JSON pass unread, those that are JSON by another name do not', () => {
    const allowed_content_types = ['application/*', 'text/plain'];
    assert.equal(type({ allowed_content_types }, 'text/plain'), undefined);
    assert.equal(type({ allowed_content_types }, 'application/vnd.api+json'), NOT_VALID);
  });
});

describe('parameters', () => {
  const query = (text: string, schema: unknown, more: Partial<Parameter> = {}) => parameter({ in: 'query', schema: JSON.stringify(schema), ...more }, { query: text });
  const parameter = (given: Partial<Parameter>, parts: HostParts) => judge({ parameter_schema: [{ in: 'query', name: 'p', required: false, style: null, schema: null, explode: null, ...given }] }, parts)?.replace(/^400 \w+ 'p' validation failed, \[error\] /, '');
  const LIST = { type: 'array', items: { type: 'integer' } };
  const RECORD = { type: 'object', properties: { R: { type: 'integer' }, G: { type: 'integer' } }, required: ['R'], additionalProperties: false };

  test('must be there where they are required', () => {
    assert.equal(parameter({ required: true }, { query: 'q=1' }), 'required parameter value not found');
    assert.equal(parameter({ required: true }, { query: 'p=' }), undefined);
    assert.equal(parameter({ required: true, in: 'header', name: 'P' }, { headers: [['p', '1']] }), undefined);
    assert.equal(parameter({ required: true, in: 'path' }, {}), 'required parameter value not found');
    assert.equal(judge({ verbose_response: false, parameter_schema: [{ in: 'query', name: 'p', required: true, style: null, schema: null, explode: null }] }, {}), "400 request param doesn't conform to schema");
  });

  test('are numbers and booleans where their schema asks for them', () => {
    assert.equal(query('p=12', { type: 'integer', maximum: 12 }), undefined);
    assert.equal(query('p=13', { type: 'integer', maximum: 12 }), 'must be <= 12');
    assert.equal(query('p=a', { type: 'integer' }), 'must be integer');
    assert.equal(query('p=true', { type: 'boolean' }), undefined);
    assert.equal(query('p=a', { enum: ['a'] }), undefined);
    assert.equal(query('p=1', { $ref: '#/definitions/n', definitions: { n: { type: 'integer' } } }), undefined);
    assert.equal(query('p=x', { $ref: '#/definitions/n', definitions: { n: { type: 'integer' } } }), 'must be integer');
  });

  test('that are numbers are written as in JSON: a backend may read other forms otherwise', () => {
    for (const text of ['0x10', '%2012', '12%0a', '12.', '%2b5', '0b11', 'Infinity', '012', '1_0']) assert.notEqual(query(`p=${text}`, { type: 'integer', maximum: 100 }), undefined, text);
    for (const [text, type] of [['1e3', 'integer'], ['-0.5', 'number'], ['1E%2B2', 'number'], ['0x10', 'string'], ['0x10', ['integer', 'string']]] as const) assert.equal(query(`p=${text}`, { type }), undefined, text);
    assert.equal(query('p=1e999', { type: 'number' }), 'must be a number as in JSON');
    assert.equal(query('p=1,0x10', LIST, { style: 'form', explode: false }), 'must be a number as in JSON');
    assert.equal(query('R=0x10', RECORD), 'must be a number as in JSON');
  });

  test('that are one value come once', () => {
    assert.equal(query('p=1&p=2', { type: 'integer' }), 'parameter is given several times');
    assert.equal(parameter({ in: 'header', schema: '{"type":"string"}' }, { headers: [['p', 'a'], ['p', 'b']] }), 'parameter is given several times');
  });

  test('are lists in each style', () => {
    for (const [text, style, explode] of [['p=1&p=2', 'form', true], ['p=1&p=2', null, null], ['p=1,2', 'form', false], ['p=1%202', 'spaceDelimited', false], ['p=1|2', 'pipeDelimited', false], ['p=1%7C2', 'pipeDelimited', false]] as const) {
      assert.equal(query(text, { ...LIST, minItems: 2 }, { style, explode }), undefined, text);
      assert.equal(query(text.replace(/2$/, 'x'), LIST, { style, explode }), 'property "1" validation failed: must be integer', text);
    }
    assert.equal(parameter({ in: 'header', schema: JSON.stringify({ ...LIST, minItems: 3 }) }, { headers: [['p', '1, 2'], ['p', '3']] }), undefined);
    for (const [text, style, explode] of [['1,2', 'simple', false], ['.1,2', 'label', false], ['.1.2', 'label', true], [';p=1,2', 'matrix', false], [';p=1;p=2', 'matrix', true], ['1%2C2', 'simple', false]] as const) {
      const path = (value: string) => parameter({ in: 'path', style, explode, schema: JSON.stringify({ ...LIST, minItems: 2 }) }, { uriCaptures: new Map([['p', value]]) });
      assert.equal(path(text), undefined, text);
      assert.notEqual(path(text.replace(/2$/, 'x')), undefined, text);
    }
  });

  test('are records in each style', () => {
    for (const [text, style, explode] of [['R=1&G=2&x=y', 'form', true], ['p=R,1,G,2', 'form', false], ['p[R]=1&p[G]=2&R=x', 'deepObject', true]] as const) {
      assert.equal(query(text, RECORD, { style, explode }), undefined, text);
      assert.notEqual(query(text.replace('2', 'x'), RECORD, { style, explode }), undefined, text);
    }
    for (const [text, style, explode] of [['R,1,G,2', 'simple', false], ['R=1,G=2', 'simple', true], ['.R,1,G,2', 'label', false], ['.R=1.G=2', 'label', true], [';p=R,1,G,2', 'matrix', false], [';R=1;G=2', 'matrix', true]] as const) {
      const path = (value: string) => parameter({ in: 'path', style, explode, schema: JSON.stringify(RECORD) }, { uriCaptures: new Map([['p', value]]) });
      assert.equal(path(text), undefined, text);
      assert.notEqual(path(text.replace('2', 'x')), undefined, text);
    }
  });

  test('in a form that cannot be read are refused', () => {
    for (const text of ['p=R,1,G', 'p=R,1,R,2', `p=${'a,1,'.repeat(2_000)}`]) assert.equal(query(text, RECORD, { style: 'form', explode: false }), 'failed to parse parameter value', text.slice(0, 20));
    assert.equal(query('p[R]=1&p[R]=2', RECORD, { style: 'deepObject' }), 'failed to parse parameter value');
    assert.equal(query('?p[R]=1', RECORD, { style: 'deepObject', required: true }), 'required parameter value not found', 'its name is ?p[R]');
    assert.equal(query('p[R]=1&p[__proto__]=2', RECORD, { style: 'deepObject' }), 'additional properties forbidden, found __proto__');
    assert.equal(parameter({ in: 'path', style: 'label', schema: JSON.stringify(LIST) }, { uriCaptures: new Map([['p', '1,2']]) }), 'failed to parse parameter value');
    assert.equal(parameter({ in: 'path', style: 'matrix', schema: JSON.stringify(LIST) }, { uriCaptures: new Map([['p', ';q=1']]) }), 'failed to parse parameter value');
  });
});

describe('bodies meant to keep a thread busy', () => {
  const bounded = (schema: unknown, text: string, limitMs = 1_500): string | undefined => {
    const run = pluginRun(instanceOf({ body_schema: JSON.stringify(schema) }));
    let message: string | undefined;
    const ms = cpuMsOf(() => void (message = run.head(pluginContext({ method: 'POST', ...withBody(text) }))?.message));
    assert.ok(ms < limitMs, `${ms} ms`);
    return message;
  };

  test('patterns take linear time, and what they cannot say is refused when it is written', () => {
    assert.equal(bounded({ pattern: '^(a+)+$' }, JSON.stringify(`${'a'.repeat(100_000)}!`)), 'must match pattern "^(a+)+$"');
    assert.equal(bounded({ patternProperties: { '^(x*)*y': false } }, JSON.stringify({ ['x'.repeat(50_000)]: 1 })), undefined);
    assert.match(problems({ body_schema: '{"pattern":"(?=a)b"}' })[0] ?? '', /^config.body_schema: not a schema of version draft7/);
  });

  test('formats take linear time', () => {
    for (const [format, text] of [['email', `a@${'a'.repeat(250_000)}`], ['email', `a@${'a-'.repeat(250_000)}`], ['email', `${'a.'.repeat(200_000)}@`], ['url', `http://${'a-'.repeat(200_000)} `], ['url', `http://${'a:'.repeat(200_000)} `], ['uri', `x:${'%41'.repeat(200_000)}%`], ['uri', `a://${':'.repeat(300_000)}@ `], ['uri-template', '{a'.repeat(200_000)], ['uri-reference', `${'/'.repeat(500_000)}\\`], ['byte', `${'A'.repeat(500_001)}`], ['date-time', `${'1'.repeat(300_000)}T`], ['duration', `P${'1'.repeat(300_000)}`], ['json-pointer', `${'/~'.repeat(200_000)}`], ['regex', '('.repeat(100_000)], ['hostname', 'a.'.repeat(200_000)], ['ipv6', ':'.repeat(200_000)], ['time', `00:00:00.${'1'.repeat(300_000)}x`], ['uuid', 'a'.repeat(300_000)], ['relative-json-pointer', `${'1'.repeat(300_000)}x`], ['json-pointer-uri-fragment', `#${'/'.repeat(300_000)}~`]] as const) {
      assert.equal(bounded({ format }, JSON.stringify(text), 500), `must match format "${format}"`, format);
    }
  });

  test('formats still take what is right', () => {
    for (const [format, right, wrong] of [['email', 'ann.o+x@mail.example', 'ann@localhost'], ['uri', 'https://a.example/x?y=%20#z', '/x'], ['uri-reference', '../x?y', 'a b'], ['uri-template', '/x/{id}{?q,r*}', '/x/{id'], ['url', 'https://a.example', 'mailto:a@b.c'], ['byte', 'aGk=', 'aGk'], ['byte', '', 'aGk=\n!!!'], ['date-time', '2026-11-22T04:00:00Z', '2026-13-22T04:00:00Z'], ['ipv4', '10.0.0.1', '10.0.0.256']] as const) {
      assert.deepEqual([bounded({ format }, JSON.stringify(right)), bounded({ format }, JSON.stringify(wrong))], [undefined, `must match format "${format}"`], format);
    }
    assert.equal(bounded({ format: 'no-such-format' }, '"x"'), undefined, 'as JSON Schema says');
  });

  test('uniqueItems takes linear time', () => {
    assert.equal(bounded({ uniqueItems: true }, JSON.stringify(Array.from({ length: 60_000 }, (_, n) => ({ a: n, b: n })))), undefined);
    assert.equal(bounded({ uniqueItems: true }, '[{"a":1,"b":2},{"b":2,"a":1}]'), 'must not have equal items');
    assert.equal(bounded({ uniqueItems: true }, '[1,"1",true,null,[1],["1"],{},[]]'), undefined);
  });

  test('enum takes linear time', () => {
    const codes = Array.from({ length: 8_000 }, (_, n) => `${n}`);
    assert.equal(bounded({ items: { enum: codes } }, JSON.stringify(Array.from({ length: 100_000 }, () => '7999'))), undefined);
    assert.equal(bounded({ items: { enum: codes } }, '["8000"]'), 'property "0" validation failed: must be equal to one of the allowed values');
    for (const [value, isIn] of [['1', true], ['"1"', false], ['{"b":[2],"a":1}', true], ['{"a":1}', false], ['null', true], ['-0', true], ['[]', false]] as const) assert.equal(bounded({ enum: [1, { a: 1, b: [2] }, null, 0] }, value) === undefined, isIn, value);
  });

  test('comparing on every level of a deep body is bounded', () => {
    const [fat, opening, closing] = [`"${'x'.repeat(900_000)}"`, '['.repeat(3_000), ',1]'.repeat(3_000)];
    const body = opening + fat + closing;
    assert.equal(bounded({ uniqueItems: true, items: { $ref: '#' } }, body), 'is too deep or too involved to be validated');
    assert.equal(bounded({ uniqueItems: true }, body), 'is too deep or too involved to be validated');
    assert.equal(bounded({ enum: [[]] }, body), 'is too deep or too involved to be validated');
    assert.equal(bounded({ enum: ['x'] }, body), 'must be equal to one of the allowed values');
    assert.equal(bounded({ uniqueItems: true, items: { $ref: '#' } }, `[[[[[${fat},1],2],3],4],5]`), undefined);
  });

  test('depth and references are bounded, wherever they come from', () => {
    const deep = `${'['.repeat(400_000)}${']'.repeat(400_000)}`;
    assert.equal(bounded({ items: { $ref: '#' } }, deep), 'is too deep or too involved to be validated');
    assert.equal(bounded({ uniqueItems: true, items: { uniqueItems: true } }, `[${deep},1]`), 'is too deep or too involved to be validated');
    const doubling = { definitions: Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`d${n}`, n === 39 ? { type: 'string' } : { anyOf: [{ $ref: `#/definitions/d${n + 1}` }, { $ref: `#/definitions/d${n + 1}` }] }])), $ref: '#/definitions/d0' };
    assert.equal(bounded(doubling, '1'), 'is too deep or too involved to be validated');
    const twice = { anyOf: [{ required: ['no'], properties: { a: { $ref: '#' } } }, { properties: { a: { $ref: '#' } }, required: ['nope'] }] };
    assert.notEqual(bounded(twice, `${'{"a":'.repeat(60)}1${'}'.repeat(60)}`), undefined);
  });
});

describe('the control plane', () => {
  test('wants a schema that compiles, of the version that is named', () => {
    assert.deepEqual(problems({ body_schema: '{"type":"object"}' }), []);
    assert.deepEqual(problems({}), ["@entity: at least one of these fields must be non-empty: 'config.body_schema', 'config.parameter_schema'"]);
    for (const [schema, version, why] of [
      ['{', 'draft7', /is not valid JSON/], ['1', 'draft7', /is not an object or list/], ['{"type":"objekt"}', 'draft4', /type/], ['{"minimum":"1"}', 'draft202012', /minimum/], ['{"$schema":"http://json-schema.org/draft-07/schema#"}', 'draft4', /'\$schema' names 'http:.*', which is not draft4: make version and \$schema the same/], ['{"minimum":"1"}', 'draft6', /minimum/], ['{"$ref":"https://evil.example/schema.json"}', 'draft7', /can't resolve reference/],
      ['{"$ref":"file:///etc/passwd"}', 'draft4', /can't resolve reference/], [`${'{"items":'.repeat(100)}{}${'}'.repeat(100)}`, 'draft7', /64 levels deep/], ['{"pattern":"("}', 'draft201909', /./], ['{"$async":true,"type":"object"}', 'draft7', /'\$async' is no keyword of JSON Schema: leave it out/], ['{"type":"object"}', 'kong', /is a list of fields/],
    ] as const) assert.match(problems({ body_schema: schema, version })[0] ?? '', why, schema.slice(0, 60));
  });

  test('says what a schema is too large for', () => {
    const anyOf = Array.from({ length: 3_500 }, (_, n) => ({ const: n }));
    assert.match(problems({ body_schema: JSON.stringify({ anyOf }) })[0] ?? '', /is too involved to be compiled: make its lists of alternatives, or its chains of references, shorter$/);
  });

  test('wants patterns that compile at once, together', () => {
    const properties = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`a${n}`, { pattern: `x${n}a{999}` }]));
    assert.deepEqual(problems({ body_schema: JSON.stringify({ properties: properties(20) }) }), []);
    assert.match(problems({ body_schema: JSON.stringify({ properties: properties(60) }) })[0] ?? '', /^config.body_schema: .*the patterns of a plugin may take 50000 steps/);
    const parameter_schema = Array.from({ length: 60 }, (_, n) => ({ in: 'query', name: `p${n}`, required: true, style: null, schema: `{"pattern":"x${n}a{999}"}`, explode: null }));
    assert.match(problems({ parameter_schema })[0] ?? '', /^config.parameter_schema.\d+: schema of 'p\d+': the patterns of a plugin may take 50000 steps/);
  });

  test('wants parameters that can be read', () => {
    const one = (more: object) => problems({ parameter_schema: [{ in: 'query', name: 'p', required: true, style: null, schema: null, explode: null, ...more }] });
    assert.deepEqual(one({}), []);
    assert.deepEqual(one({ style: 'deepObject', schema: '{"type":"object"}' }), []);
    assert.deepEqual(one({ in: 'header', style: 'form', schema: '{}' }), ["config.parameter_schema.1: style 'form' not supported 'header' parameter"]);
    assert.deepEqual(one({ style: 'form' }), ['config.parameter_schema.1: style needs a schema']);
    const many = (count: number, schema: string) => problems({ parameter_schema: Array.from({ length: count }, () => ({ in: 'query', name: 'p', required: true, style: null, schema, explode: null })) });
    assert.deepEqual(many(101, '{}'), ['config.parameter_schema: may have 100 parameters']);
    assert.deepEqual(many(90, `{"title":"${'x'.repeat(1_000)}"}`), ['config.parameter_schema: schemas of parameters may have 65536 characters together']);
    assert.match(one({ schema: '{"type":7}' })[0] ?? '', /^config.parameter_schema.1: schema of 'p': /);
  });

  test('never runs what a schema says', () => {
    const attack = { title: "';process.exit(1);//", $comment: '*/process.exit(1)/*', properties: { "a'];process.exit(1);//": { const: '`${process.exit(1)}`', default: '");process.exit(1);("' } }, required: ["\\'+process.exit(1)+'"] };
    assert.equal(body(attack, '{}'), 'property "\\\'+process.exit(1)+\'" is required');
  });
});
