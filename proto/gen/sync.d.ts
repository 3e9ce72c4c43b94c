import * as $protobuf from "./runtime.js";

/** Namespace holdfast. */
export namespace holdfast {

    /** Namespace sync. */
    namespace sync {

        /** Namespace v1. */
        namespace v1 {

            /**
             * Properties of an Envelope.
             * @deprecated Use holdfast.sync.v1.Envelope.$Properties instead.
             */
            interface IEnvelope extends holdfast.sync.v1.Envelope.$Properties {
            }

            /** Represents an Envelope. */
            class Envelope {

                /**
                 * Constructs a new Envelope.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.sync.v1.Envelope.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Envelope gatewayId. */
                gatewayId: Uint8Array;

                /** Envelope hello. */
                hello?: (holdfast.sync.v1.Hello.$Properties|null);

                /** Envelope welcome. */
                welcome?: (holdfast.sync.v1.Welcome.$Properties|null);

                /** Envelope snapshot. */
                snapshot?: (holdfast.sync.v1.Snapshot.$Properties|null);

                /** Envelope delta. */
                delta?: (holdfast.sync.v1.Delta.$Properties|null);

                /** Envelope chunk. */
                chunk?: (holdfast.sync.v1.Chunk.$Properties|null);

                /** Envelope applied. */
                applied?: (holdfast.sync.v1.Applied.$Properties|null);

                /** Envelope rejected. */
                rejected?: (holdfast.sync.v1.Rejected.$Properties|null);

                /** Envelope fellBack. */
                fellBack?: (holdfast.sync.v1.FellBack.$Properties|null);

                /** Envelope head. */
                head?: (holdfast.sync.v1.Head.$Properties|null);

                /** Envelope ping. */
                ping?: (holdfast.sync.v1.Ping.$Properties|null);

                /** Envelope telemetry. */
                telemetry?: (holdfast.sync.v1.Telemetry.$Properties|null);

                /** Envelope telemetryAck. */
                telemetryAck?: (holdfast.sync.v1.TelemetryAck.$Properties|null);

                /** Envelope credit. */
                credit?: (holdfast.sync.v1.Credit.$Properties|null);

                /** Envelope renew. */
                renew?: (holdfast.sync.v1.Renew.$Properties|null);

                /** Envelope renewed. */
                renewed?: (holdfast.sync.v1.Renewed.$Properties|null);

                /** Envelope bye. */
                bye?: (holdfast.sync.v1.Bye.$Properties|null);

                /** Envelope question. */
                question?: (holdfast.sync.v1.Question.$Properties|null);

                /** Envelope answer. */
                answer?: (holdfast.sync.v1.Answer.$Properties|null);

                /** Envelope trust. */
                trust?: (holdfast.sync.v1.Trust.$Properties|null);

                /** Envelope notice. */
                notice?: (holdfast.sync.v1.Notice.$Properties|null);

                /** Envelope health. */
                health?: (holdfast.sync.v1.Health.$Properties|null);

                /** Envelope counts. */
                counts?: (holdfast.sync.v1.Counts.$Properties|null);

                /** Envelope cachePurges. */
                cachePurges?: (holdfast.sync.v1.CachePurges.$Properties|null);

                /** Envelope body. */
                body?: ("hello"|"welcome"|"snapshot"|"delta"|"chunk"|"applied"|"rejected"|"fellBack"|"head"|"ping"|"telemetry"|"telemetryAck"|"credit"|"renew"|"renewed"|"bye"|"question"|"answer"|"trust"|"notice"|"health"|"counts"|"cachePurges");

                /**
                 * Encodes the specified Envelope message. Does not implicitly {@link holdfast.sync.v1.Envelope.verify|verify} messages.
                 * @param message Envelope message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.sync.v1.Envelope.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an Envelope message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Envelope & holdfast.sync.v1.Envelope.$Shape} Envelope
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.sync.v1.Envelope & holdfast.sync.v1.Envelope.$Shape;
            }

            namespace Envelope {

                /** Properties of an Envelope. */
                interface $Properties {

                    /** Envelope gatewayId */
                    gatewayId?: (Uint8Array|null);

                    /** Envelope hello */
                    hello?: (holdfast.sync.v1.Hello.$Properties|null);

                    /** Envelope welcome */
                    welcome?: (holdfast.sync.v1.Welcome.$Properties|null);

                    /** Envelope snapshot */
                    snapshot?: (holdfast.sync.v1.Snapshot.$Properties|null);

                    /** Envelope delta */
                    delta?: (holdfast.sync.v1.Delta.$Properties|null);

                    /** Envelope chunk */
                    chunk?: (holdfast.sync.v1.Chunk.$Properties|null);

                    /** Envelope applied */
                    applied?: (holdfast.sync.v1.Applied.$Properties|null);

                    /** Envelope rejected */
                    rejected?: (holdfast.sync.v1.Rejected.$Properties|null);

                    /** Envelope fellBack */
                    fellBack?: (holdfast.sync.v1.FellBack.$Properties|null);

                    /** Envelope head */
                    head?: (holdfast.sync.v1.Head.$Properties|null);

                    /** Envelope ping */
                    ping?: (holdfast.sync.v1.Ping.$Properties|null);

                    /** Envelope telemetry */
                    telemetry?: (holdfast.sync.v1.Telemetry.$Properties|null);

                    /** Envelope telemetryAck */
                    telemetryAck?: (holdfast.sync.v1.TelemetryAck.$Properties|null);

                    /** Envelope credit */
                    credit?: (holdfast.sync.v1.Credit.$Properties|null);

                    /** Envelope renew */
                    renew?: (holdfast.sync.v1.Renew.$Properties|null);

                    /** Envelope renewed */
                    renewed?: (holdfast.sync.v1.Renewed.$Properties|null);

                    /** Envelope bye */
                    bye?: (holdfast.sync.v1.Bye.$Properties|null);

                    /** Envelope question */
                    question?: (holdfast.sync.v1.Question.$Properties|null);

                    /** Envelope answer */
                    answer?: (holdfast.sync.v1.Answer.$Properties|null);

                    /** Envelope trust */
                    trust?: (holdfast.sync.v1.Trust.$Properties|null);

                    /** Envelope notice */
                    notice?: (holdfast.sync.v1.Notice.$Properties|null);

                    /** Envelope health */
                    health?: (holdfast.sync.v1.Health.$Properties|null);

                    /** Envelope counts */
                    counts?: (holdfast.sync.v1.Counts.$Properties|null);

                    /** Envelope cachePurges */
                    cachePurges?: (holdfast.sync.v1.CachePurges.$Properties|null);

                    /** Envelope body */
                    body?: ("hello"|"welcome"|"snapshot"|"delta"|"chunk"|"applied"|"rejected"|"fellBack"|"head"|"ping"|"telemetry"|"telemetryAck"|"credit"|"renew"|"renewed"|"bye"|"question"|"answer"|"trust"|"notice"|"health"|"counts"|"cachePurges");

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Narrowed shape of an Envelope. */
                type $Shape = {
                  gatewayId?: Uint8Array|null;
                  hello?: holdfast.sync.v1.Hello.$Shape|null;
                  welcome?: holdfast.sync.v1.Welcome.$Shape|null;
                  snapshot?: holdfast.sync.v1.Snapshot.$Shape|null;
                  delta?: holdfast.sync.v1.Delta.$Shape|null;
                  chunk?: holdfast.sync.v1.Chunk.$Shape|null;
                  applied?: holdfast.sync.v1.Applied.$Shape|null;
                  rejected?: holdfast.sync.v1.Rejected.$Shape|null;
                  fellBack?: holdfast.sync.v1.FellBack.$Shape|null;
                  head?: holdfast.sync.v1.Head.$Shape|null;
                  ping?: holdfast.sync.v1.Ping.$Shape|null;
                  telemetry?: holdfast.sync.v1.Telemetry.$Shape|null;
                  telemetryAck?: holdfast.sync.v1.TelemetryAck.$Shape|null;
                  credit?: holdfast.sync.v1.Credit.$Shape|null;
                  renew?: holdfast.sync.v1.Renew.$Shape|null;
                  renewed?: holdfast.sync.v1.Renewed.$Shape|null;
                  bye?: holdfast.sync.v1.Bye.$Shape|null;
                  question?: holdfast.sync.v1.Question.$Shape|null;
                  answer?: holdfast.sync.v1.Answer.$Shape|null;
                  trust?: holdfast.sync.v1.Trust.$Shape|null;
                  notice?: holdfast.sync.v1.Notice.$Shape|null;
                  health?: holdfast.sync.v1.Health.$Shape|null;
                  counts?: holdfast.sync.v1.Counts.$Shape|null;
                  cachePurges?: holdfast.sync.v1.CachePurges.$Shape|null;
                  $unknowns?: Uint8Array[];
                } & (
                  ({ body?: undefined; hello?: null; welcome?: null; snapshot?: null; delta?: null; chunk?: null; applied?: null; rejected?: null; fellBack?: null; head?: null; ping?: null; telemetry?: null; telemetryAck?: null; credit?: null; renew?: null; renewed?: null; bye?: null; question?: null; answer?: null; trust?: null; notice?: null; health?: null; counts?: null; cachePurges?: null }|{ body?: "hello"; hello: holdfast.sync.v1.Hello.$Shape; welcome?: null; snapshot?: null; delta?: null; chunk?: null; applied?: null; rejected?: null; fellBack?: null; head?: null; ping?: null; telemetry?: null; telemetryAck?: null; credit?: null; renew?: null; renewed?: null; bye?: null; question?: null; answer?: null; trust?: null; notice?: null; health?: null; counts?: null; cachePurges?: null }|{ body?: "welcome"; hello?: null; welcome: holdfast.sync.v1.Welcome.$Shape; snapshot?: null; delta?: null; chunk?: null; applied?: null; rejected?: null; fellBack?: null; head?: null; ping?: null; telemetry?: null; telemetryAck?: null; credit?: null; renew?: null; renewed?: null; bye?: null; question?: null; answer?: null; trust?: null; notice?: null; health?: null; counts?: null; cachePurges?: null }|{ body?: "snapshot"; hello?: null; welcome?: null; snapshot: holdfast.sync.v1.Snapshot.$Shape; delta?: null; chunk?: null; applied?: null; rejected?: null; fellBack?: null; head?: null; ping?: null; telemetry?: null; telemetryAck?: null; credit?: null; renew?: null; renewed?: null; bye?: null; question?: null; answer?: null; trust?: null; notice?: null; health?: null; counts?: null; cachePurges?: null }|{ body?: "delta"; hello?: null; welcome?: null; snapshot?: null; delta: holdfast.sync.v1.Delta.$Shape; chunk?: null; applied?: null; rejected?: null; fellBack?: null; head?: null; ping?: null; telemetry?: null; telemetryAck?: null; credit?: null; renew?: null; renewed?: null; bye?: null; question?: null; answer?: null; trust?: null; notice?: null; health?: null; counts?: null; cachePurges?: null }|{ body?: "chunk"; hello?: null; welcome?: null; snapshot?: null; delta?: null; chunk: holdfast.sync.v1.Chunk.$Shape; applied?: null; rejected?: null; fellBack?: null; head?: null; ping?: null; telemetry?: null; telemetryAck?: null; credit?: null; renew?: null; renewed?: null; bye?: null; question?: null; answer?: null; trust?: null; notice?: null; health?: null; counts?: null; cachePurges?: null }|{ body?: "applied"; hello?: null; welcome?: null; snapshot?: null; delta?: null; chunk?: null; applied: holdfast.sync.v1.Applied.$Shape; rejected?: null; fellBack?: null; head?: null; ping?: null; telemetry?: null; telemetryAck?: null; credit?: null; renew?: null; renewed?: null; bye?: null; question?: null; answer?: null; trust?: null; notice?: null; health?: null; counts?: null; cachePurges?: null }|{ body?: "rejected"; hello?: null; welcome?: null; snapshot?: null; delta?: null; chunk?: null; applied?: null; rejected: holdfast.sync.v1.Rejected.$Shape; fellBack?: null; head?: null; ping?: null; telemetry?: null; telemetryAck?: null; credit?: null; renew?: null; renewed?: null; bye?: null; question?: null; answer?: null; trust?: null; notice?: null; health?: null; counts?: null; cachePurges?: null }|{ body?: "fellBack"; hello?: null; welcome?: null; snapshot?: null; delta?: null; chunk?: null; applied?: null; rejected?: null; fellBack: holdfast.sync.v1.FellBack.$Shape; head?: null; ping?: null; telemetry?: null; telemetryAck?: null; credit?: null; renew?: null; renewed?: null; bye?: null; question?: null; answer?: null; trust?: null; notice?: null; health?: null; counts?: null; cachePurges?: null }|{ body?: "head"; hello?: null; welcome?: null; snapshot?: null; delta?: null; chunk?: null; applied?: null; rejected?: null; fellBack?: null; head: holdfast.sync.v1.Head.$Shape; ping?: null; telemetry?: null; telemetryAck?: null; credit?: null; renew?: null; renewed?: null; bye?: null; question?: null; answer?: null; trust?: null; notice?: null; health?: null; counts?: null; cachePurges?: null }|{ body?: "ping"; hello?: null; welcome?: null; snapshot?: null; delta?: null; chunk?: null; applied?: null; rejected?: null; fellBack?: null; head?: null; ping: holdfast.sync.v1.Ping.$Shape; telemetry?: null; telemetryAck?: null; credit?: null; renew?: null; renewed?: null; bye?: null; question?: null; answer?: null; trust?: null; notice?: null; health?: null; counts?: null; cachePurges?: null }|{ body?: "telemetry"; hello?: null; welcome?: null; snapshot?: null; delta?: null; chunk?: null; applied?: null; rejected?: null; fellBack?: null; head?: null; ping?: null; telemetry: holdfast.sync.v1.Telemetry.$Shape; telemetryAck?: null; credit?: null; renew?: null; renewed?: null; bye?: null; question?: null; answer?: null; trust?: null; notice?: null; health?: null; counts?: null; cachePurges?: null }|{ body?: "telemetryAck"; hello?: null; welcome?: null; snapshot?: null; delta?: null; chunk?: null; applied?: null; rejected?: null; fellBack?: null; head?: null; ping?: null; telemetry?: null; telemetryAck: holdfast.sync.v1.TelemetryAck.$Shape; credit?: null; renew?: null; renewed?: null; bye?: null; question?: null; answer?: null; trust?: null; notice?: null; health?: null; counts?: null; cachePurges?: null }|{ body?: "credit"; hello?: null; welcome?: null; snapshot?: null; delta?: null; chunk?: null; applied?: null; rejected?: null; fellBack?: null; head?: null; ping?: null; telemetry?: null; telemetryAck?: null; credit: holdfast.sync.v1.Credit.$Shape; renew?: null; renewed?: null; bye?: null; question?: null; answer?: null; trust?: null; notice?: null; health?: null; counts?: null; cachePurges?: null }|{ body?: "renew"; hello?: null; welcome?: null; snapshot?: null; delta?: null; chunk?: null; applied?: null; rejected?: null; fellBack?: null; head?: null; ping?: null; telemetry?: null; telemetryAck?: null; credit?: null; renew: holdfast.sync.v1.Renew.$Shape; renewed?: null; bye?: null; question?: null; answer?: null; trust?: null; notice?: null; health?: null; counts?: null; cachePurges?: null }|{ body?: "renewed"; hello?: null; welcome?: null; snapshot?: null; delta?: null; chunk?: null; applied?: null; rejected?: null; fellBack?: null; head?: null; ping?: null; telemetry?: null; telemetryAck?: null; credit?: null; renew?: null; renewed: holdfast.sync.v1.Renewed.$Shape; bye?: null; question?: null; answer?: null; trust?: null; notice?: null; health?: null; counts?: null; cachePurges?: null }|{ body?: "bye"; hello?: null; welcome?: null; snapshot?: null; delta?: null; chunk?: null; applied?: null; rejected?: null; fellBack?: null; head?: null; ping?: null; telemetry?: null; telemetryAck?: null; credit?: null; renew?: null; renewed?: null; bye: holdfast.sync.v1.Bye.$Shape; question?: null; answer?: null; trust?: null; notice?: null; health?: null; counts?: null; cachePurges?: null }|{ body?: "question"; hello?: null; welcome?: null; snapshot?: null; delta?: null; chunk?: null; applied?: null; rejected?: null; fellBack?: null; head?: null; ping?: null; telemetry?: null; telemetryAck?: null; credit?: null; renew?: null; renewed?: null; bye?: null; question: holdfast.sync.v1.Question.$Shape; answer?: null; trust?: null; notice?: null; health?: null; counts?: null; cachePurges?: null }|{ body?: "answer"; hello?: null; welcome?: null; snapshot?: null; delta?: null; chunk?: null; applied?: null; rejected?: null; fellBack?: null; head?: null; ping?: null; telemetry?: null; telemetryAck?: null; credit?: null; renew?: null; renewed?: null; bye?: null; question?: null; answer: holdfast.sync.v1.Answer.$Shape; trust?: null; notice?: null; health?: null; counts?: null; cachePurges?: null }|{ body?: "trust"; hello?: null; welcome?: null; snapshot?: null; delta?: null; chunk?: null; applied?: null; rejected?: null; fellBack?: null; head?: null; ping?: null; telemetry?: null; telemetryAck?: null; credit?: null; renew?: null; renewed?: null; bye?: null; question?: null; answer?: null; trust: holdfast.sync.v1.Trust.$Shape; notice?: null; health?: null; counts?: null; cachePurges?: null }|{ body?: "notice"; hello?: null; welcome?: null; snapshot?: null; delta?: null; chunk?: null; applied?: null; rejected?: null; fellBack?: null; head?: null; ping?: null; telemetry?: null; telemetryAck?: null; credit?: null; renew?: null; renewed?: null; bye?: null; question?: null; answer?: null; trust?: null; notice: holdfast.sync.v1.Notice.$Shape; health?: null; counts?: null; cachePurges?: null }|{ body?: "health"; hello?: null; welcome?: null; snapshot?: null; delta?: null; chunk?: null; applied?: null; rejected?: null; fellBack?: null; head?: null; ping?: null; telemetry?: null; telemetryAck?: null; credit?: null; renew?: null; renewed?: null; bye?: null; question?: null; answer?: null; trust?: null; notice?: null; health: holdfast.sync.v1.Health.$Shape; counts?: null; cachePurges?: null }|{ body?: "counts"; hello?: null; welcome?: null; snapshot?: null; delta?: null; chunk?: null; applied?: null; rejected?: null; fellBack?: null; head?: null; ping?: null; telemetry?: null; telemetryAck?: null; credit?: null; renew?: null; renewed?: null; bye?: null; question?: null; answer?: null; trust?: null; notice?: null; health?: null; counts: holdfast.sync.v1.Counts.$Shape; cachePurges?: null }|{ body?: "cachePurges"; hello?: null; welcome?: null; snapshot?: null; delta?: null; chunk?: null; applied?: null; rejected?: null; fellBack?: null; head?: null; ping?: null; telemetry?: null; telemetryAck?: null; credit?: null; renew?: null; renewed?: null; bye?: null; question?: null; answer?: null; trust?: null; notice?: null; health?: null; counts?: null; cachePurges: holdfast.sync.v1.CachePurges.$Shape })
                );
            }

            /**
             * Properties of a Version.
             * @deprecated Use holdfast.sync.v1.Version.$Properties instead.
             */
            interface IVersion extends holdfast.sync.v1.Version.$Properties {
            }

            /** Represents a Version. */
            class Version {

                /**
                 * Constructs a new Version.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.sync.v1.Version.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Version epoch. */
                epoch: number;

                /** Version sequence. */
                sequence: number;

                /**
                 * Encodes the specified Version message. Does not implicitly {@link holdfast.sync.v1.Version.verify|verify} messages.
                 * @param message Version message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.sync.v1.Version.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Version message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Version & holdfast.sync.v1.Version.$Shape} Version
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.sync.v1.Version & holdfast.sync.v1.Version.$Shape;
            }

            namespace Version {

                /** Properties of a Version. */
                interface $Properties {

                    /** Version epoch */
                    epoch?: (number|null);

                    /** Version sequence */
                    sequence?: (number|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Version. */
                type $Shape = holdfast.sync.v1.Version.$Properties;
            }

            /**
             * Properties of a Hello.
             * @deprecated Use holdfast.sync.v1.Hello.$Properties instead.
             */
            interface IHello extends holdfast.sync.v1.Hello.$Properties {
            }

            /** Represents a Hello. */
            class Hello {

                /**
                 * Constructs a new Hello.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.sync.v1.Hello.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Hello protocolVersion. */
                protocolVersion: number;

                /** Hello softwareVersion. */
                softwareVersion: string;

                /** Hello bootId. */
                bootId: Uint8Array;

                /** Hello hostname. */
                hostname: string;

                /** Hello active. */
                active?: (holdfast.sync.v1.Version.$Properties|null);

                /** Hello activeRoot. */
                activeRoot: Uint8Array;

                /** Hello highestAccepted. */
                highestAccepted?: (holdfast.sync.v1.Version.$Properties|null);

                /** Hello plugins. */
                plugins: holdfast.sync.v1.PluginVersion.$Properties[];

                /** Hello compressions. */
                compressions: string[];

                /** Hello barred. */
                barred: holdfast.sync.v1.FellBack.$Properties[];

                /** Hello partialHash. */
                partialHash: Uint8Array;

                /** Hello partialBytes. */
                partialBytes: number;

                /** Hello highestManifest. */
                highestManifest: string;

                /**
                 * Encodes the specified Hello message. Does not implicitly {@link holdfast.sync.v1.Hello.verify|verify} messages.
                 * @param message Hello message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.sync.v1.Hello.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Hello message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Hello & holdfast.sync.v1.Hello.$Shape} Hello
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.sync.v1.Hello & holdfast.sync.v1.Hello.$Shape;
            }

            namespace Hello {

                /** Properties of a Hello. */
                interface $Properties {

                    /** Hello protocolVersion */
                    protocolVersion?: (number|null);

                    /** Hello softwareVersion */
                    softwareVersion?: (string|null);

                    /** Hello bootId */
                    bootId?: (Uint8Array|null);

                    /** Hello hostname */
                    hostname?: (string|null);

                    /** Hello active */
                    active?: (holdfast.sync.v1.Version.$Properties|null);

                    /** Hello activeRoot */
                    activeRoot?: (Uint8Array|null);

                    /** Hello highestAccepted */
                    highestAccepted?: (holdfast.sync.v1.Version.$Properties|null);

                    /** Hello plugins */
                    plugins?: (holdfast.sync.v1.PluginVersion.$Properties[]|null);

                    /** Hello compressions */
                    compressions?: (string[]|null);

                    /** Hello barred */
                    barred?: (holdfast.sync.v1.FellBack.$Properties[]|null);

                    /** Hello partialHash */
                    partialHash?: (Uint8Array|null);

                    /** Hello partialBytes */
                    partialBytes?: (number|null);

                    /** Hello highestManifest */
                    highestManifest?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Hello. */
                type $Shape = holdfast.sync.v1.Hello.$Properties;
            }

            /**
             * Properties of a PluginVersion.
             * @deprecated Use holdfast.sync.v1.PluginVersion.$Properties instead.
             */
            interface IPluginVersion extends holdfast.sync.v1.PluginVersion.$Properties {
            }

            /** Represents a PluginVersion. */
            class PluginVersion {

                /**
                 * Constructs a new PluginVersion.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.sync.v1.PluginVersion.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** PluginVersion name. */
                name: string;

                /** PluginVersion version. */
                version: string;

                /** PluginVersion hash. */
                hash: string;

                /**
                 * Encodes the specified PluginVersion message. Does not implicitly {@link holdfast.sync.v1.PluginVersion.verify|verify} messages.
                 * @param message PluginVersion message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.sync.v1.PluginVersion.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a PluginVersion message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.PluginVersion & holdfast.sync.v1.PluginVersion.$Shape} PluginVersion
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.sync.v1.PluginVersion & holdfast.sync.v1.PluginVersion.$Shape;
            }

            namespace PluginVersion {

                /** Properties of a PluginVersion. */
                interface $Properties {

                    /** PluginVersion name */
                    name?: (string|null);

                    /** PluginVersion version */
                    version?: (string|null);

                    /** PluginVersion hash */
                    hash?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a PluginVersion. */
                type $Shape = holdfast.sync.v1.PluginVersion.$Properties;
            }

            /**
             * Properties of a Welcome.
             * @deprecated Use holdfast.sync.v1.Welcome.$Properties instead.
             */
            interface IWelcome extends holdfast.sync.v1.Welcome.$Properties {
            }

            /** Represents a Welcome. */
            class Welcome {

                /**
                 * Constructs a new Welcome.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.sync.v1.Welcome.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Welcome protocolVersion. */
                protocolVersion: number;

                /** Welcome rootStatements. */
                rootStatements: string[];

                /** Welcome delegationStatement. */
                delegationStatement: string;

                /** Welcome headStatement. */
                headStatement: string;

                /** Welcome contentKeys. */
                contentKeys: holdfast.sync.v1.WrappedKey.$Properties[];

                /** Welcome pingIntervalMs. */
                pingIntervalMs: number;

                /** Welcome telemetryCredit. */
                telemetryCredit: number;

                /** Welcome softwareVersion. */
                softwareVersion: string;

                /** Welcome labels. */
                labels: { [k: string]: string };

                /** Welcome authoritiesStatement. */
                authoritiesStatement: string;

                /** Welcome recordsCredit. */
                recordsCredit: number;

                /**
                 * Encodes the specified Welcome message. Does not implicitly {@link holdfast.sync.v1.Welcome.verify|verify} messages.
                 * @param message Welcome message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.sync.v1.Welcome.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Welcome message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Welcome & holdfast.sync.v1.Welcome.$Shape} Welcome
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.sync.v1.Welcome & holdfast.sync.v1.Welcome.$Shape;
            }

            namespace Welcome {

                /** Properties of a Welcome. */
                interface $Properties {

                    /** Welcome protocolVersion */
                    protocolVersion?: (number|null);

                    /** Welcome rootStatements */
                    rootStatements?: (string[]|null);

                    /** Welcome delegationStatement */
                    delegationStatement?: (string|null);

                    /** Welcome headStatement */
                    headStatement?: (string|null);

                    /** Welcome contentKeys */
                    contentKeys?: (holdfast.sync.v1.WrappedKey.$Properties[]|null);

                    /** Welcome pingIntervalMs */
                    pingIntervalMs?: (number|null);

                    /** Welcome telemetryCredit */
                    telemetryCredit?: (number|null);

                    /** Welcome softwareVersion */
                    softwareVersion?: (string|null);

                    /** Welcome labels */
                    labels?: ({ [k: string]: string }|null);

                    /** Welcome authoritiesStatement */
                    authoritiesStatement?: (string|null);

                    /** Welcome recordsCredit */
                    recordsCredit?: (number|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Welcome. */
                type $Shape = holdfast.sync.v1.Welcome.$Properties;
            }

            /**
             * Properties of a WrappedKey.
             * @deprecated Use holdfast.sync.v1.WrappedKey.$Properties instead.
             */
            interface IWrappedKey extends holdfast.sync.v1.WrappedKey.$Properties {
            }

            /** Represents a WrappedKey. */
            class WrappedKey {

                /**
                 * Constructs a new WrappedKey.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.sync.v1.WrappedKey.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** WrappedKey keyId. */
                keyId: number;

                /** WrappedKey ephemeralPublicKey. */
                ephemeralPublicKey: Uint8Array;

                /** WrappedKey nonce. */
                nonce: Uint8Array;

                /** WrappedKey ciphertext. */
                ciphertext: Uint8Array;

                /**
                 * Encodes the specified WrappedKey message. Does not implicitly {@link holdfast.sync.v1.WrappedKey.verify|verify} messages.
                 * @param message WrappedKey message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.sync.v1.WrappedKey.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a WrappedKey message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.WrappedKey & holdfast.sync.v1.WrappedKey.$Shape} WrappedKey
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.sync.v1.WrappedKey & holdfast.sync.v1.WrappedKey.$Shape;
            }

            namespace WrappedKey {

                /** Properties of a WrappedKey. */
                interface $Properties {

                    /** WrappedKey keyId */
                    keyId?: (number|null);

                    /** WrappedKey ephemeralPublicKey */
                    ephemeralPublicKey?: (Uint8Array|null);

                    /** WrappedKey nonce */
                    nonce?: (Uint8Array|null);

                    /** WrappedKey ciphertext */
                    ciphertext?: (Uint8Array|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a WrappedKey. */
                type $Shape = holdfast.sync.v1.WrappedKey.$Properties;
            }

            /**
             * Properties of a Snapshot.
             * @deprecated Use holdfast.sync.v1.Snapshot.$Properties instead.
             */
            interface ISnapshot extends holdfast.sync.v1.Snapshot.$Properties {
            }

            /** Represents a Snapshot. */
            class Snapshot {

                /**
                 * Constructs a new Snapshot.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.sync.v1.Snapshot.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Snapshot transferId. */
                transferId: number;

                /** Snapshot manifestStatement. */
                manifestStatement: string;

                /** Snapshot transferStatement. */
                transferStatement: string;

                /** Snapshot compression. */
                compression: string;

                /** Snapshot epochStatement. */
                epochStatement: string;

                /** Snapshot startOffset. */
                startOffset: number;

                /**
                 * Encodes the specified Snapshot message. Does not implicitly {@link holdfast.sync.v1.Snapshot.verify|verify} messages.
                 * @param message Snapshot message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.sync.v1.Snapshot.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Snapshot message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Snapshot & holdfast.sync.v1.Snapshot.$Shape} Snapshot
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.sync.v1.Snapshot & holdfast.sync.v1.Snapshot.$Shape;
            }

            namespace Snapshot {

                /** Properties of a Snapshot. */
                interface $Properties {

                    /** Snapshot transferId */
                    transferId?: (number|null);

                    /** Snapshot manifestStatement */
                    manifestStatement?: (string|null);

                    /** Snapshot transferStatement */
                    transferStatement?: (string|null);

                    /** Snapshot compression */
                    compression?: (string|null);

                    /** Snapshot epochStatement */
                    epochStatement?: (string|null);

                    /** Snapshot startOffset */
                    startOffset?: (number|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Snapshot. */
                type $Shape = holdfast.sync.v1.Snapshot.$Properties;
            }

            /**
             * Properties of a Delta.
             * @deprecated Use holdfast.sync.v1.Delta.$Properties instead.
             */
            interface IDelta extends holdfast.sync.v1.Delta.$Properties {
            }

            /** Represents a Delta. */
            class Delta {

                /**
                 * Constructs a new Delta.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.sync.v1.Delta.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Delta transferId. */
                transferId: number;

                /** Delta manifestStatement. */
                manifestStatement: string;

                /** Delta transferStatement. */
                transferStatement: string;

                /** Delta compression. */
                compression: string;

                /** Delta startOffset. */
                startOffset: number;

                /**
                 * Encodes the specified Delta message. Does not implicitly {@link holdfast.sync.v1.Delta.verify|verify} messages.
                 * @param message Delta message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.sync.v1.Delta.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Delta message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Delta & holdfast.sync.v1.Delta.$Shape} Delta
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.sync.v1.Delta & holdfast.sync.v1.Delta.$Shape;
            }

            namespace Delta {

                /** Properties of a Delta. */
                interface $Properties {

                    /** Delta transferId */
                    transferId?: (number|null);

                    /** Delta manifestStatement */
                    manifestStatement?: (string|null);

                    /** Delta transferStatement */
                    transferStatement?: (string|null);

                    /** Delta compression */
                    compression?: (string|null);

                    /** Delta startOffset */
                    startOffset?: (number|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Delta. */
                type $Shape = holdfast.sync.v1.Delta.$Properties;
            }

            /**
             * Properties of a Chunk.
             * @deprecated Use holdfast.sync.v1.Chunk.$Properties instead.
             */
            interface IChunk extends holdfast.sync.v1.Chunk.$Properties {
            }

            /** Represents a Chunk. */
            class Chunk {

                /**
                 * Constructs a new Chunk.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.sync.v1.Chunk.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Chunk transferId. */
                transferId: number;

                /** Chunk offset. */
                offset: number;

                /** Chunk bytes. */
                bytes: Uint8Array;

                /**
                 * Encodes the specified Chunk message. Does not implicitly {@link holdfast.sync.v1.Chunk.verify|verify} messages.
                 * @param message Chunk message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.sync.v1.Chunk.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Chunk message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Chunk & holdfast.sync.v1.Chunk.$Shape} Chunk
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.sync.v1.Chunk & holdfast.sync.v1.Chunk.$Shape;
            }

            namespace Chunk {

                /** Properties of a Chunk. */
                interface $Properties {

                    /** Chunk transferId */
                    transferId?: (number|null);

                    /** Chunk offset */
                    offset?: (number|null);

                    /** Chunk bytes */
                    bytes?: (Uint8Array|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Chunk. */
                type $Shape = holdfast.sync.v1.Chunk.$Properties;
            }

            /**
             * Properties of an Applied.
             * @deprecated Use holdfast.sync.v1.Applied.$Properties instead.
             */
            interface IApplied extends holdfast.sync.v1.Applied.$Properties {
            }

            /** Represents an Applied. */
            class Applied {

                /**
                 * Constructs a new Applied.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.sync.v1.Applied.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Applied version. */
                version?: (holdfast.sync.v1.Version.$Properties|null);

                /** Applied contentRoot. */
                contentRoot: Uint8Array;

                /** Applied tookMs. */
                tookMs: number;

                /** Applied quarantined. */
                quarantined: holdfast.sync.v1.Quarantined.$Properties[];

                /** Applied already. */
                already: boolean;

                /**
                 * Encodes the specified Applied message. Does not implicitly {@link holdfast.sync.v1.Applied.verify|verify} messages.
                 * @param message Applied message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.sync.v1.Applied.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an Applied message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Applied & holdfast.sync.v1.Applied.$Shape} Applied
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.sync.v1.Applied & holdfast.sync.v1.Applied.$Shape;
            }

            namespace Applied {

                /** Properties of an Applied. */
                interface $Properties {

                    /** Applied version */
                    version?: (holdfast.sync.v1.Version.$Properties|null);

                    /** Applied contentRoot */
                    contentRoot?: (Uint8Array|null);

                    /** Applied tookMs */
                    tookMs?: (number|null);

                    /** Applied quarantined */
                    quarantined?: (holdfast.sync.v1.Quarantined.$Properties[]|null);

                    /** Applied already */
                    already?: (boolean|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an Applied. */
                type $Shape = holdfast.sync.v1.Applied.$Properties;
            }

            /**
             * Properties of a Quarantined.
             * @deprecated Use holdfast.sync.v1.Quarantined.$Properties instead.
             */
            interface IQuarantined extends holdfast.sync.v1.Quarantined.$Properties {
            }

            /** Represents a Quarantined. */
            class Quarantined {

                /**
                 * Constructs a new Quarantined.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.sync.v1.Quarantined.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Quarantined kind. */
                kind: string;

                /** Quarantined id. */
                id: Uint8Array;

                /** Quarantined code. */
                code: string;

                /** Quarantined reason. */
                reason: string;

                /**
                 * Encodes the specified Quarantined message. Does not implicitly {@link holdfast.sync.v1.Quarantined.verify|verify} messages.
                 * @param message Quarantined message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.sync.v1.Quarantined.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Quarantined message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Quarantined & holdfast.sync.v1.Quarantined.$Shape} Quarantined
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.sync.v1.Quarantined & holdfast.sync.v1.Quarantined.$Shape;
            }

            namespace Quarantined {

                /** Properties of a Quarantined. */
                interface $Properties {

                    /** Quarantined kind */
                    kind?: (string|null);

                    /** Quarantined id */
                    id?: (Uint8Array|null);

                    /** Quarantined code */
                    code?: (string|null);

                    /** Quarantined reason */
                    reason?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Quarantined. */
                type $Shape = holdfast.sync.v1.Quarantined.$Properties;
            }

            /**
             * Properties of a Rejected.
             * @deprecated Use holdfast.sync.v1.Rejected.$Properties instead.
             */
            interface IRejected extends holdfast.sync.v1.Rejected.$Properties {
            }

            /** Represents a Rejected. */
            class Rejected {

                /**
                 * Constructs a new Rejected.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.sync.v1.Rejected.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Rejected version. */
                version?: (holdfast.sync.v1.Version.$Properties|null);

                /** Rejected code. */
                code: string;

                /** Rejected reasons. */
                reasons: string[];

                /**
                 * Encodes the specified Rejected message. Does not implicitly {@link holdfast.sync.v1.Rejected.verify|verify} messages.
                 * @param message Rejected message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.sync.v1.Rejected.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Rejected message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Rejected & holdfast.sync.v1.Rejected.$Shape} Rejected
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.sync.v1.Rejected & holdfast.sync.v1.Rejected.$Shape;
            }

            namespace Rejected {

                /** Properties of a Rejected. */
                interface $Properties {

                    /** Rejected version */
                    version?: (holdfast.sync.v1.Version.$Properties|null);

                    /** Rejected code */
                    code?: (string|null);

                    /** Rejected reasons */
                    reasons?: (string[]|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Rejected. */
                type $Shape = holdfast.sync.v1.Rejected.$Properties;
            }

            /**
             * Properties of a FellBack.
             * @deprecated Use holdfast.sync.v1.FellBack.$Properties instead.
             */
            interface IFellBack extends holdfast.sync.v1.FellBack.$Properties {
            }

            /** Represents a FellBack. */
            class FellBack {

                /**
                 * Constructs a new FellBack.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.sync.v1.FellBack.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** FellBack from. */
                from?: (holdfast.sync.v1.Version.$Properties|null);

                /** FellBack to. */
                to?: (holdfast.sync.v1.Version.$Properties|null);

                /** FellBack fromRoot. */
                fromRoot: Uint8Array;

                /** FellBack reason. */
                reason: string;

                /**
                 * Encodes the specified FellBack message. Does not implicitly {@link holdfast.sync.v1.FellBack.verify|verify} messages.
                 * @param message FellBack message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.sync.v1.FellBack.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a FellBack message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.FellBack & holdfast.sync.v1.FellBack.$Shape} FellBack
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.sync.v1.FellBack & holdfast.sync.v1.FellBack.$Shape;
            }

            namespace FellBack {

                /** Properties of a FellBack. */
                interface $Properties {

                    /** FellBack from */
                    from?: (holdfast.sync.v1.Version.$Properties|null);

                    /** FellBack to */
                    to?: (holdfast.sync.v1.Version.$Properties|null);

                    /** FellBack fromRoot */
                    fromRoot?: (Uint8Array|null);

                    /** FellBack reason */
                    reason?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a FellBack. */
                type $Shape = holdfast.sync.v1.FellBack.$Properties;
            }

            /**
             * Properties of a Head.
             * @deprecated Use holdfast.sync.v1.Head.$Properties instead.
             */
            interface IHead extends holdfast.sync.v1.Head.$Properties {
            }

            /** Represents a Head. */
            class Head {

                /**
                 * Constructs a new Head.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.sync.v1.Head.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Head headStatement. */
                headStatement: string;

                /**
                 * Encodes the specified Head message. Does not implicitly {@link holdfast.sync.v1.Head.verify|verify} messages.
                 * @param message Head message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.sync.v1.Head.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Head message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Head & holdfast.sync.v1.Head.$Shape} Head
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.sync.v1.Head & holdfast.sync.v1.Head.$Shape;
            }

            namespace Head {

                /** Properties of a Head. */
                interface $Properties {

                    /** Head headStatement */
                    headStatement?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Head. */
                type $Shape = holdfast.sync.v1.Head.$Properties;
            }

            /**
             * Properties of a Ping.
             * @deprecated Use holdfast.sync.v1.Ping.$Properties instead.
             */
            interface IPing extends holdfast.sync.v1.Ping.$Properties {
            }

            /** Represents a Ping. */
            class Ping {

                /**
                 * Constructs a new Ping.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.sync.v1.Ping.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Ping nonce. */
                nonce: number;

                /** Ping answer. */
                answer: boolean;

                /**
                 * Encodes the specified Ping message. Does not implicitly {@link holdfast.sync.v1.Ping.verify|verify} messages.
                 * @param message Ping message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.sync.v1.Ping.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Ping message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Ping & holdfast.sync.v1.Ping.$Shape} Ping
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.sync.v1.Ping & holdfast.sync.v1.Ping.$Shape;
            }

            namespace Ping {

                /** Properties of a Ping. */
                interface $Properties {

                    /** Ping nonce */
                    nonce?: (number|null);

                    /** Ping answer */
                    answer?: (boolean|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Ping. */
                type $Shape = holdfast.sync.v1.Ping.$Properties;
            }

            /**
             * Properties of a Telemetry.
             * @deprecated Use holdfast.sync.v1.Telemetry.$Properties instead.
             */
            interface ITelemetry extends holdfast.sync.v1.Telemetry.$Properties {
            }

            /** Represents a Telemetry. */
            class Telemetry {

                /**
                 * Constructs a new Telemetry.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.sync.v1.Telemetry.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Telemetry bootId. */
                bootId: Uint8Array;

                /** Telemetry sequence. */
                sequence: number;

                /** Telemetry batch. */
                batch: Uint8Array;

                /** Telemetry records. */
                records: boolean;

                /**
                 * Encodes the specified Telemetry message. Does not implicitly {@link holdfast.sync.v1.Telemetry.verify|verify} messages.
                 * @param message Telemetry message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.sync.v1.Telemetry.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Telemetry message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Telemetry & holdfast.sync.v1.Telemetry.$Shape} Telemetry
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.sync.v1.Telemetry & holdfast.sync.v1.Telemetry.$Shape;
            }

            namespace Telemetry {

                /** Properties of a Telemetry. */
                interface $Properties {

                    /** Telemetry bootId */
                    bootId?: (Uint8Array|null);

                    /** Telemetry sequence */
                    sequence?: (number|null);

                    /** Telemetry batch */
                    batch?: (Uint8Array|null);

                    /** Telemetry records */
                    records?: (boolean|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Telemetry. */
                type $Shape = holdfast.sync.v1.Telemetry.$Properties;
            }

            /**
             * Properties of a TelemetryAck.
             * @deprecated Use holdfast.sync.v1.TelemetryAck.$Properties instead.
             */
            interface ITelemetryAck extends holdfast.sync.v1.TelemetryAck.$Properties {
            }

            /** Represents a TelemetryAck. */
            class TelemetryAck {

                /**
                 * Constructs a new TelemetryAck.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.sync.v1.TelemetryAck.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** TelemetryAck bootId. */
                bootId: Uint8Array;

                /** TelemetryAck sequence. */
                sequence: number;

                /** TelemetryAck records. */
                records: boolean;

                /**
                 * Encodes the specified TelemetryAck message. Does not implicitly {@link holdfast.sync.v1.TelemetryAck.verify|verify} messages.
                 * @param message TelemetryAck message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.sync.v1.TelemetryAck.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a TelemetryAck message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.TelemetryAck & holdfast.sync.v1.TelemetryAck.$Shape} TelemetryAck
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.sync.v1.TelemetryAck & holdfast.sync.v1.TelemetryAck.$Shape;
            }

            namespace TelemetryAck {

                /** Properties of a TelemetryAck. */
                interface $Properties {

                    /** TelemetryAck bootId */
                    bootId?: (Uint8Array|null);

                    /** TelemetryAck sequence */
                    sequence?: (number|null);

                    /** TelemetryAck records */
                    records?: (boolean|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a TelemetryAck. */
                type $Shape = holdfast.sync.v1.TelemetryAck.$Properties;
            }

            /**
             * Properties of a Credit.
             * @deprecated Use holdfast.sync.v1.Credit.$Properties instead.
             */
            interface ICredit extends holdfast.sync.v1.Credit.$Properties {
            }

            /** Represents a Credit. */
            class Credit {

                /**
                 * Constructs a new Credit.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.sync.v1.Credit.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Credit chunks. */
                chunks: number;

                /** Credit telemetry. */
                telemetry: number;

                /** Credit records. */
                records: number;

                /**
                 * Encodes the specified Credit message. Does not implicitly {@link holdfast.sync.v1.Credit.verify|verify} messages.
                 * @param message Credit message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.sync.v1.Credit.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Credit message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Credit & holdfast.sync.v1.Credit.$Shape} Credit
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.sync.v1.Credit & holdfast.sync.v1.Credit.$Shape;
            }

            namespace Credit {

                /** Properties of a Credit. */
                interface $Properties {

                    /** Credit chunks */
                    chunks?: (number|null);

                    /** Credit telemetry */
                    telemetry?: (number|null);

                    /** Credit records */
                    records?: (number|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Credit. */
                type $Shape = holdfast.sync.v1.Credit.$Properties;
            }

            /**
             * Properties of a Renew.
             * @deprecated Use holdfast.sync.v1.Renew.$Properties instead.
             */
            interface IRenew extends holdfast.sync.v1.Renew.$Properties {
            }

            /** Represents a Renew. */
            class Renew {

                /**
                 * Constructs a new Renew.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.sync.v1.Renew.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Renew certificateRequest. */
                certificateRequest: Uint8Array;

                /**
                 * Encodes the specified Renew message. Does not implicitly {@link holdfast.sync.v1.Renew.verify|verify} messages.
                 * @param message Renew message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.sync.v1.Renew.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Renew message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Renew & holdfast.sync.v1.Renew.$Shape} Renew
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.sync.v1.Renew & holdfast.sync.v1.Renew.$Shape;
            }

            namespace Renew {

                /** Properties of a Renew. */
                interface $Properties {

                    /** Renew certificateRequest */
                    certificateRequest?: (Uint8Array|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Renew. */
                type $Shape = holdfast.sync.v1.Renew.$Properties;
            }

            /**
             * Properties of a Renewed.
             * @deprecated Use holdfast.sync.v1.Renewed.$Properties instead.
             */
            interface IRenewed extends holdfast.sync.v1.Renewed.$Properties {
            }

            /** Represents a Renewed. */
            class Renewed {

                /**
                 * Constructs a new Renewed.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.sync.v1.Renewed.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Renewed certificateChain. */
                certificateChain: string;

                /**
                 * Encodes the specified Renewed message. Does not implicitly {@link holdfast.sync.v1.Renewed.verify|verify} messages.
                 * @param message Renewed message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.sync.v1.Renewed.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Renewed message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Renewed & holdfast.sync.v1.Renewed.$Shape} Renewed
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.sync.v1.Renewed & holdfast.sync.v1.Renewed.$Shape;
            }

            namespace Renewed {

                /** Properties of a Renewed. */
                interface $Properties {

                    /** Renewed certificateChain */
                    certificateChain?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Renewed. */
                type $Shape = holdfast.sync.v1.Renewed.$Properties;
            }

            /**
             * Properties of a Question.
             * @deprecated Use holdfast.sync.v1.Question.$Properties instead.
             */
            interface IQuestion extends holdfast.sync.v1.Question.$Properties {
            }

            /** Represents a Question. */
            class Question {

                /**
                 * Constructs a new Question.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.sync.v1.Question.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Question id. */
                id: number;

                /** Question subject. */
                subject: string;

                /** Question document. */
                document: Uint8Array;

                /**
                 * Encodes the specified Question message. Does not implicitly {@link holdfast.sync.v1.Question.verify|verify} messages.
                 * @param message Question message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.sync.v1.Question.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Question message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Question & holdfast.sync.v1.Question.$Shape} Question
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.sync.v1.Question & holdfast.sync.v1.Question.$Shape;
            }

            namespace Question {

                /** Properties of a Question. */
                interface $Properties {

                    /** Question id */
                    id?: (number|null);

                    /** Question subject */
                    subject?: (string|null);

                    /** Question document */
                    document?: (Uint8Array|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Question. */
                type $Shape = holdfast.sync.v1.Question.$Properties;
            }

            /**
             * Properties of an Answer.
             * @deprecated Use holdfast.sync.v1.Answer.$Properties instead.
             */
            interface IAnswer extends holdfast.sync.v1.Answer.$Properties {
            }

            /** Represents an Answer. */
            class Answer {

                /**
                 * Constructs a new Answer.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.sync.v1.Answer.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Answer id. */
                id: number;

                /** Answer document. */
                document: Uint8Array;

                /** Answer problem. */
                problem: string;

                /**
                 * Encodes the specified Answer message. Does not implicitly {@link holdfast.sync.v1.Answer.verify|verify} messages.
                 * @param message Answer message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.sync.v1.Answer.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an Answer message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Answer & holdfast.sync.v1.Answer.$Shape} Answer
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.sync.v1.Answer & holdfast.sync.v1.Answer.$Shape;
            }

            namespace Answer {

                /** Properties of an Answer. */
                interface $Properties {

                    /** Answer id */
                    id?: (number|null);

                    /** Answer document */
                    document?: (Uint8Array|null);

                    /** Answer problem */
                    problem?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an Answer. */
                type $Shape = holdfast.sync.v1.Answer.$Properties;
            }

            /**
             * Properties of a Trust.
             * @deprecated Use holdfast.sync.v1.Trust.$Properties instead.
             */
            interface ITrust extends holdfast.sync.v1.Trust.$Properties {
            }

            /** Represents a Trust. */
            class Trust {

                /**
                 * Constructs a new Trust.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.sync.v1.Trust.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Trust rootStatements. */
                rootStatements: string[];

                /** Trust delegationStatement. */
                delegationStatement: string;

                /** Trust contentKeys. */
                contentKeys: holdfast.sync.v1.WrappedKey.$Properties[];

                /** Trust authoritiesStatement. */
                authoritiesStatement: string;

                /**
                 * Encodes the specified Trust message. Does not implicitly {@link holdfast.sync.v1.Trust.verify|verify} messages.
                 * @param message Trust message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.sync.v1.Trust.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Trust message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Trust & holdfast.sync.v1.Trust.$Shape} Trust
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.sync.v1.Trust & holdfast.sync.v1.Trust.$Shape;
            }

            namespace Trust {

                /** Properties of a Trust. */
                interface $Properties {

                    /** Trust rootStatements */
                    rootStatements?: (string[]|null);

                    /** Trust delegationStatement */
                    delegationStatement?: (string|null);

                    /** Trust contentKeys */
                    contentKeys?: (holdfast.sync.v1.WrappedKey.$Properties[]|null);

                    /** Trust authoritiesStatement */
                    authoritiesStatement?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Trust. */
                type $Shape = holdfast.sync.v1.Trust.$Properties;
            }

            /**
             * Properties of a Notice.
             * @deprecated Use holdfast.sync.v1.Notice.$Properties instead.
             */
            interface INotice extends holdfast.sync.v1.Notice.$Properties {
            }

            /** Represents a Notice. */
            class Notice {

                /**
                 * Constructs a new Notice.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.sync.v1.Notice.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Notice code. */
                code: string;

                /** Notice detail. */
                detail: string;

                /** Notice version. */
                version?: (holdfast.sync.v1.Version.$Properties|null);

                /**
                 * Encodes the specified Notice message. Does not implicitly {@link holdfast.sync.v1.Notice.verify|verify} messages.
                 * @param message Notice message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.sync.v1.Notice.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Notice message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Notice & holdfast.sync.v1.Notice.$Shape} Notice
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.sync.v1.Notice & holdfast.sync.v1.Notice.$Shape;
            }

            namespace Notice {

                /** Properties of a Notice. */
                interface $Properties {

                    /** Notice code */
                    code?: (string|null);

                    /** Notice detail */
                    detail?: (string|null);

                    /** Notice version */
                    version?: (holdfast.sync.v1.Version.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Notice. */
                type $Shape = holdfast.sync.v1.Notice.$Properties;
            }

            /**
             * Properties of a Health.
             * @deprecated Use holdfast.sync.v1.Health.$Properties instead.
             */
            interface IHealth extends holdfast.sync.v1.Health.$Properties {
            }

            /** Represents a Health. */
            class Health {

                /**
                 * Constructs a new Health.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.sync.v1.Health.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Health targets. */
                targets: holdfast.sync.v1.TargetHealth.$Properties[];

                /** Health leftOut. */
                leftOut: number;

                /**
                 * Encodes the specified Health message. Does not implicitly {@link holdfast.sync.v1.Health.verify|verify} messages.
                 * @param message Health message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.sync.v1.Health.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Health message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Health & holdfast.sync.v1.Health.$Shape} Health
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.sync.v1.Health & holdfast.sync.v1.Health.$Shape;
            }

            namespace Health {

                /** Properties of a Health. */
                interface $Properties {

                    /** Health targets */
                    targets?: (holdfast.sync.v1.TargetHealth.$Properties[]|null);

                    /** Health leftOut */
                    leftOut?: (number|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Health. */
                type $Shape = holdfast.sync.v1.Health.$Properties;
            }

            /**
             * Properties of a TargetHealth.
             * @deprecated Use holdfast.sync.v1.TargetHealth.$Properties instead.
             */
            interface ITargetHealth extends holdfast.sync.v1.TargetHealth.$Properties {
            }

            /** Represents a TargetHealth. */
            class TargetHealth {

                /**
                 * Constructs a new TargetHealth.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.sync.v1.TargetHealth.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** TargetHealth id. */
                id: Uint8Array;

                /** TargetHealth addresses. */
                addresses: holdfast.sync.v1.AddressHealth.$Properties[];

                /**
                 * Encodes the specified TargetHealth message. Does not implicitly {@link holdfast.sync.v1.TargetHealth.verify|verify} messages.
                 * @param message TargetHealth message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.sync.v1.TargetHealth.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a TargetHealth message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.TargetHealth & holdfast.sync.v1.TargetHealth.$Shape} TargetHealth
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.sync.v1.TargetHealth & holdfast.sync.v1.TargetHealth.$Shape;
            }

            namespace TargetHealth {

                /** Properties of a TargetHealth. */
                interface $Properties {

                    /** TargetHealth id */
                    id?: (Uint8Array|null);

                    /** TargetHealth addresses */
                    addresses?: (holdfast.sync.v1.AddressHealth.$Properties[]|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a TargetHealth. */
                type $Shape = holdfast.sync.v1.TargetHealth.$Properties;
            }

            /**
             * Properties of an AddressHealth.
             * @deprecated Use holdfast.sync.v1.AddressHealth.$Properties instead.
             */
            interface IAddressHealth extends holdfast.sync.v1.AddressHealth.$Properties {
            }

            /** Represents an AddressHealth. */
            class AddressHealth {

                /**
                 * Constructs a new AddressHealth.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.sync.v1.AddressHealth.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** AddressHealth ip. */
                ip: string;

                /** AddressHealth port. */
                port: number;

                /** AddressHealth state. */
                state: string;

                /** AddressHealth cause. */
                cause: string;

                /** AddressHealth sinceMs. */
                sinceMs: number;

                /**
                 * Encodes the specified AddressHealth message. Does not implicitly {@link holdfast.sync.v1.AddressHealth.verify|verify} messages.
                 * @param message AddressHealth message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.sync.v1.AddressHealth.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an AddressHealth message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.AddressHealth & holdfast.sync.v1.AddressHealth.$Shape} AddressHealth
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.sync.v1.AddressHealth & holdfast.sync.v1.AddressHealth.$Shape;
            }

            namespace AddressHealth {

                /** Properties of an AddressHealth. */
                interface $Properties {

                    /** AddressHealth ip */
                    ip?: (string|null);

                    /** AddressHealth port */
                    port?: (number|null);

                    /** AddressHealth state */
                    state?: (string|null);

                    /** AddressHealth cause */
                    cause?: (string|null);

                    /** AddressHealth sinceMs */
                    sinceMs?: (number|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an AddressHealth. */
                type $Shape = holdfast.sync.v1.AddressHealth.$Properties;
            }

            /**
             * Properties of a Counts.
             * @deprecated Use holdfast.sync.v1.Counts.$Properties instead.
             */
            interface ICounts extends holdfast.sync.v1.Counts.$Properties {
            }

            /** Represents a Counts. */
            class Counts {

                /**
                 * Constructs a new Counts.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.sync.v1.Counts.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Counts windows. */
                windows: holdfast.sync.v1.CountedWindow.$Properties[];

                /**
                 * Encodes the specified Counts message. Does not implicitly {@link holdfast.sync.v1.Counts.verify|verify} messages.
                 * @param message Counts message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.sync.v1.Counts.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Counts message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Counts & holdfast.sync.v1.Counts.$Shape} Counts
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.sync.v1.Counts & holdfast.sync.v1.Counts.$Shape;
            }

            namespace Counts {

                /** Properties of a Counts. */
                interface $Properties {

                    /** Counts windows */
                    windows?: (holdfast.sync.v1.CountedWindow.$Properties[]|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Counts. */
                type $Shape = holdfast.sync.v1.Counts.$Properties;
            }

            /**
             * Properties of a CountedWindow.
             * @deprecated Use holdfast.sync.v1.CountedWindow.$Properties instead.
             */
            interface ICountedWindow extends holdfast.sync.v1.CountedWindow.$Properties {
            }

            /** Represents a CountedWindow. */
            class CountedWindow {

                /**
                 * Constructs a new CountedWindow.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.sync.v1.CountedWindow.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** CountedWindow startMs. */
                startMs: number;

                /** CountedWindow windowMs. */
                windowMs: number;

                /** CountedWindow sliding. */
                sliding: boolean;

                /** CountedWindow keys. */
                keys: Uint8Array;

                /** CountedWindow counts. */
                counts: number[];

                /**
                 * Encodes the specified CountedWindow message. Does not implicitly {@link holdfast.sync.v1.CountedWindow.verify|verify} messages.
                 * @param message CountedWindow message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.sync.v1.CountedWindow.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a CountedWindow message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.CountedWindow & holdfast.sync.v1.CountedWindow.$Shape} CountedWindow
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.sync.v1.CountedWindow & holdfast.sync.v1.CountedWindow.$Shape;
            }

            namespace CountedWindow {

                /** Properties of a CountedWindow. */
                interface $Properties {

                    /** CountedWindow startMs */
                    startMs?: (number|null);

                    /** CountedWindow windowMs */
                    windowMs?: (number|null);

                    /** CountedWindow sliding */
                    sliding?: (boolean|null);

                    /** CountedWindow keys */
                    keys?: (Uint8Array|null);

                    /** CountedWindow counts */
                    counts?: (number[]|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a CountedWindow. */
                type $Shape = holdfast.sync.v1.CountedWindow.$Properties;
            }

            /**
             * Properties of a CachePurges.
             * @deprecated Use holdfast.sync.v1.CachePurges.$Properties instead.
             */
            interface ICachePurges extends holdfast.sync.v1.CachePurges.$Properties {
            }

            /** Represents a CachePurges. */
            class CachePurges {

                /**
                 * Constructs a new CachePurges.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.sync.v1.CachePurges.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** CachePurges forgottenMs. */
                forgottenMs: number;

                /** CachePurges purges. */
                purges: holdfast.sync.v1.CachePurge.$Properties[];

                /**
                 * Encodes the specified CachePurges message. Does not implicitly {@link holdfast.sync.v1.CachePurges.verify|verify} messages.
                 * @param message CachePurges message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.sync.v1.CachePurges.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a CachePurges message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.CachePurges & holdfast.sync.v1.CachePurges.$Shape} CachePurges
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.sync.v1.CachePurges & holdfast.sync.v1.CachePurges.$Shape;
            }

            namespace CachePurges {

                /** Properties of a CachePurges. */
                interface $Properties {

                    /** CachePurges forgottenMs */
                    forgottenMs?: (number|null);

                    /** CachePurges purges */
                    purges?: (holdfast.sync.v1.CachePurge.$Properties[]|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a CachePurges. */
                type $Shape = holdfast.sync.v1.CachePurges.$Properties;
            }

            /**
             * Properties of a CachePurge.
             * @deprecated Use holdfast.sync.v1.CachePurge.$Properties instead.
             */
            interface ICachePurge extends holdfast.sync.v1.CachePurge.$Properties {
            }

            /** Represents a CachePurge. */
            class CachePurge {

                /**
                 * Constructs a new CachePurge.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.sync.v1.CachePurge.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** CachePurge atMs. */
                atMs: number;

                /** CachePurge pluginId. */
                pluginId: Uint8Array;

                /** CachePurge cacheKey. */
                cacheKey: string;

                /**
                 * Encodes the specified CachePurge message. Does not implicitly {@link holdfast.sync.v1.CachePurge.verify|verify} messages.
                 * @param message CachePurge message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.sync.v1.CachePurge.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a CachePurge message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.CachePurge & holdfast.sync.v1.CachePurge.$Shape} CachePurge
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.sync.v1.CachePurge & holdfast.sync.v1.CachePurge.$Shape;
            }

            namespace CachePurge {

                /** Properties of a CachePurge. */
                interface $Properties {

                    /** CachePurge atMs */
                    atMs?: (number|null);

                    /** CachePurge pluginId */
                    pluginId?: (Uint8Array|null);

                    /** CachePurge cacheKey */
                    cacheKey?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a CachePurge. */
                type $Shape = holdfast.sync.v1.CachePurge.$Properties;
            }

            /**
             * Properties of a Bye.
             * @deprecated Use holdfast.sync.v1.Bye.$Properties instead.
             */
            interface IBye extends holdfast.sync.v1.Bye.$Properties {
            }

            /** Represents a Bye. */
            class Bye {

                /**
                 * Constructs a new Bye.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.sync.v1.Bye.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Bye code. */
                code: string;

                /** Bye reason. */
                reason: string;

                /** Bye retryAfterMs. */
                retryAfterMs: number;

                /**
                 * Encodes the specified Bye message. Does not implicitly {@link holdfast.sync.v1.Bye.verify|verify} messages.
                 * @param message Bye message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.sync.v1.Bye.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Bye message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Bye & holdfast.sync.v1.Bye.$Shape} Bye
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.sync.v1.Bye & holdfast.sync.v1.Bye.$Shape;
            }

            namespace Bye {

                /** Properties of a Bye. */
                interface $Properties {

                    /** Bye code */
                    code?: (string|null);

                    /** Bye reason */
                    reason?: (string|null);

                    /** Bye retryAfterMs */
                    retryAfterMs?: (number|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Bye. */
                type $Shape = holdfast.sync.v1.Bye.$Properties;
            }

            /**
             * Properties of a SnapshotContent.
             * @deprecated Use holdfast.sync.v1.SnapshotContent.$Properties instead.
             */
            interface ISnapshotContent extends holdfast.sync.v1.SnapshotContent.$Properties {
            }

            /** Represents a SnapshotContent. */
            class SnapshotContent {

                /**
                 * Constructs a new SnapshotContent.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.sync.v1.SnapshotContent.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** SnapshotContent leaves. */
                leaves: holdfast.sync.v1.Leaf.$Properties[];

                /**
                 * Encodes the specified SnapshotContent message. Does not implicitly {@link holdfast.sync.v1.SnapshotContent.verify|verify} messages.
                 * @param message SnapshotContent message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.sync.v1.SnapshotContent.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a SnapshotContent message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.SnapshotContent & holdfast.sync.v1.SnapshotContent.$Shape} SnapshotContent
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.sync.v1.SnapshotContent & holdfast.sync.v1.SnapshotContent.$Shape;
            }

            namespace SnapshotContent {

                /** Properties of a SnapshotContent. */
                interface $Properties {

                    /** SnapshotContent leaves */
                    leaves?: (holdfast.sync.v1.Leaf.$Properties[]|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a SnapshotContent. */
                type $Shape = holdfast.sync.v1.SnapshotContent.$Properties;
            }

            /**
             * Properties of a DeltaContent.
             * @deprecated Use holdfast.sync.v1.DeltaContent.$Properties instead.
             */
            interface IDeltaContent extends holdfast.sync.v1.DeltaContent.$Properties {
            }

            /** Represents a DeltaContent. */
            class DeltaContent {

                /**
                 * Constructs a new DeltaContent.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.sync.v1.DeltaContent.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** DeltaContent changes. */
                changes: holdfast.sync.v1.LeafChange.$Properties[];

                /**
                 * Encodes the specified DeltaContent message. Does not implicitly {@link holdfast.sync.v1.DeltaContent.verify|verify} messages.
                 * @param message DeltaContent message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.sync.v1.DeltaContent.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a DeltaContent message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.DeltaContent & holdfast.sync.v1.DeltaContent.$Shape} DeltaContent
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.sync.v1.DeltaContent & holdfast.sync.v1.DeltaContent.$Shape;
            }

            namespace DeltaContent {

                /** Properties of a DeltaContent. */
                interface $Properties {

                    /** DeltaContent changes */
                    changes?: (holdfast.sync.v1.LeafChange.$Properties[]|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a DeltaContent. */
                type $Shape = holdfast.sync.v1.DeltaContent.$Properties;
            }

            /**
             * Properties of a Leaf.
             * @deprecated Use holdfast.sync.v1.Leaf.$Properties instead.
             */
            interface ILeaf extends holdfast.sync.v1.Leaf.$Properties {
            }

            /** Represents a Leaf. */
            class Leaf {

                /**
                 * Constructs a new Leaf.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.sync.v1.Leaf.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Leaf kind. */
                kind: string;

                /** Leaf id. */
                id: Uint8Array;

                /** Leaf entity. */
                entity: Uint8Array;

                /**
                 * Encodes the specified Leaf message. Does not implicitly {@link holdfast.sync.v1.Leaf.verify|verify} messages.
                 * @param message Leaf message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.sync.v1.Leaf.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Leaf message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Leaf & holdfast.sync.v1.Leaf.$Shape} Leaf
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.sync.v1.Leaf & holdfast.sync.v1.Leaf.$Shape;
            }

            namespace Leaf {

                /** Properties of a Leaf. */
                interface $Properties {

                    /** Leaf kind */
                    kind?: (string|null);

                    /** Leaf id */
                    id?: (Uint8Array|null);

                    /** Leaf entity */
                    entity?: (Uint8Array|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Leaf. */
                type $Shape = holdfast.sync.v1.Leaf.$Properties;
            }

            /**
             * Properties of a LeafChange.
             * @deprecated Use holdfast.sync.v1.LeafChange.$Properties instead.
             */
            interface ILeafChange extends holdfast.sync.v1.LeafChange.$Properties {
            }

            /** Represents a LeafChange. */
            class LeafChange {

                /**
                 * Constructs a new LeafChange.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.sync.v1.LeafChange.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** LeafChange kind. */
                kind: string;

                /** LeafChange id. */
                id: Uint8Array;

                /** LeafChange entity. */
                entity: Uint8Array;

                /** LeafChange deleted. */
                deleted: boolean;

                /**
                 * Encodes the specified LeafChange message. Does not implicitly {@link holdfast.sync.v1.LeafChange.verify|verify} messages.
                 * @param message LeafChange message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.sync.v1.LeafChange.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a LeafChange message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.LeafChange & holdfast.sync.v1.LeafChange.$Shape} LeafChange
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.sync.v1.LeafChange & holdfast.sync.v1.LeafChange.$Shape;
            }

            namespace LeafChange {

                /** Properties of a LeafChange. */
                interface $Properties {

                    /** LeafChange kind */
                    kind?: (string|null);

                    /** LeafChange id */
                    id?: (Uint8Array|null);

                    /** LeafChange entity */
                    entity?: (Uint8Array|null);

                    /** LeafChange deleted */
                    deleted?: (boolean|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a LeafChange. */
                type $Shape = holdfast.sync.v1.LeafChange.$Properties;
            }
        }
    }
}
