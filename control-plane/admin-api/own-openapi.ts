/**
 * The OpenAPI paths of everything that is no entity, from the descriptions that the routes carry. Called by
 * start-admin-api.ts; openapi.ts adds the entities.
 */
import type { Field, JsonObject } from '../../shared/model/definition.ts';
import { configSchema } from '../../shared/model/json-schema.ts';
import { placeOf } from '../access/permission.ts';
import { errors } from './openapi-errors.ts';
import { METHODS, type Operation, type OperationDescription, type Route } from './route.ts';

/** Path items by path; routes without descriptions are left out. */
export function ownPaths(routes: readonly Route[]): JsonObject {
  return Object.fromEntries(
    routes.flatMap((route) => {
      const operations = METHODS.flatMap((method) => {
        const operation = route.operations[method];
        return operation?.description === undefined ? [] : [[method.toLowerCase(), describe(route, method, operation, operation.description)] as const];
      });
      return operations.length === 0 ? [] : [[route.path.replaceAll(/:([a-z]+)/g, '{$1}'), { ...pathFacts(route), ...Object.fromEntries(operations) }] as const];
    }),
  );
}

function pathFacts(route: Route): JsonObject {
  const names = [...route.path.matchAll(/:([a-z]+)/g)].map((match) => match[1] ?? '');
  const parameters = names.map((name) => ({ name, in: 'path', required: true, description: PARAMETERS[name] ?? 'Its id or name.', schema: { type: 'string' } }));
  return {
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.inGateway ? {} : { servers: [{ url: '/', description: 'Of the tenant, not of a gateway.' }] }),
  };
}

const PARAMETERS: Readonly<Record<string, string>> = {
  version: 'Epoch and sequence: `1.42`.',
  entity: 'Kind of entity: `services`.',
  name: 'Name of the plugin.',
  tag: 'The tag.',
  plugin: 'Its id.',
  key: 'As X-Cache-Key says it.',
  request: 'Its X-Kong-Request-Id: 32 hex digits.',
};

function describe(route: Route, method: string, operation: Operation<never>, description: OperationDescription): JsonObject {
  const { summary, query, body, bodySchema, bodyExample, success = 200, mediaType = 'application/json' } = description;
  const hasBody = method === 'POST' || method === 'PUT' || method === 'PATCH';
  const needs = placeOf(operation.permission.on) === 'installation' ? ' (installation admins only)' : '';
  return {
    operationId: operationId(route.path, method),
    tags: [route.path.startsWith('/v1/') ? 'holdfast' : 'information'],
    summary: summary + needs,
    ...(query === undefined ? {} : { parameters: query.map((parameter) => ({ ...parameter, in: 'query', schema: { type: 'string' } })) }),
    ...(body === undefined ? {} : { requestBody: requestBody(body) }),
    ...(bodySchema === undefined ? {} : { requestBody: { required: true, content: { 'application/json': { schema: bodySchema, ...(bodyExample === undefined ? {} : { examples: { example: { value: bodyExample } } }) } } } }),
    responses: { [success]: answer(success, mediaType), ...errors(...(hasBody ? ([400, 401, 403, 404, 409, 412, 413, 415, 423] as const) : ([400, 401, 403, 404] as const))) },
  };
}

function answer(status: number, mediaType: string): JsonObject {
  if (status === 204) return { description: 'Done, or there was nothing to do.' };
  return { description: status === 201 ? 'Created.' : 'The answer.', content: { [mediaType]: { schema: { type: mediaType === 'application/json' ? 'object' : 'string' } } } };
}

function requestBody(fields: readonly Field[]): JsonObject {
  const content = { schema: configSchema(fields) };
  return { required: fields.some((field) => field.required === true), content: { 'application/json': content, 'application/x-www-form-urlencoded': content, 'multipart/form-data': content } };
}

/** `GET /v1/data-planes/:id` is `getV1DataPlanesId`. */
function operationId(path: string, method: string): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}
