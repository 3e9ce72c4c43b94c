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

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Batch. */
                type $Shape = holdfast.telemetry.v1.Batch.$Properties;
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
