/**
 * Several files as one content: lists one after the other, what stands in only one of them as it is, and what two of them say
 * differently refused. Knows for every place in the content the file, line and column it came from. Used by the commands `holdfast
 * gateway …`.
 */
import { canonicalJson } from '../../shared/model/canonical-json.ts';
import type { JsonObject, JsonValue } from '../../shared/model/definition.ts';
import { isJsonObject } from '../../shared/model/entity-checks.ts';
import { ContentFile, type FileProblem, type FileText } from './content-file.ts';
import { takeContent } from './content-door.ts';
import { ContentProblems } from './content-problem.ts';
import type { Environment } from './file-environment.ts';
import { showPath, type ContentPath } from './file-layout.ts';

export interface MergedContent {
  readonly content: JsonObject;
  readonly problems: readonly FileProblem[];
  /** A problem of the content as one of a file. */
  readonly locate: (path: ContentPath, message: string) => FileProblem;
}

interface Part {
  readonly file: ContentFile;
  readonly content: JsonObject;
}

/** What a list of the content is made of: so many items of each file. */
interface Stretch {
  readonly file: ContentFile;
  readonly start: number;
  readonly count: number;
}

export function mergeFiles(texts: readonly FileText[], environment: Environment): MergedContent {
  const files = texts.map((text) => new ContentFile(text, environment));
  const problems: FileProblem[] = files.flatMap((file) => file.problems);
  const parts = files.filter((file) => file.problems.length === 0).flatMap((file): readonly Part[] => {
    const found = new ContentProblems();
    const content = takeContent(file.value, file.source.text.length, found);
    for (const { path, message } of found.list) problems.push(locateIn(file, path, message));
    return content === undefined ? [] : [{ file, content }];
  });
  const merging = new Merging(problems);
  for (const part of parts) merging.add(part);
  return { content: merging.content, problems, locate: (path, message) => merging.locate(path, message, files[0]) };
}

class Merging {
  content: JsonObject = {};
  readonly #problems: FileProblem[];
  readonly #stretches = new Map<string, Stretch[]>();
  /** Who said it, by the path of what is no list. */
  readonly #origins = new Map<string, ContentFile>();

  constructor(problems: FileProblem[]) {
    this.#problems = problems;
  }

  add({ file, content }: Part): void {
    this.content = this.#merge(file, this.content, content, []);
  }

  locate(path: ContentPath, message: string, fallback: ContentFile | undefined): FileProblem {
    const at = path.findIndex((step) => typeof step === 'number');
    const list = this.#stretches.get(showPath(path.slice(0, at === -1 ? path.length : at)));
    const index = path[at];
    const stretch = typeof index === 'number' ? list?.find(({ start, count }) => index >= start && index < start + count) : list?.[0];
    if (stretch !== undefined) return locateIn(stretch.file, typeof index === 'number' ? [...path.slice(0, at), index - stretch.start, ...path.slice(at + 1)] : path, message);
    for (let length = path.length; length > 0; length -= 1) {
      const file = this.#origins.get(showPath(path.slice(0, length)));
      if (file !== undefined) return locateIn(file, path, message);
    }
    return fallback === undefined ? { file: { name: 'the content', text: '' }, line: undefined, column: undefined, message } : locateIn(fallback, path, message);
  }

  #merge(file: ContentFile, below: JsonObject, above: JsonObject, path: ContentPath): JsonObject {
    const merged: Record<string, JsonValue> = { ...below };
    for (const [name, value] of Object.entries(above)) {
      const at = [...path, name];
      const before = below[name] ?? null;
      if (Array.isArray(value) && (before === null || Array.isArray(before))) merged[name] = this.#append(file, before ?? [], value, at);
      else if (isJsonObject(value) && (before === null || isJsonObject(before)) && depthOf(name, path) > 0) merged[name] = this.#merge(file, before ?? {}, value, at);
      else if (before === null || canonicalJson(before) === canonicalJson(value) || name === '_comment') merged[name] = value;
      else this.#problems.push(locateIn(file, at, `${showPath(at)} is ${JSON.stringify(before).slice(0, 80)} in ${this.#origins.get(showPath(at))?.source.name ?? 'another file'}: files that are merged must say the same`));
      if (!this.#origins.has(showPath(at))) this.#origins.set(showPath(at), file);
    }
    return merged;
  }

  #append(file: ContentFile, before: JsonValue, items: JsonValue, at: ContentPath): JsonValue {
    const [first, more]: readonly [readonly JsonValue[], readonly JsonValue[]] = [Array.isArray(before) ? before : [], Array.isArray(items) ? items : []];
    // Texts are a set (select tags); entities are told apart by the control plane.
    const added = more.filter((item) => typeof item !== 'string' || !first.includes(item));
    this.#stretches.set(showPath(at), [...(this.#stretches.get(showPath(at)) ?? []), { file, start: first.length, count: added.length }]);
    return [...first, ...added];
  }
}

/** `_info` is put together as a whole; a shared config or the defaults of a kind are said by one file. */
function depthOf(name: string, path: ContentPath): number {
  return path.length === 0 || (path.length === 1 && path[0] === '_info' && (name === 'defaults' || name === 'default_lookup_tags')) ? 1 : 0;
}

function locateIn(file: ContentFile, path: ContentPath, message: string): FileProblem {
  const place = file.placeOf(path);
  return { file: file.source, line: place?.line, column: place?.column, message };
}
