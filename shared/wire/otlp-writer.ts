/**
 * The parts of OTLP messages (opentelemetry/proto, versions 1.x) that metrics and logs of the sink share: attributes, times, and what
 * stands around them. Used by control-plane/sinks.
 */
import protobuf from 'protobufjs/minimal.js';

export type Attribute = readonly [key: string, value: string | number];
export type OtlpWriter = protobuf.Writer;

/** Tag of a field: its number and how it is written. */
export const varint = (field: number): number => field << 3;
export const fixed64 = (field: number): number => (field << 3) | 1;
export const delimited = (field: number): number => (field << 3) | 2;
export const fixed32 = (field: number): number => (field << 3) | 5;

/** One resource with one scope and its metrics, or log records. */
export interface OtlpGroup {
  readonly resource: readonly Attribute[];
  readonly write: (writer: OtlpWriter) => Promise<void>;
}

/** ExportMetricsServiceRequest or ExportLogsServiceRequest, which are alike this far. */
export async function encodeRequest(groups: Iterable<OtlpGroup>, scopeVersion: string): Promise<Uint8Array> {
  const writer = protobuf.Writer.create();
  for (const { resource, write } of groups) {
    writer.uint32(delimited(1)).fork();
    writer.uint32(delimited(1)).fork();
    writeAttributes(writer, 1, resource);
    writer.ldelim();
    writer.uint32(delimited(2)).fork();
    writer.uint32(delimited(1)).fork().uint32(delimited(1)).string('holdfast').uint32(delimited(2)).string(scopeVersion).ldelim();
    await write(writer);
    writer.ldelim();
    writer.ldelim();
  }
  return writer.finish();
}

export function writeAttributes(writer: OtlpWriter, field: number, attributes: readonly Attribute[]): void {
  for (const [key, value] of attributes) {
    writer.uint32(delimited(field)).fork().uint32(delimited(1)).string(key).uint32(delimited(2)).fork();
    if (typeof value === 'string') writer.uint32(delimited(1)).string(value);
    else writer.uint32(varint(3)).int64(value);
    writer.ldelim().ldelim();
  }
}

/** A fixed64 of nanoseconds since the epoch. */
export function writeTime(writer: OtlpWriter, field: number, micros: number): void {
  const nanos = BigInt(micros) * 1_000n;
  writer.uint32(fixed64(field)).fixed32(Number(nanos & 0xffff_ffffn)).fixed32(Number(nanos >> 32n));
}
