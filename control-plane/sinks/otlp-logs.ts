/**
 * Access records as OTLP log records, with the trace of the request where it has one, named as the opentelemetry plugin names them
 * (shared/plugins/opentelemetry). Used by otlp-sink.ts.
 */
import type { RecordSinkRow } from '../store/sink-store.ts';
import { delimited, fixed32, varint, writeAttributes, writeTime, type Attribute, type OtlpWriter } from '../../shared/wire/otlp-writer.ts';

const SEVERITY = { info: [9, 'INFO'], warn: [13, 'WARN'], error: [17, 'ERROR'] } as const;

export function writeRecord(writer: OtlpWriter, { record, receivedAt }: RecordSinkRow): void {
  const { status, startedMicros, traceId } = record;
  const [severity, severityText] = SEVERITY[status >= 500 ? 'error' : status >= 400 || status === 0 ? 'warn' : 'info'];
  writer.uint32(delimited(2)).fork();
  writeTime(writer, 1, startedMicros);
  writeTime(writer, 11, receivedAt.getTime() * 1_000);
  writer.uint32(varint(2)).int32(severity).uint32(delimited(3)).string(severityText);
  writer.uint32(delimited(5)).fork().uint32(delimited(1)).string(`${record.method} ${record.path} ${status}`).ldelim();
  writeAttributes(writer, 6, attributesOf(record));
  if (traceId !== '') writer.uint32(fixed32(8)).fixed32(0).uint32(delimited(9)).bytes(Buffer.from(traceId, 'hex'));
  writer.uint32(delimited(12)).string('http.server.request').ldelim();
}

function attributesOf(record: RecordSinkRow['record']): readonly Attribute[] {
  const texts: readonly Attribute[] = [
    ['http.request.method', record.method], ['url.scheme', record.scheme], ['url.path', record.path], ['url.query', record.query], ['server.address', record.host],
    ['network.protocol.version', record.httpVersion], ['tls.protocol.version', record.tlsVersion], ['tls.cipher', record.tlsCipher], ['client.address', record.clientAddress], ['user_agent.original', record.userAgent],
    ['error.type', record.status === 0 && record.errorCode === '' ? 'client_gone' : record.errorCode], ['holdfast.request_id', record.requestId], ['holdfast.reason', record.reason],
    ['holdfast.route.id', record.routeId], ['holdfast.service.id', record.serviceId], ['holdfast.consumer.id', record.consumerId], ['holdfast.target', record.target],
    ['holdfast.config_version', `${record.version.epoch}.${record.version.sequence}`], ['holdfast.generated', record.generated ? 'true' : ''],
  ];
  const numbers: readonly Attribute[] = [
    ...(record.status === 0 ? [] : [['http.response.status_code', record.status] as const]),
    ['http.request.resend_count', record.retries], ['holdfast.duration_us', record.totalMicros], ['holdfast.upstream_us', record.upstreamMicros], ['holdfast.gateway_us', record.gatewayMicros],
    ['holdfast.bytes_in', record.bytesIn], ['holdfast.bytes_out', record.bytesOut],
  ];
  const headers = [...record.headers].map(([name, value]): Attribute => [`http.${name.replace('.', '.header.')}`, value]);
  return [...texts.filter(([, value]) => value !== ''), ...numbers, ...headers];
}
