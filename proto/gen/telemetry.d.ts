import * as $protobuf from "./runtime.js";

/** Namespace holdfast. */
export namespace holdfast {

    /** Namespace telemetry. */
    namespace telemetry {

        /** Namespace v1. */
        namespace v1 {

            /**
             * Properties of a Batch.
             * @deprecated Use holdfast.telemetry.v1.Batch.$Properties instead.
             */
            interface IBatch extends holdfast.telemetry.v1.Batch.$Properties {
            }

            /** Represents a Batch. */
            class Batch {

                /**
                 * Constructs a new Batch.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.telemetry.v1.Batch.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Batch fromMs. */
                fromMs: number;

                /** Batch toMs. */
                toMs: number;

                /** Batch usage. */
                usage: holdfast.telemetry.v1.UsageRow.$Properties[];

                /** Batch drops. */
                drops: holdfast.telemetry.v1.Drop.$Properties[];

                /** Batch crashGaps. */
                crashGaps: holdfast.telemetry.v1.CrashGap.$Properties[];

                /** Batch epoch. */
                epoch: number;

                /** Batch sequence. */
                sequence: number;

                /** Batch versions. */
                versions: holdfast.telemetry.v1.VersionRow.$Properties[];

                /** Batch targets. */
                targets: holdfast.telemetry.v1.TargetRow.$Properties[];

                /** Batch routeVersions. */
                routeVersions: holdfast.telemetry.v1.RouteVersionRow.$Properties[];

                /** Batch overflow. */
                overflow?: (holdfast.telemetry.v1.Latencies.$Properties|null);

                /** Batch vitals. */
                vitals?: (holdfast.telemetry.v1.Vitals.$Properties|null);

                /**
                 * Encodes the specified Batch message. Does not implicitly {@link holdfast.telemetry.v1.Batch.verify|verify} messages.
                 * @param message Batch message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.telemetry.v1.Batch.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Batch message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.telemetry.v1.Batch & holdfast.telemetry.v1.Batch.$Shape} Batch
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.telemetry.v1.Batch & holdfast.telemetry.v1.Batch.$Shape;
            }

            namespace Batch {

                /** Properties of a Batch. */
                interface $Properties {

                    /** Batch fromMs */
                    fromMs?: (number|null);

                    /** Batch toMs */
                    toMs?: (number|null);

                    /** Batch usage */
                    usage?: (holdfast.telemetry.v1.UsageRow.$Properties[]|null);

                    /** Batch drops */
                    drops?: (holdfast.telemetry.v1.Drop.$Properties[]|null);

                    /** Batch crashGaps */
                    crashGaps?: (holdfast.telemetry.v1.CrashGap.$Properties[]|null);

                    /** Batch epoch */
                    epoch?: (number|null);

                    /** Batch sequence */
                    sequence?: (number|null);

                    /** Batch versions */
                    versions?: (holdfast.telemetry.v1.VersionRow.$Properties[]|null);

                    /** Batch targets */
                    targets?: (holdfast.telemetry.v1.TargetRow.$Properties[]|null);

                    /** Batch routeVersions */
                    routeVersions?: (holdfast.telemetry.v1.RouteVersionRow.$Properties[]|null);

                    /** Batch overflow */
                    overflow?: (holdfast.telemetry.v1.Latencies.$Properties|null);

                    /** Batch vitals */
                    vitals?: (holdfast.telemetry.v1.Vitals.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Batch. */
                type $Shape = holdfast.telemetry.v1.Batch.$Properties;
            }

            /**
             * Properties of a Latencies.
             * @deprecated Use holdfast.telemetry.v1.Latencies.$Properties instead.
             */
            interface ILatencies extends holdfast.telemetry.v1.Latencies.$Properties {
            }

            /** Represents a Latencies. */
            class Latencies {

                /**
                 * Constructs a new Latencies.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.telemetry.v1.Latencies.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Latencies request. */
                request: Uint8Array;

                /** Latencies upstream. */
                upstream: Uint8Array;

                /** Latencies gateway. */
                gateway: Uint8Array;

                /**
                 * Encodes the specified Latencies message. Does not implicitly {@link holdfast.telemetry.v1.Latencies.verify|verify} messages.
                 * @param message Latencies message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.telemetry.v1.Latencies.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Latencies message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.telemetry.v1.Latencies & holdfast.telemetry.v1.Latencies.$Shape} Latencies
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.telemetry.v1.Latencies & holdfast.telemetry.v1.Latencies.$Shape;
            }

            namespace Latencies {

                /** Properties of a Latencies. */
                interface $Properties {

                    /** Latencies request */
                    request?: (Uint8Array|null);

                    /** Latencies upstream */
                    upstream?: (Uint8Array|null);

                    /** Latencies gateway */
                    gateway?: (Uint8Array|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Latencies. */
                type $Shape = holdfast.telemetry.v1.Latencies.$Properties;
            }

            /**
             * Properties of a TargetRow.
             * @deprecated Use holdfast.telemetry.v1.TargetRow.$Properties instead.
             */
            interface ITargetRow extends holdfast.telemetry.v1.TargetRow.$Properties {
            }

            /** Represents a TargetRow. */
            class TargetRow {

                /**
                 * Constructs a new TargetRow.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.telemetry.v1.TargetRow.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** TargetRow upstream. */
                upstream: string;

                /** TargetRow target. */
                target: string;

                /** TargetRow address. */
                address: string;

                /** TargetRow attempts. */
                attempts: number;

                /** TargetRow failed. */
                failed: number;

                /** TargetRow status_5xx. */
                status_5xx: number;

                /** TargetRow latency. */
                latency: Uint8Array;

                /**
                 * Encodes the specified TargetRow message. Does not implicitly {@link holdfast.telemetry.v1.TargetRow.verify|verify} messages.
                 * @param message TargetRow message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.telemetry.v1.TargetRow.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a TargetRow message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.telemetry.v1.TargetRow & holdfast.telemetry.v1.TargetRow.$Shape} TargetRow
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.telemetry.v1.TargetRow & holdfast.telemetry.v1.TargetRow.$Shape;
            }

            namespace TargetRow {

                /** Properties of a TargetRow. */
                interface $Properties {

                    /** TargetRow upstream */
                    upstream?: (string|null);

                    /** TargetRow target */
                    target?: (string|null);

                    /** TargetRow address */
                    address?: (string|null);

                    /** TargetRow attempts */
                    attempts?: (number|null);

                    /** TargetRow failed */
                    failed?: (number|null);

                    /** TargetRow status_5xx */
                    status_5xx?: (number|null);

                    /** TargetRow latency */
                    latency?: (Uint8Array|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a TargetRow. */
                type $Shape = holdfast.telemetry.v1.TargetRow.$Properties;
            }

            /**
             * Properties of a RouteVersionRow.
             * @deprecated Use holdfast.telemetry.v1.RouteVersionRow.$Properties instead.
             */
            interface IRouteVersionRow extends holdfast.telemetry.v1.RouteVersionRow.$Properties {
            }

            /** Represents a RouteVersionRow. */
            class RouteVersionRow {

                /**
                 * Constructs a new RouteVersionRow.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.telemetry.v1.RouteVersionRow.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** RouteVersionRow routeId. */
                routeId: Uint8Array;

                /** RouteVersionRow epoch. */
                epoch: number;

                /** RouteVersionRow sequence. */
                sequence: number;

                /** RouteVersionRow failed. */
                failed: number;

                /** RouteVersionRow failedHere. */
                failedHere: number;

                /**
                 * Encodes the specified RouteVersionRow message. Does not implicitly {@link holdfast.telemetry.v1.RouteVersionRow.verify|verify} messages.
                 * @param message RouteVersionRow message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.telemetry.v1.RouteVersionRow.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a RouteVersionRow message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.telemetry.v1.RouteVersionRow & holdfast.telemetry.v1.RouteVersionRow.$Shape} RouteVersionRow
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.telemetry.v1.RouteVersionRow & holdfast.telemetry.v1.RouteVersionRow.$Shape;
            }

            namespace RouteVersionRow {

                /** Properties of a RouteVersionRow. */
                interface $Properties {

                    /** RouteVersionRow routeId */
                    routeId?: (Uint8Array|null);

                    /** RouteVersionRow epoch */
                    epoch?: (number|null);

                    /** RouteVersionRow sequence */
                    sequence?: (number|null);

                    /** RouteVersionRow failed */
                    failed?: (number|null);

                    /** RouteVersionRow failedHere */
                    failedHere?: (number|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a RouteVersionRow. */
                type $Shape = holdfast.telemetry.v1.RouteVersionRow.$Properties;
            }

            /**
             * Properties of a Vitals.
             * @deprecated Use holdfast.telemetry.v1.Vitals.$Properties instead.
             */
            interface IVitals extends holdfast.telemetry.v1.Vitals.$Properties {
            }

            /** Represents a Vitals. */
            class Vitals {

                /**
                 * Constructs a new Vitals.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.telemetry.v1.Vitals.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Vitals atMs. */
                atMs: number;

                /** Vitals spoolBytes. */
                spoolBytes: number;

                /** Vitals spoolMaxBytes. */
                spoolMaxBytes: number;

                /** Vitals recordSpoolBytes. */
                recordSpoolBytes: number;

                /** Vitals recordSpoolMaxBytes. */
                recordSpoolMaxBytes: number;

                /** Vitals headAgeMs. */
                headAgeMs?: (number|null);

                /** Vitals stale. */
                stale: boolean;

                /** Vitals certificateValidToMs. */
                certificateValidToMs: number;

                /** Vitals residentBytes. */
                residentBytes: number;

                /** Vitals heapBytes. */
                heapBytes: number;

                /** Vitals loopDelayUs. */
                loopDelayUs: number;

                /** Vitals openFiles. */
                openFiles: number;

                /** Vitals cpuMs. */
                cpuMs: number;

                /** Vitals threads. */
                threads: number;

                /** Vitals connections. */
                connections: number;

                /** Vitals droppedRecords. */
                droppedRecords: number;

                /**
                 * Encodes the specified Vitals message. Does not implicitly {@link holdfast.telemetry.v1.Vitals.verify|verify} messages.
                 * @param message Vitals message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.telemetry.v1.Vitals.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Vitals message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.telemetry.v1.Vitals & holdfast.telemetry.v1.Vitals.$Shape} Vitals
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.telemetry.v1.Vitals & holdfast.telemetry.v1.Vitals.$Shape;
            }

            namespace Vitals {

                /** Properties of a Vitals. */
                interface $Properties {

                    /** Vitals atMs */
                    atMs?: (number|null);

                    /** Vitals spoolBytes */
                    spoolBytes?: (number|null);

                    /** Vitals spoolMaxBytes */
                    spoolMaxBytes?: (number|null);

                    /** Vitals recordSpoolBytes */
                    recordSpoolBytes?: (number|null);

                    /** Vitals recordSpoolMaxBytes */
                    recordSpoolMaxBytes?: (number|null);

                    /** Vitals headAgeMs */
                    headAgeMs?: (number|null);

                    /** Vitals stale */
                    stale?: (boolean|null);

                    /** Vitals certificateValidToMs */
                    certificateValidToMs?: (number|null);

                    /** Vitals residentBytes */
                    residentBytes?: (number|null);

                    /** Vitals heapBytes */
                    heapBytes?: (number|null);

                    /** Vitals loopDelayUs */
                    loopDelayUs?: (number|null);

                    /** Vitals openFiles */
                    openFiles?: (number|null);

                    /** Vitals cpuMs */
                    cpuMs?: (number|null);

                    /** Vitals threads */
                    threads?: (number|null);

                    /** Vitals connections */
                    connections?: (number|null);

                    /** Vitals droppedRecords */
                    droppedRecords?: (number|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Vitals. */
                type $Shape = holdfast.telemetry.v1.Vitals.$Properties;
            }

            /**
             * Properties of a RecordBatch.
             * @deprecated Use holdfast.telemetry.v1.RecordBatch.$Properties instead.
             */
            interface IRecordBatch extends holdfast.telemetry.v1.RecordBatch.$Properties {
            }

            /** Represents a RecordBatch. */
            class RecordBatch {

                /**
                 * Constructs a new RecordBatch.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.telemetry.v1.RecordBatch.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** RecordBatch fromMs. */
                fromMs: number;

                /** RecordBatch toMs. */
                toMs: number;

                /** RecordBatch records. */
                records: holdfast.telemetry.v1.AccessRecord.$Properties[];

                /** RecordBatch drops. */
                drops: holdfast.telemetry.v1.Drop.$Properties[];

                /**
                 * Encodes the specified RecordBatch message. Does not implicitly {@link holdfast.telemetry.v1.RecordBatch.verify|verify} messages.
                 * @param message RecordBatch message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.telemetry.v1.RecordBatch.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a RecordBatch message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.telemetry.v1.RecordBatch & holdfast.telemetry.v1.RecordBatch.$Shape} RecordBatch
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.telemetry.v1.RecordBatch & holdfast.telemetry.v1.RecordBatch.$Shape;
            }

            namespace RecordBatch {

                /** Properties of a RecordBatch. */
                interface $Properties {

                    /** RecordBatch fromMs */
                    fromMs?: (number|null);

                    /** RecordBatch toMs */
                    toMs?: (number|null);

                    /** RecordBatch records */
                    records?: (holdfast.telemetry.v1.AccessRecord.$Properties[]|null);

                    /** RecordBatch drops */
                    drops?: (holdfast.telemetry.v1.Drop.$Properties[]|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a RecordBatch. */
                type $Shape = holdfast.telemetry.v1.RecordBatch.$Properties;
            }

            /**
             * Properties of an AccessRecord.
             * @deprecated Use holdfast.telemetry.v1.AccessRecord.$Properties instead.
             */
            interface IAccessRecord extends holdfast.telemetry.v1.AccessRecord.$Properties {
            }

            /** Represents an AccessRecord. */
            class AccessRecord {

                /**
                 * Constructs a new AccessRecord.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.telemetry.v1.AccessRecord.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** AccessRecord requestId. */
                requestId: Uint8Array;

                /** AccessRecord startedUs. */
                startedUs: number;

                /** AccessRecord reason. */
                reason: string;

                /** AccessRecord routeId. */
                routeId: Uint8Array;

                /** AccessRecord serviceId. */
                serviceId: Uint8Array;

                /** AccessRecord consumerId. */
                consumerId: Uint8Array;

                /** AccessRecord epoch. */
                epoch: number;

                /** AccessRecord sequence. */
                sequence: number;

                /** AccessRecord status. */
                status: number;

                /** AccessRecord errorCode. */
                errorCode: string;

                /** AccessRecord method. */
                method: string;

                /** AccessRecord scheme. */
                scheme: string;

                /** AccessRecord host. */
                host: string;

                /** AccessRecord path. */
                path: string;

                /** AccessRecord query. */
                query: string;

                /** AccessRecord httpVersion. */
                httpVersion: string;

                /** AccessRecord tlsVersion. */
                tlsVersion: string;

                /** AccessRecord tlsCipher. */
                tlsCipher: string;

                /** AccessRecord clientAddress. */
                clientAddress: string;

                /** AccessRecord target. */
                target: string;

                /** AccessRecord retries. */
                retries: number;

                /** AccessRecord totalUs. */
                totalUs: number;

                /** AccessRecord upstreamUs. */
                upstreamUs: number;

                /** AccessRecord gatewayUs. */
                gatewayUs: number;

                /** AccessRecord bytesIn. */
                bytesIn: number;

                /** AccessRecord bytesOut. */
                bytesOut: number;

                /** AccessRecord traceId. */
                traceId: Uint8Array;

                /** AccessRecord headers. */
                headers: { [k: string]: string };

                /** AccessRecord userAgent. */
                userAgent: string;

                /** AccessRecord generated. */
                generated: boolean;

                /**
                 * Encodes the specified AccessRecord message. Does not implicitly {@link holdfast.telemetry.v1.AccessRecord.verify|verify} messages.
                 * @param message AccessRecord message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.telemetry.v1.AccessRecord.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an AccessRecord message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.telemetry.v1.AccessRecord & holdfast.telemetry.v1.AccessRecord.$Shape} AccessRecord
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.telemetry.v1.AccessRecord & holdfast.telemetry.v1.AccessRecord.$Shape;
            }

            namespace AccessRecord {

                /** Properties of an AccessRecord. */
                interface $Properties {

                    /** AccessRecord requestId */
                    requestId?: (Uint8Array|null);

                    /** AccessRecord startedUs */
                    startedUs?: (number|null);

                    /** AccessRecord reason */
                    reason?: (string|null);

                    /** AccessRecord routeId */
                    routeId?: (Uint8Array|null);

                    /** AccessRecord serviceId */
                    serviceId?: (Uint8Array|null);

                    /** AccessRecord consumerId */
                    consumerId?: (Uint8Array|null);

                    /** AccessRecord epoch */
                    epoch?: (number|null);

                    /** AccessRecord sequence */
                    sequence?: (number|null);

                    /** AccessRecord status */
                    status?: (number|null);

                    /** AccessRecord errorCode */
                    errorCode?: (string|null);

                    /** AccessRecord method */
                    method?: (string|null);

                    /** AccessRecord scheme */
                    scheme?: (string|null);

                    /** AccessRecord host */
                    host?: (string|null);

                    /** AccessRecord path */
                    path?: (string|null);

                    /** AccessRecord query */
                    query?: (string|null);

                    /** AccessRecord httpVersion */
                    httpVersion?: (string|null);

                    /** AccessRecord tlsVersion */
                    tlsVersion?: (string|null);

                    /** AccessRecord tlsCipher */
                    tlsCipher?: (string|null);

                    /** AccessRecord clientAddress */
                    clientAddress?: (string|null);

                    /** AccessRecord target */
                    target?: (string|null);

                    /** AccessRecord retries */
                    retries?: (number|null);

                    /** AccessRecord totalUs */
                    totalUs?: (number|null);

                    /** AccessRecord upstreamUs */
                    upstreamUs?: (number|null);

                    /** AccessRecord gatewayUs */
                    gatewayUs?: (number|null);

                    /** AccessRecord bytesIn */
                    bytesIn?: (number|null);

                    /** AccessRecord bytesOut */
                    bytesOut?: (number|null);

                    /** AccessRecord traceId */
                    traceId?: (Uint8Array|null);

                    /** AccessRecord headers */
                    headers?: ({ [k: string]: string }|null);

                    /** AccessRecord userAgent */
                    userAgent?: (string|null);

                    /** AccessRecord generated */
                    generated?: (boolean|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an AccessRecord. */
                type $Shape = holdfast.telemetry.v1.AccessRecord.$Properties;
            }

            /**
             * Properties of a VersionRow.
             * @deprecated Use holdfast.telemetry.v1.VersionRow.$Properties instead.
             */
            interface IVersionRow extends holdfast.telemetry.v1.VersionRow.$Properties {
            }

            /** Represents a VersionRow. */
            class VersionRow {

                /**
                 * Constructs a new VersionRow.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.telemetry.v1.VersionRow.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** VersionRow epoch. */
                epoch: number;

                /** VersionRow sequence. */
                sequence: number;

                /** VersionRow requests. */
                requests: number;

                /** VersionRow failed. */
                failed: number;

                /** VersionRow failedHere. */
                failedHere: number;

                /**
                 * Encodes the specified VersionRow message. Does not implicitly {@link holdfast.telemetry.v1.VersionRow.verify|verify} messages.
                 * @param message VersionRow message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.telemetry.v1.VersionRow.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a VersionRow message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.telemetry.v1.VersionRow & holdfast.telemetry.v1.VersionRow.$Shape} VersionRow
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.telemetry.v1.VersionRow & holdfast.telemetry.v1.VersionRow.$Shape;
            }

            namespace VersionRow {

                /** Properties of a VersionRow. */
                interface $Properties {

                    /** VersionRow epoch */
                    epoch?: (number|null);

                    /** VersionRow sequence */
                    sequence?: (number|null);

                    /** VersionRow requests */
                    requests?: (number|null);

                    /** VersionRow failed */
                    failed?: (number|null);

                    /** VersionRow failedHere */
                    failedHere?: (number|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a VersionRow. */
                type $Shape = holdfast.telemetry.v1.VersionRow.$Properties;
            }

            /**
             * Properties of a UsageRow.
             * @deprecated Use holdfast.telemetry.v1.UsageRow.$Properties instead.
             */
            interface IUsageRow extends holdfast.telemetry.v1.UsageRow.$Properties {
            }

            /** Represents a UsageRow. */
            class UsageRow {

                /**
                 * Constructs a new UsageRow.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.telemetry.v1.UsageRow.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** UsageRow routeId. */
                routeId: Uint8Array;

                /** UsageRow consumerId. */
                consumerId: Uint8Array;

                /** UsageRow statusClass. */
                statusClass: number;

                /** UsageRow requests. */
                requests: number;

                /** UsageRow bytesIn. */
                bytesIn: number;

                /** UsageRow bytesOut. */
                bytesOut: number;

                /** UsageRow durationUs. */
                durationUs: number;

                /** UsageRow status. */
                status: number;

                /** UsageRow upstreamUs. */
                upstreamUs: number;

                /** UsageRow gatewayUs. */
                gatewayUs: number;

                /** UsageRow latencies. */
                latencies?: (holdfast.telemetry.v1.Latencies.$Properties|null);

                /**
                 * Encodes the specified UsageRow message. Does not implicitly {@link holdfast.telemetry.v1.UsageRow.verify|verify} messages.
                 * @param message UsageRow message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.telemetry.v1.UsageRow.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a UsageRow message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.telemetry.v1.UsageRow & holdfast.telemetry.v1.UsageRow.$Shape} UsageRow
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.telemetry.v1.UsageRow & holdfast.telemetry.v1.UsageRow.$Shape;
            }

            namespace UsageRow {

                /** Properties of a UsageRow. */
                interface $Properties {

                    /** UsageRow routeId */
                    routeId?: (Uint8Array|null);

                    /** UsageRow consumerId */
                    consumerId?: (Uint8Array|null);

                    /** UsageRow statusClass */
                    statusClass?: (number|null);

                    /** UsageRow requests */
                    requests?: (number|null);

                    /** UsageRow bytesIn */
                    bytesIn?: (number|null);

                    /** UsageRow bytesOut */
                    bytesOut?: (number|null);

                    /** UsageRow durationUs */
                    durationUs?: (number|null);

                    /** UsageRow status */
                    status?: (number|null);

                    /** UsageRow upstreamUs */
                    upstreamUs?: (number|null);

                    /** UsageRow gatewayUs */
                    gatewayUs?: (number|null);

                    /** UsageRow latencies */
                    latencies?: (holdfast.telemetry.v1.Latencies.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a UsageRow. */
                type $Shape = holdfast.telemetry.v1.UsageRow.$Properties;
            }

            /**
             * Properties of a Drop.
             * @deprecated Use holdfast.telemetry.v1.Drop.$Properties instead.
             */
            interface IDrop extends holdfast.telemetry.v1.Drop.$Properties {
            }

            /** Represents a Drop. */
            class Drop {

                /**
                 * Constructs a new Drop.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.telemetry.v1.Drop.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Drop reason. */
                reason: string;

                /** Drop count. */
                count: number;

                /**
                 * Encodes the specified Drop message. Does not implicitly {@link holdfast.telemetry.v1.Drop.verify|verify} messages.
                 * @param message Drop message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.telemetry.v1.Drop.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Drop message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.telemetry.v1.Drop & holdfast.telemetry.v1.Drop.$Shape} Drop
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.telemetry.v1.Drop & holdfast.telemetry.v1.Drop.$Shape;
            }

            namespace Drop {

                /** Properties of a Drop. */
                interface $Properties {

                    /** Drop reason */
                    reason?: (string|null);

                    /** Drop count */
                    count?: (number|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Drop. */
                type $Shape = holdfast.telemetry.v1.Drop.$Properties;
            }

            /**
             * Properties of a CrashGap.
             * @deprecated Use holdfast.telemetry.v1.CrashGap.$Properties instead.
             */
            interface ICrashGap extends holdfast.telemetry.v1.CrashGap.$Properties {
            }

            /** Represents a CrashGap. */
            class CrashGap {

                /**
                 * Constructs a new CrashGap.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.telemetry.v1.CrashGap.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** CrashGap bootId. */
                bootId: Uint8Array;

                /** CrashGap lastFoldMs. */
                lastFoldMs: number;

                /** CrashGap atMostMs. */
                atMostMs: number;

                /** CrashGap lastRatePerSecond. */
                lastRatePerSecond: number;

                /**
                 * Encodes the specified CrashGap message. Does not implicitly {@link holdfast.telemetry.v1.CrashGap.verify|verify} messages.
                 * @param message CrashGap message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.telemetry.v1.CrashGap.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a CrashGap message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.telemetry.v1.CrashGap & holdfast.telemetry.v1.CrashGap.$Shape} CrashGap
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.telemetry.v1.CrashGap & holdfast.telemetry.v1.CrashGap.$Shape;
            }

            namespace CrashGap {

                /** Properties of a CrashGap. */
                interface $Properties {

                    /** CrashGap bootId */
                    bootId?: (Uint8Array|null);

                    /** CrashGap lastFoldMs */
                    lastFoldMs?: (number|null);

                    /** CrashGap atMostMs */
                    atMostMs?: (number|null);

                    /** CrashGap lastRatePerSecond */
                    lastRatePerSecond?: (number|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a CrashGap. */
                type $Shape = holdfast.telemetry.v1.CrashGap.$Properties;
            }
        }
    }
}
