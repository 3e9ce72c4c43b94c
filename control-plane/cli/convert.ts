/**
 * `holdfast convert`: turns a file of one tool into one of another, on this machine alone. What could not be said goes to the error
 * stream, each once; with --strict it fails the command.
 */
import { readFileSync } from 'node:fs';
import { LineCounter, parseAllDocuments, stringify } from 'yaml';
import { describeThrown, HoldfastError } from '../../shared/errors.ts';
import type { JsonObject } from '../../shared/model/definition.ts';
import { defineSettings, type Settings } from '../../shared/settings.ts';
import { KONG_YAML } from '../declarative/content-door.ts';
import type { Converted } from '../convert/convert-result.ts';
import { toNewestFormat } from '../convert/flat-content.ts';
import { openApiToContent } from '../convert/openapi-to-content.ts';
import { toKubernetes } from '../convert/to-kubernetes.ts';
import { toTerraform } from '../convert/to-terraform.ts';
import { command, type Output } from './command.ts';
import { writePrivateFile } from './private-file.ts';
import { terminalLine } from './terminal-text.ts';

const convertSettings = defineSettings({
  from: { env: 'HOLDFAST_CONVERT_FROM', flag: '--from', type: 'enum', values: ['auto', 'openapi', 'kong'], default: 'auto', description: 'What the file is: OpenAPI 3.0 or 3.1, or a declarative file of Kong (DB-less or decK); auto tells them apart' },
  to: { env: 'HOLDFAST_CONVERT_TO', flag: '--to', type: 'enum', values: ['deck', 'kubernetes', 'terraform'], default: 'deck', description: 'What to make: a declarative file of format 3.0 (for holdfast gateway sync), Kubernetes Gateway API resources, or Terraform JSON' },
  outputFile: { env: 'HOLDFAST_CONVERT_OUTPUT_FILE', flag: '--output-file', type: 'path', description: 'File to write; without it, to the standard output' },
  tags: { env: 'HOLDFAST_CONVERT_TAGS', flag: '--tags', type: 'list', default: [], description: 'Tags of every entity made from OpenAPI' },
  validators: { env: 'HOLDFAST_CONVERT_VALIDATORS', flag: '--validators', type: 'boolean', default: false, description: 'A request-validator plugin for every operation that describes parameters or a JSON body' },
  namespace: { env: 'HOLDFAST_CONVERT_NAMESPACE', flag: '--namespace', type: 'string', description: 'Namespace of Kubernetes resources' },
  gatewayName: { env: 'HOLDFAST_CONVERT_GATEWAY_NAME', flag: '--gateway-name', type: 'string', default: 'holdfast', description: 'Name of the Kubernetes Gateway' },
  gatewayClass: { env: 'HOLDFAST_CONVERT_GATEWAY_CLASS', flag: '--gateway-class', type: 'string', default: 'holdfast', description: 'GatewayClass of the Kubernetes Gateway' },
  strict: { env: 'HOLDFAST_CONVERT_STRICT', flag: '--strict', type: 'boolean', default: false, description: 'Exit with 2 where something could not be said' },
});

type ConvertSettings = Settings<typeof convertSettings>;

export const CONVERT_COMMAND = command({
  name: 'convert', about: 'turn OpenAPI or a Kong file into a declarative file, Kubernetes or Terraform', settings: convertSettings, run: (settings, output, words) => Promise.resolve(convert(settings, output, words)),
  usage: 'convert FILE [--to deck|kubernetes|terraform] [settings]', words: { least: 1, most: 1, areFiles: true },
  summary: 'Converts a file on this machine; no control plane is asked. What the result can not say is told line by line on the error stream. Exit codes: 0 converted; 1 the file is wrong; 2 something could not be said and --strict is on.',
});

function convert(settings: ConvertSettings, output: Output, [path = '']: readonly string[]): number | undefined {
  const { text, warnings } = convertText(readText(path), path, settings);
  if (settings.outputFile === undefined) output.out(text.replace(/\n$/, ''));
  else writeText(settings.outputFile, text);
  for (const warning of new Set(warnings)) output.err(terminalLine(`not the same: ${warning}`));
  return settings.strict && warnings.length > 0 ? 2 : undefined;
}

function convertText(text: string, path: string, settings: ConvertSettings): { readonly text: string; readonly warnings: readonly string[] } {
  const given = parseFile(text, path);
  const isOpenApi = settings.from === 'openapi' || (settings.from === 'auto' && (given['openapi'] !== undefined || given['swagger'] !== undefined));
  const { value: content, warnings }: Converted<JsonObject> = isOpenApi ? openApiToContent(given, settings) : { value: toNewestFormat(given), warnings: [] };
  if (settings.to === 'deck') return { text: stringify(content, { lineWidth: 0 }), warnings };
  if (settings.to === 'terraform') {
    const made = toTerraform(content);
    return { text: `${JSON.stringify(made.value, null, 2)}\n`, warnings: [...warnings, ...made.warnings] };
  }
  const made = toKubernetes(content, settings);
  return { text: made.value.map((resource) => stringify(resource, { lineWidth: 0 })).join('---\n'), warnings: [...warnings, ...made.warnings] };
}

function parseFile(text: string, path: string): JsonObject {
  const lines = new LineCounter();
  const [document, more] = parseAllDocuments(text, { lineCounter: lines, strict: true, ...KONG_YAML });
  const refuse = (what: string, offset: number): HoldfastError => {
    const { line, col } = lines.linePos(offset);
    return new HoldfastError({ code: 'CONVERT_FILE_UNREADABLE', source: 'gateway', publicMessage: `${path}:${line}:${col}: ${what}\n  ${text.split('\n')[line - 1] ?? ''}` });
  };
  if (document === undefined || !('errors' in document)) throw refuse('the file is empty', 0);
  const [error] = document.errors;
  if (error !== undefined) throw refuse((error.message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:$/, ''), error.pos[0]);
  if (more !== undefined) throw refuse('a second document begins here: convert one at a time', more.range[0]);
  const value: unknown = document.toJS({ maxAliasCount: 100 });
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse('expected an object', 0);
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    throw new HoldfastError({ code: 'CONVERT_FILE_UNREADABLE', source: 'gateway', publicMessage: `${path} can not be read: ${describeThrown(thrown)}` });
  }
}

function writeText(path: string, text: string): void {
  try {
    // Keys of certificates come along.
    writePrivateFile(path, text);
  } catch (thrown) {
    throw new HoldfastError({ code: 'CONVERT_FILE_UNWRITABLE', source: 'gateway', publicMessage: `${path} can not be written: ${describeThrown(thrown)}` });
  }
}
