/**
 * Sends a content to `POST /v1/gateways/{g}/declarative` and brings back the plan, or what is wrong as places in files. Used by
 * declarative.ts and watch.ts.
 */
import { HoldfastError } from '../../shared/errors.ts';
import type { JsonObject } from '../../shared/model/definition.ts';
import { isJsonObject } from '../../shared/model/entity-checks.ts';
import { showFileProblem, type FileProblem, type FileText } from '../declarative/content-file.ts';
import type { Environment } from '../declarative/file-environment.ts';
import type { ContentPath } from '../declarative/file-layout.ts';
import { mergeFiles, type MergedContent } from '../declarative/merge-files.ts';
import { listOf, recordOf, recordsOf, type Told } from './admin-answer.ts';
import { AdminRefusal, post, type AdminAccess } from './admin-client.ts';
import { terminalLine } from './terminal-text.ts';

/** Of tens of thousands of entities. */
export const CONTENT_TIMEOUT_MS = 120_000;
/** Of problems that are shown; the number of the others is told. */
const MOST_SHOWN = 20;

export interface PlanRequest {
  readonly mode: 'sync' | 'apply';
  readonly dryRun: boolean;
  readonly ifVersion?: string;
}

export interface PlanTarget extends AdminAccess {
  readonly gateway: string;
  readonly selectTags: readonly string[];
  readonly skipConsumers: boolean;
}

/** Throws CLI_CONTENT_INVALID with every problem's place, CLI_CONTENT_TOO_LARGE, and as post does. */
export async function sendContent(target: PlanTarget, merged: MergedContent, { mode, dryRun, ifVersion }: PlanRequest): Promise<Told> {
  const content = JSON.stringify(merged.content);
  try {
    return await post(target, `/v1/gateways/${encodeURIComponent(target.gateway)}/declarative`, {
      mode, dry_run: dryRun, content, skip_consumers: target.skipConsumers,
      ...(target.selectTags.length === 0 ? {} : { select_tags: target.selectTags }), ...(ifVersion === undefined ? {} : { if_version: ifVersion }),
    }, CONTENT_TIMEOUT_MS);
  } catch (thrown) {
    if (!(thrown instanceof AdminRefusal)) throw thrown;
    if (thrown.status === 413) throw tooLarge(Buffer.byteLength(content), thrown);
    const problems = recordsOf(thrown.answer['problems']);
    if (thrown.status !== 400 || problems.length === 0) throw thrown;
    throw contentInvalid(problems.map((problem) => locateBoth(merged, pathOf(problem['path']), describe(problem), problem['other_path'] === undefined ? undefined : pathOf(problem['other_path']))));
  }
}

/** Throws CLI_CONTENT_INVALID. */
export function mergeOrThrow(texts: readonly FileText[], environment: Environment): MergedContent {
  const merged = mergeFiles(texts, environment);
  if (merged.problems.length > 0) throw contentInvalid(merged.problems);
  return merged;
}

/** The gateway that files name, as decK's name a workspace or a control plane of Konnect. */
export function gatewayOf({ _workspace: workspace, _konnect: konnect }: JsonObject): string | undefined {
  if (typeof workspace === 'string') return workspace;
  const name = isJsonObject(konnect) ? konnect['control_plane_name'] : undefined;
  return typeof name === 'string' ? name : undefined;
}

export function contentInvalid(problems: readonly FileProblem[]): HoldfastError {
  const shown = problems.slice(0, MOST_SHOWN).flatMap((problem) => showFileProblem(problem).map(terminalLine));
  const more = problems.length > MOST_SHOWN ? [`… and ${problems.length - MOST_SHOWN} more`] : [];
  return new HoldfastError({ code: 'CLI_CONTENT_INVALID', source: 'gateway', publicMessage: ['nothing was changed, because of what is in the files:', ...shown, ...more].join('\n') });
}

function tooLarge(bytes: number, cause: unknown): HoldfastError {
  return new HoldfastError({
    code: 'CLI_CONTENT_TOO_LARGE', source: 'gateway', cause,
    publicMessage: `the files make ${bytes} bytes, more than the control plane takes at once: set HOLDFAST_MAX_ADMIN_BODY_BYTES there to ${Math.ceil((bytes * 1.5) / 1_048_576)} MiB or more (${Math.ceil((bytes * 1.5) / 1_048_576) * 1_048_576}), or divide them by --select-tag`,
  });
}

/** Where it is, and where the other is that it is about: mostly in another file. */
export function locateBoth(merged: MergedContent, path: ContentPath, message: string, other: ContentPath | undefined): FileProblem {
  const found = other === undefined ? undefined : merged.locate(other, '');
  const where = found?.line === undefined ? '' : ` (the other: ${found.file.name}:${found.line}:${found.column ?? 1})`;
  return merged.locate(path, `${message}${where}`);
}

function pathOf(path: unknown): ContentPath {
  return listOf(path).filter((step): step is string | number => typeof step === 'string' || typeof step === 'number');
}

/** `service "books": host: required field missing`. */
function describe(problem: Told): string {
  const { kind, name, field, message } = recordOf(problem);
  const who = typeof kind !== 'string' ? '' : typeof name === 'string' ? `${kind} ${JSON.stringify(name)}: ` : `${kind}: `;
  const where = typeof field === 'string' && field !== '' && field !== '@entity' ? `${field}: ` : '';
  return `${who}${where}${String(message)}`;
}
