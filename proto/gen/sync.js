/*eslint-disable block-scoped-var, id-length, no-control-regex, no-magic-numbers, no-mixed-operators, no-prototype-builtins, no-redeclare, no-shadow, no-var, sort-vars, default-case, jsdoc/require-param*/
import $protobuf from "protobufjs/minimal.js";

// Common aliases
const $Reader = $protobuf.Reader, $Writer = $protobuf.Writer, $util = $protobuf.util;
const $Object = $util.global.Object, $undefined = $util.global.undefined, $Error = $util.global.Error, $RangeError = $util.global.RangeError;

// Exported root namespace
const $root = $protobuf.roots["holdfast-sync"] || ($protobuf.roots["holdfast-sync"] = {});

export const holdfast = $root.holdfast = (() => {

    /**
     * Namespace holdfast.
     * @exports holdfast
     * @namespace
     */
    const holdfast = {};

    holdfast.sync = (function() {

        /**
         * Namespace sync.
         * @memberof holdfast
         * @namespace
         */
        const sync = {};

        sync.v1 = (function() {

            /**
             * Namespace v1.
             * @memberof holdfast.sync
             * @namespace
             */
            const v1 = {};

            v1.Envelope = (function() {

                /**
                 * Properties of an Envelope.
                 * @typedef {Object} holdfast.sync.v1.Envelope.$Properties
                 * @property {Uint8Array|null} [gatewayId] Envelope gatewayId
                 * @property {holdfast.sync.v1.Hello.$Properties|null} [hello] Envelope hello
                 * @property {holdfast.sync.v1.Welcome.$Properties|null} [welcome] Envelope welcome
                 * @property {holdfast.sync.v1.Snapshot.$Properties|null} [snapshot] Envelope snapshot
                 * @property {holdfast.sync.v1.Delta.$Properties|null} [delta] Envelope delta
                 * @property {holdfast.sync.v1.Chunk.$Properties|null} [chunk] Envelope chunk
                 * @property {holdfast.sync.v1.Applied.$Properties|null} [applied] Envelope applied
                 * @property {holdfast.sync.v1.Rejected.$Properties|null} [rejected] Envelope rejected
                 * @property {holdfast.sync.v1.FellBack.$Properties|null} [fellBack] Envelope fellBack
                 * @property {holdfast.sync.v1.Head.$Properties|null} [head] Envelope head
                 * @property {holdfast.sync.v1.Ping.$Properties|null} [ping] Envelope ping
                 * @property {holdfast.sync.v1.Telemetry.$Properties|null} [telemetry] Envelope telemetry
                 * @property {holdfast.sync.v1.TelemetryAck.$Properties|null} [telemetryAck] Envelope telemetryAck
                 * @property {holdfast.sync.v1.Credit.$Properties|null} [credit] Envelope credit
                 * @property {holdfast.sync.v1.Renew.$Properties|null} [renew] Envelope renew
                 * @property {holdfast.sync.v1.Renewed.$Properties|null} [renewed] Envelope renewed
                 * @property {holdfast.sync.v1.Bye.$Properties|null} [bye] Envelope bye
                 * @property {"hello"|"welcome"|"snapshot"|"delta"|"chunk"|"applied"|"rejected"|"fellBack"|"head"|"ping"|"telemetry"|"telemetryAck"|"credit"|"renew"|"renewed"|"bye"} [body] Envelope body
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */

                /**
                 * Properties of an Envelope.
                 * @memberof holdfast.sync.v1
                 * @interface IEnvelope
                 * @augments holdfast.sync.v1.Envelope.$Properties
                 * @deprecated Use holdfast.sync.v1.Envelope.$Properties instead.
                 */

                /**
                 * Narrowed shape of an Envelope.
                 * @typedef {{
                 *   gatewayId?: Uint8Array|null;
                 *   hello?: holdfast.sync.v1.Hello.$Shape|null;
                 *   welcome?: holdfast.sync.v1.Welcome.$Shape|null;
                 *   snapshot?: holdfast.sync.v1.Snapshot.$Shape|null;
                 *   delta?: holdfast.sync.v1.Delta.$Shape|null;
                 *   chunk?: holdfast.sync.v1.Chunk.$Shape|null;
                 *   applied?: holdfast.sync.v1.Applied.$Shape|null;
                 *   rejected?: holdfast.sync.v1.Rejected.$Shape|null;
                 *   fellBack?: holdfast.sync.v1.FellBack.$Shape|null;
                 *   head?: holdfast.sync.v1.Head.$Shape|null;
                 *   ping?: holdfast.sync.v1.Ping.$Shape|null;
                 *   telemetry?: holdfast.sync.v1.Telemetry.$Shape|null;
                 *   telemetryAck?: holdfast.sync.v1.TelemetryAck.$Shape|null;
                 *   credit?: holdfast.sync.v1.Credit.$Shape|null;
                 *   renew?: holdfast.sync.v1.Renew.$Shape|null;
                 *   renewed?: holdfast.sync.v1.Renewed.$Shape|null;
                 *   bye?: holdfast.sync.v1.Bye.$Shape|null;
                 *   $unknowns?: Array.<Uint8Array>;
                 * } & (
                 *   ({ body?: undefined; hello?: null; welcome?: null; snapshot?: null; delta?: null; chunk?: null; applied?: null; rejected?: null; fellBack?: null; head?: null; ping?: null; telemetry?: null; telemetryAck?: null; credit?: null; renew?: null; renewed?: null; bye?: null }|{ body?: "hello"; hello: holdfast.sync.v1.Hello.$Shape; welcome?: null; snapshot?: null; delta?: null; chunk?: null; applied?: null; rejected?: null; fellBack?: null; head?: null; ping?: null; telemetry?: null; telemetryAck?: null; credit?: null; renew?: null; renewed?: null; bye?: null }|{ body?: "welcome"; hello?: null; welcome: holdfast.sync.v1.Welcome.$Shape; snapshot?: null; delta?: null; chunk?: null; applied?: null; rejected?: null; fellBack?: null; head?: null; ping?: null; telemetry?: null; telemetryAck?: null; credit?: null; renew?: null; renewed?: null; bye?: null }|{ body?: "snapshot"; hello?: null; welcome?: null; snapshot: holdfast.sync.v1.Snapshot.$Shape; delta?: null; chunk?: null; applied?: null; rejected?: null; fellBack?: null; head?: null; ping?: null; telemetry?: null; telemetryAck?: null; credit?: null; renew?: null; renewed?: null; bye?: null }|{ body?: "delta"; hello?: null; welcome?: null; snapshot?: null; delta: holdfast.sync.v1.Delta.$Shape; chunk?: null; applied?: null; rejected?: null; fellBack?: null; head?: null; ping?: null; telemetry?: null; telemetryAck?: null; credit?: null; renew?: null; renewed?: null; bye?: null }|{ body?: "chunk"; hello?: null; welcome?: null; snapshot?: null; delta?: null; chunk: holdfast.sync.v1.Chunk.$Shape; applied?: null; rejected?: null; fellBack?: null; head?: null; ping?: null; telemetry?: null; telemetryAck?: null; credit?: null; renew?: null; renewed?: null; bye?: null }|{ body?: "applied"; hello?: null; welcome?: null; snapshot?: null; delta?: null; chunk?: null; applied: holdfast.sync.v1.Applied.$Shape; rejected?: null; fellBack?: null; head?: null; ping?: null; telemetry?: null; telemetryAck?: null; credit?: null; renew?: null; renewed?: null; bye?: null }|{ body?: "rejected"; hello?: null; welcome?: null; snapshot?: null; delta?: null; chunk?: null; applied?: null; rejected: holdfast.sync.v1.Rejected.$Shape; fellBack?: null; head?: null; ping?: null; telemetry?: null; telemetryAck?: null; credit?: null; renew?: null; renewed?: null; bye?: null }|{ body?: "fellBack"; hello?: null; welcome?: null; snapshot?: null; delta?: null; chunk?: null; applied?: null; rejected?: null; fellBack: holdfast.sync.v1.FellBack.$Shape; head?: null; ping?: null; telemetry?: null; telemetryAck?: null; credit?: null; renew?: null; renewed?: null; bye?: null }|{ body?: "head"; hello?: null; welcome?: null; snapshot?: null; delta?: null; chunk?: null; applied?: null; rejected?: null; fellBack?: null; head: holdfast.sync.v1.Head.$Shape; ping?: null; telemetry?: null; telemetryAck?: null; credit?: null; renew?: null; renewed?: null; bye?: null }|{ body?: "ping"; hello?: null; welcome?: null; snapshot?: null; delta?: null; chunk?: null; applied?: null; rejected?: null; fellBack?: null; head?: null; ping: holdfast.sync.v1.Ping.$Shape; telemetry?: null; telemetryAck?: null; credit?: null; renew?: null; renewed?: null; bye?: null }|{ body?: "telemetry"; hello?: null; welcome?: null; snapshot?: null; delta?: null; chunk?: null; applied?: null; rejected?: null; fellBack?: null; head?: null; ping?: null; telemetry: holdfast.sync.v1.Telemetry.$Shape; telemetryAck?: null; credit?: null; renew?: null; renewed?: null; bye?: null }|{ body?: "telemetryAck"; hello?: null; welcome?: null; snapshot?: null; delta?: null; chunk?: null; applied?: null; rejected?: null; fellBack?: null; head?: null; ping?: null; telemetry?: null; telemetryAck: holdfast.sync.v1.TelemetryAck.$Shape; credit?: null; renew?: null; renewed?: null; bye?: null }|{ body?: "credit"; hello?: null; welcome?: null; snapshot?: null; delta?: null; chunk?: null; applied?: null; rejected?: null; fellBack?: null; head?: null; ping?: null; telemetry?: null; telemetryAck?: null; credit: holdfast.sync.v1.Credit.$Shape; renew?: null; renewed?: null; bye?: null }|{ body?: "renew"; hello?: null; welcome?: null; snapshot?: null; delta?: null; chunk?: null; applied?: null; rejected?: null; fellBack?: null; head?: null; ping?: null; telemetry?: null; telemetryAck?: null; credit?: null; renew: holdfast.sync.v1.Renew.$Shape; renewed?: null; bye?: null }|{ body?: "renewed"; hello?: null; welcome?: null; snapshot?: null; delta?: null; chunk?: null; applied?: null; rejected?: null; fellBack?: null; head?: null; ping?: null; telemetry?: null; telemetryAck?: null; credit?: null; renew?: null; renewed: holdfast.sync.v1.Renewed.$Shape; bye?: null }|{ body?: "bye"; hello?: null; welcome?: null; snapshot?: null; delta?: null; chunk?: null; applied?: null; rejected?: null; fellBack?: null; head?: null; ping?: null; telemetry?: null; telemetryAck?: null; credit?: null; renew?: null; renewed?: null; bye: holdfast.sync.v1.Bye.$Shape })
                 * )} holdfast.sync.v1.Envelope.$Shape
                 */

                /**
                 * Constructs a new Envelope.
                 * @memberof holdfast.sync.v1
                 * @classdesc Represents an Envelope.
                 * @constructor
                 * @param {holdfast.sync.v1.Envelope.$Properties=} [properties] Properties to set
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */
                const Envelope = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                /**
                 * Envelope gatewayId.
                 * @member {Uint8Array} gatewayId
                 * @memberof holdfast.sync.v1.Envelope
                 * @instance
                 */
                Envelope.prototype.gatewayId = $util.newBuffer([]);

                /**
                 * Envelope hello.
                 * @member {holdfast.sync.v1.Hello.$Properties|null|undefined} hello
                 * @memberof holdfast.sync.v1.Envelope
                 * @instance
                 */
                Envelope.prototype.hello = null;

                /**
                 * Envelope welcome.
                 * @member {holdfast.sync.v1.Welcome.$Properties|null|undefined} welcome
                 * @memberof holdfast.sync.v1.Envelope
                 * @instance
                 */
                Envelope.prototype.welcome = null;

                /**
                 * Envelope snapshot.
                 * @member {holdfast.sync.v1.Snapshot.$Properties|null|undefined} snapshot
                 * @memberof holdfast.sync.v1.Envelope
                 * @instance
                 */
                Envelope.prototype.snapshot = null;

                /**
                 * Envelope delta.
                 * @member {holdfast.sync.v1.Delta.$Properties|null|undefined} delta
                 * @memberof holdfast.sync.v1.Envelope
                 * @instance
                 */
                Envelope.prototype.delta = null;

                /**
                 * Envelope chunk.
                 * @member {holdfast.sync.v1.Chunk.$Properties|null|undefined} chunk
                 * @memberof holdfast.sync.v1.Envelope
                 * @instance
                 */
                Envelope.prototype.chunk = null;

                /**
                 * Envelope applied.
                 * @member {holdfast.sync.v1.Applied.$Properties|null|undefined} applied
                 * @memberof holdfast.sync.v1.Envelope
                 * @instance
                 */
                Envelope.prototype.applied = null;

                /**
                 * Envelope rejected.
                 * @member {holdfast.sync.v1.Rejected.$Properties|null|undefined} rejected
                 * @memberof holdfast.sync.v1.Envelope
                 * @instance
                 */
                Envelope.prototype.rejected = null;

                /**
                 * Envelope fellBack.
                 * @member {holdfast.sync.v1.FellBack.$Properties|null|undefined} fellBack
                 * @memberof holdfast.sync.v1.Envelope
                 * @instance
                 */
                Envelope.prototype.fellBack = null;

                /**
                 * Envelope head.
                 * @member {holdfast.sync.v1.Head.$Properties|null|undefined} head
                 * @memberof holdfast.sync.v1.Envelope
                 * @instance
                 */
                Envelope.prototype.head = null;

                /**
                 * Envelope ping.
                 * @member {holdfast.sync.v1.Ping.$Properties|null|undefined} ping
                 * @memberof holdfast.sync.v1.Envelope
                 * @instance
                 */
                Envelope.prototype.ping = null;

                /**
                 * Envelope telemetry.
                 * @member {holdfast.sync.v1.Telemetry.$Properties|null|undefined} telemetry
                 * @memberof holdfast.sync.v1.Envelope
                 * @instance
                 */
                Envelope.prototype.telemetry = null;

                /**
                 * Envelope telemetryAck.
                 * @member {holdfast.sync.v1.TelemetryAck.$Properties|null|undefined} telemetryAck
                 * @memberof holdfast.sync.v1.Envelope
                 * @instance
                 */
                Envelope.prototype.telemetryAck = null;

                /**
                 * Envelope credit.
                 * @member {holdfast.sync.v1.Credit.$Properties|null|undefined} credit
                 * @memberof holdfast.sync.v1.Envelope
                 * @instance
                 */
                Envelope.prototype.credit = null;

                /**
                 * Envelope renew.
                 * @member {holdfast.sync.v1.Renew.$Properties|null|undefined} renew
                 * @memberof holdfast.sync.v1.Envelope
                 * @instance
                 */
                Envelope.prototype.renew = null;

                /**
                 * Envelope renewed.
                 * @member {holdfast.sync.v1.Renewed.$Properties|null|undefined} renewed
                 * @memberof holdfast.sync.v1.Envelope
                 * @instance
                 */
                Envelope.prototype.renewed = null;

                /**
                 * Envelope bye.
                 * @member {holdfast.sync.v1.Bye.$Properties|null|undefined} bye
                 * @memberof holdfast.sync.v1.Envelope
                 * @instance
                 */
                Envelope.prototype.bye = null;

                // OneOf field names bound to virtual getters and setters
                let $oneOfFields;

                /**
                 * Envelope body.
                 * @member {"hello"|"welcome"|"snapshot"|"delta"|"chunk"|"applied"|"rejected"|"fellBack"|"head"|"ping"|"telemetry"|"telemetryAck"|"credit"|"renew"|"renewed"|"bye"|undefined} body
                 * @memberof holdfast.sync.v1.Envelope
                 * @instance
                 */
                $Object.defineProperty(Envelope.prototype, "body", {
                    get: $util.oneOfGetter($oneOfFields = ["hello", "welcome", "snapshot", "delta", "chunk", "applied", "rejected", "fellBack", "head", "ping", "telemetry", "telemetryAck", "credit", "renew", "renewed", "bye"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                /**
                 * Encodes the specified Envelope message. Does not implicitly {@link holdfast.sync.v1.Envelope.verify|verify} messages.
                 * @function encode
                 * @memberof holdfast.sync.v1.Envelope
                 * @static
                 * @param {holdfast.sync.v1.Envelope.$Properties} message Envelope message or plain object to encode
                 * @param {$protobuf.Writer} [writer] Writer to encode to
                 * @returns {$protobuf.Writer} Writer
                 */
                Envelope.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.gatewayId != null && $Object.hasOwnProperty.call(message, "gatewayId") && message.gatewayId.length)
                        writer.uint32(/* id 1, wireType 2 =*/10).bytes(message.gatewayId);
                    if (message.hello != null && $Object.hasOwnProperty.call(message, "hello"))
                        $root.holdfast.sync.v1.Hello.encode(message.hello, writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
                    if (message.welcome != null && $Object.hasOwnProperty.call(message, "welcome"))
                        $root.holdfast.sync.v1.Welcome.encode(message.welcome, writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
                    if (message.snapshot != null && $Object.hasOwnProperty.call(message, "snapshot"))
                        $root.holdfast.sync.v1.Snapshot.encode(message.snapshot, writer.uint32(/* id 4, wireType 2 =*/34).fork(), _depth + 1).ldelim();
                    if (message.delta != null && $Object.hasOwnProperty.call(message, "delta"))
                        $root.holdfast.sync.v1.Delta.encode(message.delta, writer.uint32(/* id 5, wireType 2 =*/42).fork(), _depth + 1).ldelim();
                    if (message.chunk != null && $Object.hasOwnProperty.call(message, "chunk"))
                        $root.holdfast.sync.v1.Chunk.encode(message.chunk, writer.uint32(/* id 6, wireType 2 =*/50).fork(), _depth + 1).ldelim();
                    if (message.applied != null && $Object.hasOwnProperty.call(message, "applied"))
                        $root.holdfast.sync.v1.Applied.encode(message.applied, writer.uint32(/* id 7, wireType 2 =*/58).fork(), _depth + 1).ldelim();
                    if (message.rejected != null && $Object.hasOwnProperty.call(message, "rejected"))
                        $root.holdfast.sync.v1.Rejected.encode(message.rejected, writer.uint32(/* id 8, wireType 2 =*/66).fork(), _depth + 1).ldelim();
                    if (message.fellBack != null && $Object.hasOwnProperty.call(message, "fellBack"))
                        $root.holdfast.sync.v1.FellBack.encode(message.fellBack, writer.uint32(/* id 9, wireType 2 =*/74).fork(), _depth + 1).ldelim();
                    if (message.head != null && $Object.hasOwnProperty.call(message, "head"))
                        $root.holdfast.sync.v1.Head.encode(message.head, writer.uint32(/* id 10, wireType 2 =*/82).fork(), _depth + 1).ldelim();
                    if (message.ping != null && $Object.hasOwnProperty.call(message, "ping"))
                        $root.holdfast.sync.v1.Ping.encode(message.ping, writer.uint32(/* id 11, wireType 2 =*/90).fork(), _depth + 1).ldelim();
                    if (message.telemetry != null && $Object.hasOwnProperty.call(message, "telemetry"))
                        $root.holdfast.sync.v1.Telemetry.encode(message.telemetry, writer.uint32(/* id 12, wireType 2 =*/98).fork(), _depth + 1).ldelim();
                    if (message.telemetryAck != null && $Object.hasOwnProperty.call(message, "telemetryAck"))
                        $root.holdfast.sync.v1.TelemetryAck.encode(message.telemetryAck, writer.uint32(/* id 13, wireType 2 =*/106).fork(), _depth + 1).ldelim();
                    if (message.credit != null && $Object.hasOwnProperty.call(message, "credit"))
                        $root.holdfast.sync.v1.Credit.encode(message.credit, writer.uint32(/* id 14, wireType 2 =*/114).fork(), _depth + 1).ldelim();
                    if (message.renew != null && $Object.hasOwnProperty.call(message, "renew"))
                        $root.holdfast.sync.v1.Renew.encode(message.renew, writer.uint32(/* id 15, wireType 2 =*/122).fork(), _depth + 1).ldelim();
                    if (message.renewed != null && $Object.hasOwnProperty.call(message, "renewed"))
                        $root.holdfast.sync.v1.Renewed.encode(message.renewed, writer.uint32(/* id 16, wireType 2 =*/130).fork(), _depth + 1).ldelim();
                    if (message.bye != null && $Object.hasOwnProperty.call(message, "bye"))
                        $root.holdfast.sync.v1.Bye.encode(message.bye, writer.uint32(/* id 17, wireType 2 =*/138).fork(), _depth + 1).ldelim();
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                /**
                 * Decodes an Envelope message from the specified reader or buffer.
                 * @function decode
                 * @memberof holdfast.sync.v1.Envelope
                 * @static
                 * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
                 * @param {number} [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Envelope & holdfast.sync.v1.Envelope.$Shape} Envelope
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                Envelope.decode = function (reader, length, _end, _depth, _target) {
                    if (!(reader instanceof $Reader))
                        reader = $Reader.create(reader);
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $Reader.recursionLimit)
                        throw $Error("max depth exceeded");
                    let end, message, value;
                    if (length === $undefined)
                        end = reader.len;
                    else {
                        end = reader.pos + length;
                        if (end > reader.len)
                            throw $RangeError("index out of range");
                        length = reader.len;
                        reader.len = end;
                    }
                    message = _target || new $root.holdfast.sync.v1.Envelope();
                    while (reader.pos < end) {
                        let start = reader.pos;
                        let tag = reader.tag();
                        if (tag === _end) {
                            _end = $undefined;
                            break;
                        }
                        let wireType = tag & 7;
                        switch (tag >>>= 3) {
                        case 1: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.gatewayId = value;
                                else
                                    delete message.gatewayId;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 2)
                                    break;
                                message.hello = $root.holdfast.sync.v1.Hello.decode(reader, reader.size(), $undefined, _depth + 1, message.hello);
                                message.body = "hello";
                                continue;
                            }
                        case 3: {
                                if (wireType !== 2)
                                    break;
                                message.welcome = $root.holdfast.sync.v1.Welcome.decode(reader, reader.size(), $undefined, _depth + 1, message.welcome);
                                message.body = "welcome";
                                continue;
                            }
                        case 4: {
                                if (wireType !== 2)
                                    break;
                                message.snapshot = $root.holdfast.sync.v1.Snapshot.decode(reader, reader.size(), $undefined, _depth + 1, message.snapshot);
                                message.body = "snapshot";
                                continue;
                            }
                        case 5: {
                                if (wireType !== 2)
                                    break;
                                message.delta = $root.holdfast.sync.v1.Delta.decode(reader, reader.size(), $undefined, _depth + 1, message.delta);
                                message.body = "delta";
                                continue;
                            }
                        case 6: {
                                if (wireType !== 2)
                                    break;
                                message.chunk = $root.holdfast.sync.v1.Chunk.decode(reader, reader.size(), $undefined, _depth + 1, message.chunk);
                                message.body = "chunk";
                                continue;
                            }
                        case 7: {
                                if (wireType !== 2)
                                    break;
                                message.applied = $root.holdfast.sync.v1.Applied.decode(reader, reader.size(), $undefined, _depth + 1, message.applied);
                                message.body = "applied";
                                continue;
                            }
                        case 8: {
                                if (wireType !== 2)
                                    break;
                                message.rejected = $root.holdfast.sync.v1.Rejected.decode(reader, reader.size(), $undefined, _depth + 1, message.rejected);
                                message.body = "rejected";
                                continue;
                            }
                        case 9: {
                                if (wireType !== 2)
                                    break;
                                message.fellBack = $root.holdfast.sync.v1.FellBack.decode(reader, reader.size(), $undefined, _depth + 1, message.fellBack);
                                message.body = "fellBack";
                                continue;
                            }
                        case 10: {
                                if (wireType !== 2)
                                    break;
                                message.head = $root.holdfast.sync.v1.Head.decode(reader, reader.size(), $undefined, _depth + 1, message.head);
                                message.body = "head";
                                continue;
                            }
                        case 11: {
                                if (wireType !== 2)
                                    break;
                                message.ping = $root.holdfast.sync.v1.Ping.decode(reader, reader.size(), $undefined, _depth + 1, message.ping);
                                message.body = "ping";
                                continue;
                            }
                        case 12: {
                                if (wireType !== 2)
                                    break;
                                message.telemetry = $root.holdfast.sync.v1.Telemetry.decode(reader, reader.size(), $undefined, _depth + 1, message.telemetry);
                                message.body = "telemetry";
                                continue;
                            }
                        case 13: {
                                if (wireType !== 2)
                                    break;
                                message.telemetryAck = $root.holdfast.sync.v1.TelemetryAck.decode(reader, reader.size(), $undefined, _depth + 1, message.telemetryAck);
                                message.body = "telemetryAck";
                                continue;
                            }
                        case 14: {
                                if (wireType !== 2)
                                    break;
                                message.credit = $root.holdfast.sync.v1.Credit.decode(reader, reader.size(), $undefined, _depth + 1, message.credit);
                                message.body = "credit";
                                continue;
                            }
                        case 15: {
                                if (wireType !== 2)
                                    break;
                                message.renew = $root.holdfast.sync.v1.Renew.decode(reader, reader.size(), $undefined, _depth + 1, message.renew);
                                message.body = "renew";
                                continue;
                            }
                        case 16: {
                                if (wireType !== 2)
                                    break;
                                message.renewed = $root.holdfast.sync.v1.Renewed.decode(reader, reader.size(), $undefined, _depth + 1, message.renewed);
                                message.body = "renewed";
                                continue;
                            }
                        case 17: {
                                if (wireType !== 2)
                                    break;
                                message.bye = $root.holdfast.sync.v1.Bye.decode(reader, reader.size(), $undefined, _depth + 1, message.bye);
                                message.body = "bye";
                                continue;
                            }
                        }
                        reader.skipType(wireType, _depth, tag);
                        if (!reader.discardUnknown) {
                            $util.makeProp(message, "$unknowns", false);
                            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                        }
                    }
                    if (length !== $undefined) {
                        if (reader.pos !== end)
                            throw $RangeError("index out of range");
                        reader.len = length;
                    }
                    if (_end !== $undefined)
                        throw $Error("missing end group");
                    return message;
                };

                return Envelope;
            })();

            v1.Version = (function() {

                /**
                 * Properties of a Version.
                 * @typedef {Object} holdfast.sync.v1.Version.$Properties
                 * @property {number|null} [epoch] Version epoch
                 * @property {number|null} [sequence] Version sequence
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */

                /**
                 * Properties of a Version.
                 * @memberof holdfast.sync.v1
                 * @interface IVersion
                 * @augments holdfast.sync.v1.Version.$Properties
                 * @deprecated Use holdfast.sync.v1.Version.$Properties instead.
                 */

                /**
                 * Shape of a Version.
                 * @typedef {holdfast.sync.v1.Version.$Properties} holdfast.sync.v1.Version.$Shape
                 */

                /**
                 * Constructs a new Version.
                 * @memberof holdfast.sync.v1
                 * @classdesc Represents a Version.
                 * @constructor
                 * @param {holdfast.sync.v1.Version.$Properties=} [properties] Properties to set
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */
                const Version = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                /**
                 * Version epoch.
                 * @member {number} epoch
                 * @memberof holdfast.sync.v1.Version
                 * @instance
                 */
                Version.prototype.epoch = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

                /**
                 * Version sequence.
                 * @member {number} sequence
                 * @memberof holdfast.sync.v1.Version
                 * @instance
                 */
                Version.prototype.sequence = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

                /**
                 * Encodes the specified Version message. Does not implicitly {@link holdfast.sync.v1.Version.verify|verify} messages.
                 * @function encode
                 * @memberof holdfast.sync.v1.Version
                 * @static
                 * @param {holdfast.sync.v1.Version.$Properties} message Version message or plain object to encode
                 * @param {$protobuf.Writer} [writer] Writer to encode to
                 * @returns {$protobuf.Writer} Writer
                 */
                Version.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.epoch != null && $Object.hasOwnProperty.call(message, "epoch") && (typeof message.epoch === "object" ? message.epoch.low || message.epoch.high : message.epoch !== 0))
                        writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.epoch);
                    if (message.sequence != null && $Object.hasOwnProperty.call(message, "sequence") && (typeof message.sequence === "object" ? message.sequence.low || message.sequence.high : message.sequence !== 0))
                        writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.sequence);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                /**
                 * Decodes a Version message from the specified reader or buffer.
                 * @function decode
                 * @memberof holdfast.sync.v1.Version
                 * @static
                 * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
                 * @param {number} [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Version & holdfast.sync.v1.Version.$Shape} Version
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                Version.decode = function (reader, length, _end, _depth, _target) {
                    if (!(reader instanceof $Reader))
                        reader = $Reader.create(reader);
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $Reader.recursionLimit)
                        throw $Error("max depth exceeded");
                    let end, message, value;
                    if (length === $undefined)
                        end = reader.len;
                    else {
                        end = reader.pos + length;
                        if (end > reader.len)
                            throw $RangeError("index out of range");
                        length = reader.len;
                        reader.len = end;
                    }
                    message = _target || new $root.holdfast.sync.v1.Version();
                    while (reader.pos < end) {
                        let start = reader.pos;
                        let tag = reader.tag();
                        if (tag === _end) {
                            _end = $undefined;
                            break;
                        }
                        let wireType = tag & 7;
                        switch (tag >>>= 3) {
                        case 1: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.epoch = value;
                                else
                                    delete message.epoch;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.sequence = value;
                                else
                                    delete message.sequence;
                                continue;
                            }
                        }
                        reader.skipType(wireType, _depth, tag);
                        if (!reader.discardUnknown) {
                            $util.makeProp(message, "$unknowns", false);
                            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                        }
                    }
                    if (length !== $undefined) {
                        if (reader.pos !== end)
                            throw $RangeError("index out of range");
                        reader.len = length;
                    }
                    if (_end !== $undefined)
                        throw $Error("missing end group");
                    return message;
                };

                return Version;
            })();

            v1.Hello = (function() {

                /**
                 * Properties of a Hello.
                 * @typedef {Object} holdfast.sync.v1.Hello.$Properties
                 * @property {number|null} [protocolVersion] Hello protocolVersion
                 * @property {string|null} [softwareVersion] Hello softwareVersion
                 * @property {Uint8Array|null} [bootId] Hello bootId
                 * @property {string|null} [hostname] Hello hostname
                 * @property {holdfast.sync.v1.Version.$Properties|null} [active] Hello active
                 * @property {Uint8Array|null} [activeRoot] Hello activeRoot
                 * @property {holdfast.sync.v1.Version.$Properties|null} [highestAccepted] Hello highestAccepted
                 * @property {Array.<holdfast.sync.v1.PluginVersion.$Properties>|null} [plugins] Hello plugins
                 * @property {Array.<string>|null} [compressions] Hello compressions
                 * @property {Array.<holdfast.sync.v1.FellBack.$Properties>|null} [barred] Hello barred
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */

                /**
                 * Properties of a Hello.
                 * @memberof holdfast.sync.v1
                 * @interface IHello
                 * @augments holdfast.sync.v1.Hello.$Properties
                 * @deprecated Use holdfast.sync.v1.Hello.$Properties instead.
                 */

                /**
                 * Shape of a Hello.
                 * @typedef {holdfast.sync.v1.Hello.$Properties} holdfast.sync.v1.Hello.$Shape
                 */

                /**
                 * Constructs a new Hello.
                 * @memberof holdfast.sync.v1
                 * @classdesc Represents a Hello.
                 * @constructor
                 * @param {holdfast.sync.v1.Hello.$Properties=} [properties] Properties to set
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */
                const Hello = function (properties) {
                    this.plugins = [];
                    this.compressions = [];
                    this.barred = [];
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                /**
                 * Hello protocolVersion.
                 * @member {number} protocolVersion
                 * @memberof holdfast.sync.v1.Hello
                 * @instance
                 */
                Hello.prototype.protocolVersion = 0;

                /**
                 * Hello softwareVersion.
                 * @member {string} softwareVersion
                 * @memberof holdfast.sync.v1.Hello
                 * @instance
                 */
                Hello.prototype.softwareVersion = "";

                /**
                 * Hello bootId.
                 * @member {Uint8Array} bootId
                 * @memberof holdfast.sync.v1.Hello
                 * @instance
                 */
                Hello.prototype.bootId = $util.newBuffer([]);

                /**
                 * Hello hostname.
                 * @member {string} hostname
                 * @memberof holdfast.sync.v1.Hello
                 * @instance
                 */
                Hello.prototype.hostname = "";

                /**
                 * Hello active.
                 * @member {holdfast.sync.v1.Version.$Properties|null|undefined} active
                 * @memberof holdfast.sync.v1.Hello
                 * @instance
                 */
                Hello.prototype.active = null;

                /**
                 * Hello activeRoot.
                 * @member {Uint8Array} activeRoot
                 * @memberof holdfast.sync.v1.Hello
                 * @instance
                 */
                Hello.prototype.activeRoot = $util.newBuffer([]);

                /**
                 * Hello highestAccepted.
                 * @member {holdfast.sync.v1.Version.$Properties|null|undefined} highestAccepted
                 * @memberof holdfast.sync.v1.Hello
                 * @instance
                 */
                Hello.prototype.highestAccepted = null;

                /**
                 * Hello plugins.
                 * @member {Array.<holdfast.sync.v1.PluginVersion.$Properties>} plugins
                 * @memberof holdfast.sync.v1.Hello
                 * @instance
                 */
                Hello.prototype.plugins = $util.emptyArray;

                /**
                 * Hello compressions.
                 * @member {Array.<string>} compressions
                 * @memberof holdfast.sync.v1.Hello
                 * @instance
                 */
                Hello.prototype.compressions = $util.emptyArray;

                /**
                 * Hello barred.
                 * @member {Array.<holdfast.sync.v1.FellBack.$Properties>} barred
                 * @memberof holdfast.sync.v1.Hello
                 * @instance
                 */
                Hello.prototype.barred = $util.emptyArray;

                /**
                 * Encodes the specified Hello message. Does not implicitly {@link holdfast.sync.v1.Hello.verify|verify} messages.
                 * @function encode
                 * @memberof holdfast.sync.v1.Hello
                 * @static
                 * @param {holdfast.sync.v1.Hello.$Properties} message Hello message or plain object to encode
                 * @param {$protobuf.Writer} [writer] Writer to encode to
                 * @returns {$protobuf.Writer} Writer
                 */
                Hello.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.protocolVersion != null && $Object.hasOwnProperty.call(message, "protocolVersion") && message.protocolVersion !== 0)
                        writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.protocolVersion);
                    if (message.softwareVersion != null && $Object.hasOwnProperty.call(message, "softwareVersion") && message.softwareVersion !== "")
                        writer.uint32(/* id 2, wireType 2 =*/18).string(message.softwareVersion);
                    if (message.bootId != null && $Object.hasOwnProperty.call(message, "bootId") && message.bootId.length)
                        writer.uint32(/* id 3, wireType 2 =*/26).bytes(message.bootId);
                    if (message.hostname != null && $Object.hasOwnProperty.call(message, "hostname") && message.hostname !== "")
                        writer.uint32(/* id 4, wireType 2 =*/34).string(message.hostname);
                    if (message.active != null && $Object.hasOwnProperty.call(message, "active"))
                        $root.holdfast.sync.v1.Version.encode(message.active, writer.uint32(/* id 5, wireType 2 =*/42).fork(), _depth + 1).ldelim();
                    if (message.activeRoot != null && $Object.hasOwnProperty.call(message, "activeRoot") && message.activeRoot.length)
                        writer.uint32(/* id 6, wireType 2 =*/50).bytes(message.activeRoot);
                    if (message.highestAccepted != null && $Object.hasOwnProperty.call(message, "highestAccepted"))
                        $root.holdfast.sync.v1.Version.encode(message.highestAccepted, writer.uint32(/* id 7, wireType 2 =*/58).fork(), _depth + 1).ldelim();
                    if (message.plugins != null && message.plugins.length)
                        for (let i = 0; i < message.plugins.length; ++i)
                            $root.holdfast.sync.v1.PluginVersion.encode(message.plugins[i], writer.uint32(/* id 8, wireType 2 =*/66).fork(), _depth + 1).ldelim();
                    if (message.compressions != null && message.compressions.length)
                        for (let i = 0; i < message.compressions.length; ++i)
                            writer.uint32(/* id 9, wireType 2 =*/74).string(message.compressions[i]);
                    if (message.barred != null && message.barred.length)
                        for (let i = 0; i < message.barred.length; ++i)
                            $root.holdfast.sync.v1.FellBack.encode(message.barred[i], writer.uint32(/* id 10, wireType 2 =*/82).fork(), _depth + 1).ldelim();
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                /**
                 * Decodes a Hello message from the specified reader or buffer.
                 * @function decode
                 * @memberof holdfast.sync.v1.Hello
                 * @static
                 * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
                 * @param {number} [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Hello & holdfast.sync.v1.Hello.$Shape} Hello
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                Hello.decode = function (reader, length, _end, _depth, _target) {
                    if (!(reader instanceof $Reader))
                        reader = $Reader.create(reader);
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $Reader.recursionLimit)
                        throw $Error("max depth exceeded");
                    let end, message, value;
                    if (length === $undefined)
                        end = reader.len;
                    else {
                        end = reader.pos + length;
                        if (end > reader.len)
                            throw $RangeError("index out of range");
                        length = reader.len;
                        reader.len = end;
                    }
                    message = _target || new $root.holdfast.sync.v1.Hello();
                    while (reader.pos < end) {
                        let start = reader.pos;
                        let tag = reader.tag();
                        if (tag === _end) {
                            _end = $undefined;
                            break;
                        }
                        let wireType = tag & 7;
                        switch (tag >>>= 3) {
                        case 1: {
                                if (wireType !== 0)
                                    break;
                                if (value = reader.uint32())
                                    message.protocolVersion = value;
                                else
                                    delete message.protocolVersion;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.stringVerify()).length)
                                    message.softwareVersion = value;
                                else
                                    delete message.softwareVersion;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.bootId = value;
                                else
                                    delete message.bootId;
                                continue;
                            }
                        case 4: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.stringVerify()).length)
                                    message.hostname = value;
                                else
                                    delete message.hostname;
                                continue;
                            }
                        case 5: {
                                if (wireType !== 2)
                                    break;
                                message.active = $root.holdfast.sync.v1.Version.decode(reader, reader.size(), $undefined, _depth + 1, message.active);
                                continue;
                            }
                        case 6: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.activeRoot = value;
                                else
                                    delete message.activeRoot;
                                continue;
                            }
                        case 7: {
                                if (wireType !== 2)
                                    break;
                                message.highestAccepted = $root.holdfast.sync.v1.Version.decode(reader, reader.size(), $undefined, _depth + 1, message.highestAccepted);
                                continue;
                            }
                        case 8: {
                                if (wireType !== 2)
                                    break;
                                if (!(message.plugins && message.plugins.length))
                                    message.plugins = [];
                                message.plugins.push($root.holdfast.sync.v1.PluginVersion.decode(reader, reader.size(), $undefined, _depth + 1));
                                continue;
                            }
                        case 9: {
                                if (wireType !== 2)
                                    break;
                                if (!(message.compressions && message.compressions.length))
                                    message.compressions = [];
                                message.compressions.push(reader.stringVerify());
                                continue;
                            }
                        case 10: {
                                if (wireType !== 2)
                                    break;
                                if (!(message.barred && message.barred.length))
                                    message.barred = [];
                                message.barred.push($root.holdfast.sync.v1.FellBack.decode(reader, reader.size(), $undefined, _depth + 1));
                                continue;
                            }
                        }
                        reader.skipType(wireType, _depth, tag);
                        if (!reader.discardUnknown) {
                            $util.makeProp(message, "$unknowns", false);
                            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                        }
                    }
                    if (length !== $undefined) {
                        if (reader.pos !== end)
                            throw $RangeError("index out of range");
                        reader.len = length;
                    }
                    if (_end !== $undefined)
                        throw $Error("missing end group");
                    return message;
                };

                return Hello;
            })();

            v1.PluginVersion = (function() {

                /**
                 * Properties of a PluginVersion.
                 * @typedef {Object} holdfast.sync.v1.PluginVersion.$Properties
                 * @property {string|null} [name] PluginVersion name
                 * @property {string|null} [version] PluginVersion version
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */

                /**
                 * Properties of a PluginVersion.
                 * @memberof holdfast.sync.v1
                 * @interface IPluginVersion
                 * @augments holdfast.sync.v1.PluginVersion.$Properties
                 * @deprecated Use holdfast.sync.v1.PluginVersion.$Properties instead.
                 */

                /**
                 * Shape of a PluginVersion.
                 * @typedef {holdfast.sync.v1.PluginVersion.$Properties} holdfast.sync.v1.PluginVersion.$Shape
                 */

                /**
                 * Constructs a new PluginVersion.
                 * @memberof holdfast.sync.v1
                 * @classdesc Represents a PluginVersion.
                 * @constructor
                 * @param {holdfast.sync.v1.PluginVersion.$Properties=} [properties] Properties to set
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */
                const PluginVersion = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                /**
                 * PluginVersion name.
                 * @member {string} name
                 * @memberof holdfast.sync.v1.PluginVersion
                 * @instance
                 */
                PluginVersion.prototype.name = "";

                /**
                 * PluginVersion version.
                 * @member {string} version
                 * @memberof holdfast.sync.v1.PluginVersion
                 * @instance
                 */
                PluginVersion.prototype.version = "";

                /**
                 * Encodes the specified PluginVersion message. Does not implicitly {@link holdfast.sync.v1.PluginVersion.verify|verify} messages.
                 * @function encode
                 * @memberof holdfast.sync.v1.PluginVersion
                 * @static
                 * @param {holdfast.sync.v1.PluginVersion.$Properties} message PluginVersion message or plain object to encode
                 * @param {$protobuf.Writer} [writer] Writer to encode to
                 * @returns {$protobuf.Writer} Writer
                 */
                PluginVersion.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.name != null && $Object.hasOwnProperty.call(message, "name") && message.name !== "")
                        writer.uint32(/* id 1, wireType 2 =*/10).string(message.name);
                    if (message.version != null && $Object.hasOwnProperty.call(message, "version") && message.version !== "")
                        writer.uint32(/* id 2, wireType 2 =*/18).string(message.version);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                /**
                 * Decodes a PluginVersion message from the specified reader or buffer.
                 * @function decode
                 * @memberof holdfast.sync.v1.PluginVersion
                 * @static
                 * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
                 * @param {number} [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.PluginVersion & holdfast.sync.v1.PluginVersion.$Shape} PluginVersion
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                PluginVersion.decode = function (reader, length, _end, _depth, _target) {
                    if (!(reader instanceof $Reader))
                        reader = $Reader.create(reader);
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $Reader.recursionLimit)
                        throw $Error("max depth exceeded");
                    let end, message, value;
                    if (length === $undefined)
                        end = reader.len;
                    else {
                        end = reader.pos + length;
                        if (end > reader.len)
                            throw $RangeError("index out of range");
                        length = reader.len;
                        reader.len = end;
                    }
                    message = _target || new $root.holdfast.sync.v1.PluginVersion();
                    while (reader.pos < end) {
                        let start = reader.pos;
                        let tag = reader.tag();
                        if (tag === _end) {
                            _end = $undefined;
                            break;
                        }
                        let wireType = tag & 7;
                        switch (tag >>>= 3) {
                        case 1: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.stringVerify()).length)
                                    message.name = value;
                                else
                                    delete message.name;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.stringVerify()).length)
                                    message.version = value;
                                else
                                    delete message.version;
                                continue;
                            }
                        }
                        reader.skipType(wireType, _depth, tag);
                        if (!reader.discardUnknown) {
                            $util.makeProp(message, "$unknowns", false);
                            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                        }
                    }
                    if (length !== $undefined) {
                        if (reader.pos !== end)
                            throw $RangeError("index out of range");
                        reader.len = length;
                    }
                    if (_end !== $undefined)
                        throw $Error("missing end group");
                    return message;
                };

                return PluginVersion;
            })();

            v1.Welcome = (function() {

                /**
                 * Properties of a Welcome.
                 * @typedef {Object} holdfast.sync.v1.Welcome.$Properties
                 * @property {number|null} [protocolVersion] Welcome protocolVersion
                 * @property {Array.<string>|null} [rootStatements] Welcome rootStatements
                 * @property {string|null} [delegationStatement] Welcome delegationStatement
                 * @property {string|null} [headStatement] Welcome headStatement
                 * @property {Array.<holdfast.sync.v1.WrappedKey.$Properties>|null} [contentKeys] Welcome contentKeys
                 * @property {number|null} [pingIntervalMs] Welcome pingIntervalMs
                 * @property {number|null} [telemetryCredit] Welcome telemetryCredit
                 * @property {string|null} [softwareVersion] Welcome softwareVersion
                 * @property {Object.<string,string>|null} [labels] Welcome labels
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */

                /**
                 * Properties of a Welcome.
                 * @memberof holdfast.sync.v1
                 * @interface IWelcome
                 * @augments holdfast.sync.v1.Welcome.$Properties
                 * @deprecated Use holdfast.sync.v1.Welcome.$Properties instead.
                 */

                /**
                 * Shape of a Welcome.
                 * @typedef {holdfast.sync.v1.Welcome.$Properties} holdfast.sync.v1.Welcome.$Shape
                 */

                /**
                 * Constructs a new Welcome.
                 * @memberof holdfast.sync.v1
                 * @classdesc Represents a Welcome.
                 * @constructor
                 * @param {holdfast.sync.v1.Welcome.$Properties=} [properties] Properties to set
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */
                const Welcome = function (properties) {
                    this.rootStatements = [];
                    this.contentKeys = [];
                    this.labels = {};
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                /**
                 * Welcome protocolVersion.
                 * @member {number} protocolVersion
                 * @memberof holdfast.sync.v1.Welcome
                 * @instance
                 */
                Welcome.prototype.protocolVersion = 0;

                /**
                 * Welcome rootStatements.
                 * @member {Array.<string>} rootStatements
                 * @memberof holdfast.sync.v1.Welcome
                 * @instance
                 */
                Welcome.prototype.rootStatements = $util.emptyArray;

                /**
                 * Welcome delegationStatement.
                 * @member {string} delegationStatement
                 * @memberof holdfast.sync.v1.Welcome
                 * @instance
                 */
                Welcome.prototype.delegationStatement = "";

                /**
                 * Welcome headStatement.
                 * @member {string} headStatement
                 * @memberof holdfast.sync.v1.Welcome
                 * @instance
                 */
                Welcome.prototype.headStatement = "";

                /**
                 * Welcome contentKeys.
                 * @member {Array.<holdfast.sync.v1.WrappedKey.$Properties>} contentKeys
                 * @memberof holdfast.sync.v1.Welcome
                 * @instance
                 */
                Welcome.prototype.contentKeys = $util.emptyArray;

                /**
                 * Welcome pingIntervalMs.
                 * @member {number} pingIntervalMs
                 * @memberof holdfast.sync.v1.Welcome
                 * @instance
                 */
                Welcome.prototype.pingIntervalMs = 0;

                /**
                 * Welcome telemetryCredit.
                 * @member {number} telemetryCredit
                 * @memberof holdfast.sync.v1.Welcome
                 * @instance
                 */
                Welcome.prototype.telemetryCredit = 0;

                /**
                 * Welcome softwareVersion.
                 * @member {string} softwareVersion
                 * @memberof holdfast.sync.v1.Welcome
                 * @instance
                 */
                Welcome.prototype.softwareVersion = "";

                /**
                 * Welcome labels.
                 * @member {Object.<string,string>} labels
                 * @memberof holdfast.sync.v1.Welcome
                 * @instance
                 */
                Welcome.prototype.labels = $util.emptyObject;

                /**
                 * Encodes the specified Welcome message. Does not implicitly {@link holdfast.sync.v1.Welcome.verify|verify} messages.
                 * @function encode
                 * @memberof holdfast.sync.v1.Welcome
                 * @static
                 * @param {holdfast.sync.v1.Welcome.$Properties} message Welcome message or plain object to encode
                 * @param {$protobuf.Writer} [writer] Writer to encode to
                 * @returns {$protobuf.Writer} Writer
                 */
                Welcome.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.protocolVersion != null && $Object.hasOwnProperty.call(message, "protocolVersion") && message.protocolVersion !== 0)
                        writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.protocolVersion);
                    if (message.rootStatements != null && message.rootStatements.length)
                        for (let i = 0; i < message.rootStatements.length; ++i)
                            writer.uint32(/* id 2, wireType 2 =*/18).string(message.rootStatements[i]);
                    if (message.delegationStatement != null && $Object.hasOwnProperty.call(message, "delegationStatement") && message.delegationStatement !== "")
                        writer.uint32(/* id 3, wireType 2 =*/26).string(message.delegationStatement);
                    if (message.headStatement != null && $Object.hasOwnProperty.call(message, "headStatement") && message.headStatement !== "")
                        writer.uint32(/* id 4, wireType 2 =*/34).string(message.headStatement);
                    if (message.contentKeys != null && message.contentKeys.length)
                        for (let i = 0; i < message.contentKeys.length; ++i)
                            $root.holdfast.sync.v1.WrappedKey.encode(message.contentKeys[i], writer.uint32(/* id 5, wireType 2 =*/42).fork(), _depth + 1).ldelim();
                    if (message.pingIntervalMs != null && $Object.hasOwnProperty.call(message, "pingIntervalMs") && message.pingIntervalMs !== 0)
                        writer.uint32(/* id 6, wireType 0 =*/48).uint32(message.pingIntervalMs);
                    if (message.telemetryCredit != null && $Object.hasOwnProperty.call(message, "telemetryCredit") && message.telemetryCredit !== 0)
                        writer.uint32(/* id 7, wireType 0 =*/56).uint32(message.telemetryCredit);
                    if (message.softwareVersion != null && $Object.hasOwnProperty.call(message, "softwareVersion") && message.softwareVersion !== "")
                        writer.uint32(/* id 8, wireType 2 =*/66).string(message.softwareVersion);
                    if (message.labels != null && $Object.hasOwnProperty.call(message, "labels"))
                        for (let keys = $Object.keys(message.labels), i = 0; i < keys.length; ++i)
                            writer.uint32(/* id 9, wireType 2 =*/74).fork().uint32(/* id 1, wireType 2 =*/10).string(keys[i]).uint32(/* id 2, wireType 2 =*/18).string(message.labels[keys[i]]).ldelim();
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                /**
                 * Decodes a Welcome message from the specified reader or buffer.
                 * @function decode
                 * @memberof holdfast.sync.v1.Welcome
                 * @static
                 * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
                 * @param {number} [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Welcome & holdfast.sync.v1.Welcome.$Shape} Welcome
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                Welcome.decode = function (reader, length, _end, _depth, _target) {
                    if (!(reader instanceof $Reader))
                        reader = $Reader.create(reader);
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $Reader.recursionLimit)
                        throw $Error("max depth exceeded");
                    let end, message, key, value;
                    if (length === $undefined)
                        end = reader.len;
                    else {
                        end = reader.pos + length;
                        if (end > reader.len)
                            throw $RangeError("index out of range");
                        length = reader.len;
                        reader.len = end;
                    }
                    message = _target || new $root.holdfast.sync.v1.Welcome();
                    while (reader.pos < end) {
                        let start = reader.pos;
                        let tag = reader.tag();
                        if (tag === _end) {
                            _end = $undefined;
                            break;
                        }
                        let wireType = tag & 7;
                        switch (tag >>>= 3) {
                        case 1: {
                                if (wireType !== 0)
                                    break;
                                if (value = reader.uint32())
                                    message.protocolVersion = value;
                                else
                                    delete message.protocolVersion;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 2)
                                    break;
                                if (!(message.rootStatements && message.rootStatements.length))
                                    message.rootStatements = [];
                                message.rootStatements.push(reader.stringVerify());
                                continue;
                            }
                        case 3: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.stringVerify()).length)
                                    message.delegationStatement = value;
                                else
                                    delete message.delegationStatement;
                                continue;
                            }
                        case 4: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.stringVerify()).length)
                                    message.headStatement = value;
                                else
                                    delete message.headStatement;
                                continue;
                            }
                        case 5: {
                                if (wireType !== 2)
                                    break;
                                if (!(message.contentKeys && message.contentKeys.length))
                                    message.contentKeys = [];
                                message.contentKeys.push($root.holdfast.sync.v1.WrappedKey.decode(reader, reader.size(), $undefined, _depth + 1));
                                continue;
                            }
                        case 6: {
                                if (wireType !== 0)
                                    break;
                                if (value = reader.uint32())
                                    message.pingIntervalMs = value;
                                else
                                    delete message.pingIntervalMs;
                                continue;
                            }
                        case 7: {
                                if (wireType !== 0)
                                    break;
                                if (value = reader.uint32())
                                    message.telemetryCredit = value;
                                else
                                    delete message.telemetryCredit;
                                continue;
                            }
                        case 8: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.stringVerify()).length)
                                    message.softwareVersion = value;
                                else
                                    delete message.softwareVersion;
                                continue;
                            }
                        case 9: {
                                if (wireType !== 2)
                                    break;
                                if (message.labels === $util.emptyObject)
                                    message.labels = {};
                                let end2 = reader.size() + reader.pos;
                                if (end2 > reader.len)
                                    throw $RangeError("index out of range");
                                reader.len = end2;
                                key = "";
                                value = "";
                                while (reader.pos < end2) {
                                    let tag2 = reader.tag();
                                    wireType = tag2 & 7;
                                    switch (tag2 >>>= 3) {
                                    case 1:
                                        if (wireType !== 2)
                                            break;
                                        key = reader.stringVerify();
                                        continue;
                                    case 2:
                                        if (wireType !== 2)
                                            break;
                                        value = reader.stringVerify();
                                        continue;
                                    }
                                    reader.skipType(wireType, _depth, tag2);
                                }
                                if (reader.pos !== end2)
                                    throw $RangeError("index out of range");
                                reader.len = end;
                                if (key === "__proto__")
                                    $util.makeProp(message.labels, key);
                                message.labels[key] = value;
                                continue;
                            }
                        }
                        reader.skipType(wireType, _depth, tag);
                        if (!reader.discardUnknown) {
                            $util.makeProp(message, "$unknowns", false);
                            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                        }
                    }
                    if (length !== $undefined) {
                        if (reader.pos !== end)
                            throw $RangeError("index out of range");
                        reader.len = length;
                    }
                    if (_end !== $undefined)
                        throw $Error("missing end group");
                    return message;
                };

                return Welcome;
            })();

            v1.WrappedKey = (function() {

                /**
                 * Properties of a WrappedKey.
                 * @typedef {Object} holdfast.sync.v1.WrappedKey.$Properties
                 * @property {number|null} [keyId] WrappedKey keyId
                 * @property {Uint8Array|null} [ephemeralPublicKey] WrappedKey ephemeralPublicKey
                 * @property {Uint8Array|null} [nonce] WrappedKey nonce
                 * @property {Uint8Array|null} [ciphertext] WrappedKey ciphertext
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */

                /**
                 * Properties of a WrappedKey.
                 * @memberof holdfast.sync.v1
                 * @interface IWrappedKey
                 * @augments holdfast.sync.v1.WrappedKey.$Properties
                 * @deprecated Use holdfast.sync.v1.WrappedKey.$Properties instead.
                 */

                /**
                 * Shape of a WrappedKey.
                 * @typedef {holdfast.sync.v1.WrappedKey.$Properties} holdfast.sync.v1.WrappedKey.$Shape
                 */

                /**
                 * Constructs a new WrappedKey.
                 * @memberof holdfast.sync.v1
                 * @classdesc Represents a WrappedKey.
                 * @constructor
                 * @param {holdfast.sync.v1.WrappedKey.$Properties=} [properties] Properties to set
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */
                const WrappedKey = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                /**
                 * WrappedKey keyId.
                 * @member {number} keyId
                 * @memberof holdfast.sync.v1.WrappedKey
                 * @instance
                 */
                WrappedKey.prototype.keyId = 0;

                /**
                 * WrappedKey ephemeralPublicKey.
                 * @member {Uint8Array} ephemeralPublicKey
                 * @memberof holdfast.sync.v1.WrappedKey
                 * @instance
                 */
                WrappedKey.prototype.ephemeralPublicKey = $util.newBuffer([]);

                /**
                 * WrappedKey nonce.
                 * @member {Uint8Array} nonce
                 * @memberof holdfast.sync.v1.WrappedKey
                 * @instance
                 */
                WrappedKey.prototype.nonce = $util.newBuffer([]);

                /**
                 * WrappedKey ciphertext.
                 * @member {Uint8Array} ciphertext
                 * @memberof holdfast.sync.v1.WrappedKey
                 * @instance
                 */
                WrappedKey.prototype.ciphertext = $util.newBuffer([]);

                /**
                 * Encodes the specified WrappedKey message. Does not implicitly {@link holdfast.sync.v1.WrappedKey.verify|verify} messages.
                 * @function encode
                 * @memberof holdfast.sync.v1.WrappedKey
                 * @static
                 * @param {holdfast.sync.v1.WrappedKey.$Properties} message WrappedKey message or plain object to encode
                 * @param {$protobuf.Writer} [writer] Writer to encode to
                 * @returns {$protobuf.Writer} Writer
                 */
                WrappedKey.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.keyId != null && $Object.hasOwnProperty.call(message, "keyId") && message.keyId !== 0)
                        writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.keyId);
                    if (message.ephemeralPublicKey != null && $Object.hasOwnProperty.call(message, "ephemeralPublicKey") && message.ephemeralPublicKey.length)
                        writer.uint32(/* id 2, wireType 2 =*/18).bytes(message.ephemeralPublicKey);
                    if (message.nonce != null && $Object.hasOwnProperty.call(message, "nonce") && message.nonce.length)
                        writer.uint32(/* id 3, wireType 2 =*/26).bytes(message.nonce);
                    if (message.ciphertext != null && $Object.hasOwnProperty.call(message, "ciphertext") && message.ciphertext.length)
                        writer.uint32(/* id 4, wireType 2 =*/34).bytes(message.ciphertext);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                /**
                 * Decodes a WrappedKey message from the specified reader or buffer.
                 * @function decode
                 * @memberof holdfast.sync.v1.WrappedKey
                 * @static
                 * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
                 * @param {number} [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.WrappedKey & holdfast.sync.v1.WrappedKey.$Shape} WrappedKey
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                WrappedKey.decode = function (reader, length, _end, _depth, _target) {
                    if (!(reader instanceof $Reader))
                        reader = $Reader.create(reader);
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $Reader.recursionLimit)
                        throw $Error("max depth exceeded");
                    let end, message, value;
                    if (length === $undefined)
                        end = reader.len;
                    else {
                        end = reader.pos + length;
                        if (end > reader.len)
                            throw $RangeError("index out of range");
                        length = reader.len;
                        reader.len = end;
                    }
                    message = _target || new $root.holdfast.sync.v1.WrappedKey();
                    while (reader.pos < end) {
                        let start = reader.pos;
                        let tag = reader.tag();
                        if (tag === _end) {
                            _end = $undefined;
                            break;
                        }
                        let wireType = tag & 7;
                        switch (tag >>>= 3) {
                        case 1: {
                                if (wireType !== 0)
                                    break;
                                if (value = reader.uint32())
                                    message.keyId = value;
                                else
                                    delete message.keyId;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.ephemeralPublicKey = value;
                                else
                                    delete message.ephemeralPublicKey;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.nonce = value;
                                else
                                    delete message.nonce;
                                continue;
                            }
                        case 4: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.ciphertext = value;
                                else
                                    delete message.ciphertext;
                                continue;
                            }
                        }
                        reader.skipType(wireType, _depth, tag);
                        if (!reader.discardUnknown) {
                            $util.makeProp(message, "$unknowns", false);
                            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                        }
                    }
                    if (length !== $undefined) {
                        if (reader.pos !== end)
                            throw $RangeError("index out of range");
                        reader.len = length;
                    }
                    if (_end !== $undefined)
                        throw $Error("missing end group");
                    return message;
                };

                return WrappedKey;
            })();

            v1.Snapshot = (function() {

                /**
                 * Properties of a Snapshot.
                 * @typedef {Object} holdfast.sync.v1.Snapshot.$Properties
                 * @property {number|null} [transferId] Snapshot transferId
                 * @property {string|null} [manifestStatement] Snapshot manifestStatement
                 * @property {string|null} [transferStatement] Snapshot transferStatement
                 * @property {string|null} [compression] Snapshot compression
                 * @property {string|null} [epochStatement] Snapshot epochStatement
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */

                /**
                 * Properties of a Snapshot.
                 * @memberof holdfast.sync.v1
                 * @interface ISnapshot
                 * @augments holdfast.sync.v1.Snapshot.$Properties
                 * @deprecated Use holdfast.sync.v1.Snapshot.$Properties instead.
                 */

                /**
                 * Shape of a Snapshot.
                 * @typedef {holdfast.sync.v1.Snapshot.$Properties} holdfast.sync.v1.Snapshot.$Shape
                 */

                /**
                 * Constructs a new Snapshot.
                 * @memberof holdfast.sync.v1
                 * @classdesc Represents a Snapshot.
                 * @constructor
                 * @param {holdfast.sync.v1.Snapshot.$Properties=} [properties] Properties to set
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */
                const Snapshot = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                /**
                 * Snapshot transferId.
                 * @member {number} transferId
                 * @memberof holdfast.sync.v1.Snapshot
                 * @instance
                 */
                Snapshot.prototype.transferId = 0;

                /**
                 * Snapshot manifestStatement.
                 * @member {string} manifestStatement
                 * @memberof holdfast.sync.v1.Snapshot
                 * @instance
                 */
                Snapshot.prototype.manifestStatement = "";

                /**
                 * Snapshot transferStatement.
                 * @member {string} transferStatement
                 * @memberof holdfast.sync.v1.Snapshot
                 * @instance
                 */
                Snapshot.prototype.transferStatement = "";

                /**
                 * Snapshot compression.
                 * @member {string} compression
                 * @memberof holdfast.sync.v1.Snapshot
                 * @instance
                 */
                Snapshot.prototype.compression = "";

                /**
                 * Snapshot epochStatement.
                 * @member {string} epochStatement
                 * @memberof holdfast.sync.v1.Snapshot
                 * @instance
                 */
                Snapshot.prototype.epochStatement = "";

                /**
                 * Encodes the specified Snapshot message. Does not implicitly {@link holdfast.sync.v1.Snapshot.verify|verify} messages.
                 * @function encode
                 * @memberof holdfast.sync.v1.Snapshot
                 * @static
                 * @param {holdfast.sync.v1.Snapshot.$Properties} message Snapshot message or plain object to encode
                 * @param {$protobuf.Writer} [writer] Writer to encode to
                 * @returns {$protobuf.Writer} Writer
                 */
                Snapshot.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.transferId != null && $Object.hasOwnProperty.call(message, "transferId") && message.transferId !== 0)
                        writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.transferId);
                    if (message.manifestStatement != null && $Object.hasOwnProperty.call(message, "manifestStatement") && message.manifestStatement !== "")
                        writer.uint32(/* id 2, wireType 2 =*/18).string(message.manifestStatement);
                    if (message.transferStatement != null && $Object.hasOwnProperty.call(message, "transferStatement") && message.transferStatement !== "")
                        writer.uint32(/* id 3, wireType 2 =*/26).string(message.transferStatement);
                    if (message.compression != null && $Object.hasOwnProperty.call(message, "compression") && message.compression !== "")
                        writer.uint32(/* id 4, wireType 2 =*/34).string(message.compression);
                    if (message.epochStatement != null && $Object.hasOwnProperty.call(message, "epochStatement") && message.epochStatement !== "")
                        writer.uint32(/* id 5, wireType 2 =*/42).string(message.epochStatement);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                /**
                 * Decodes a Snapshot message from the specified reader or buffer.
                 * @function decode
                 * @memberof holdfast.sync.v1.Snapshot
                 * @static
                 * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
                 * @param {number} [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Snapshot & holdfast.sync.v1.Snapshot.$Shape} Snapshot
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                Snapshot.decode = function (reader, length, _end, _depth, _target) {
                    if (!(reader instanceof $Reader))
                        reader = $Reader.create(reader);
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $Reader.recursionLimit)
                        throw $Error("max depth exceeded");
                    let end, message, value;
                    if (length === $undefined)
                        end = reader.len;
                    else {
                        end = reader.pos + length;
                        if (end > reader.len)
                            throw $RangeError("index out of range");
                        length = reader.len;
                        reader.len = end;
                    }
                    message = _target || new $root.holdfast.sync.v1.Snapshot();
                    while (reader.pos < end) {
                        let start = reader.pos;
                        let tag = reader.tag();
                        if (tag === _end) {
                            _end = $undefined;
                            break;
                        }
                        let wireType = tag & 7;
                        switch (tag >>>= 3) {
                        case 1: {
                                if (wireType !== 0)
                                    break;
                                if (value = reader.uint32())
                                    message.transferId = value;
                                else
                                    delete message.transferId;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.stringVerify()).length)
                                    message.manifestStatement = value;
                                else
                                    delete message.manifestStatement;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.stringVerify()).length)
                                    message.transferStatement = value;
                                else
                                    delete message.transferStatement;
                                continue;
                            }
                        case 4: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.stringVerify()).length)
                                    message.compression = value;
                                else
                                    delete message.compression;
                                continue;
                            }
                        case 5: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.stringVerify()).length)
                                    message.epochStatement = value;
                                else
                                    delete message.epochStatement;
                                continue;
                            }
                        }
                        reader.skipType(wireType, _depth, tag);
                        if (!reader.discardUnknown) {
                            $util.makeProp(message, "$unknowns", false);
                            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                        }
                    }
                    if (length !== $undefined) {
                        if (reader.pos !== end)
                            throw $RangeError("index out of range");
                        reader.len = length;
                    }
                    if (_end !== $undefined)
                        throw $Error("missing end group");
                    return message;
                };

                return Snapshot;
            })();

            v1.Delta = (function() {

                /**
                 * Properties of a Delta.
                 * @typedef {Object} holdfast.sync.v1.Delta.$Properties
                 * @property {number|null} [transferId] Delta transferId
                 * @property {string|null} [manifestStatement] Delta manifestStatement
                 * @property {string|null} [transferStatement] Delta transferStatement
                 * @property {string|null} [compression] Delta compression
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */

                /**
                 * Properties of a Delta.
                 * @memberof holdfast.sync.v1
                 * @interface IDelta
                 * @augments holdfast.sync.v1.Delta.$Properties
                 * @deprecated Use holdfast.sync.v1.Delta.$Properties instead.
                 */

                /**
                 * Shape of a Delta.
                 * @typedef {holdfast.sync.v1.Delta.$Properties} holdfast.sync.v1.Delta.$Shape
                 */

                /**
                 * Constructs a new Delta.
                 * @memberof holdfast.sync.v1
                 * @classdesc Represents a Delta.
                 * @constructor
                 * @param {holdfast.sync.v1.Delta.$Properties=} [properties] Properties to set
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */
                const Delta = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                /**
                 * Delta transferId.
                 * @member {number} transferId
                 * @memberof holdfast.sync.v1.Delta
                 * @instance
                 */
                Delta.prototype.transferId = 0;

                /**
                 * Delta manifestStatement.
                 * @member {string} manifestStatement
                 * @memberof holdfast.sync.v1.Delta
                 * @instance
                 */
                Delta.prototype.manifestStatement = "";

                /**
                 * Delta transferStatement.
                 * @member {string} transferStatement
                 * @memberof holdfast.sync.v1.Delta
                 * @instance
                 */
                Delta.prototype.transferStatement = "";

                /**
                 * Delta compression.
                 * @member {string} compression
                 * @memberof holdfast.sync.v1.Delta
                 * @instance
                 */
                Delta.prototype.compression = "";

                /**
                 * Encodes the specified Delta message. Does not implicitly {@link holdfast.sync.v1.Delta.verify|verify} messages.
                 * @function encode
                 * @memberof holdfast.sync.v1.Delta
                 * @static
                 * @param {holdfast.sync.v1.Delta.$Properties} message Delta message or plain object to encode
                 * @param {$protobuf.Writer} [writer] Writer to encode to
                 * @returns {$protobuf.Writer} Writer
                 */
                Delta.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.transferId != null && $Object.hasOwnProperty.call(message, "transferId") && message.transferId !== 0)
                        writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.transferId);
                    if (message.manifestStatement != null && $Object.hasOwnProperty.call(message, "manifestStatement") && message.manifestStatement !== "")
                        writer.uint32(/* id 2, wireType 2 =*/18).string(message.manifestStatement);
                    if (message.transferStatement != null && $Object.hasOwnProperty.call(message, "transferStatement") && message.transferStatement !== "")
                        writer.uint32(/* id 3, wireType 2 =*/26).string(message.transferStatement);
                    if (message.compression != null && $Object.hasOwnProperty.call(message, "compression") && message.compression !== "")
                        writer.uint32(/* id 4, wireType 2 =*/34).string(message.compression);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                /**
                 * Decodes a Delta message from the specified reader or buffer.
                 * @function decode
                 * @memberof holdfast.sync.v1.Delta
                 * @static
                 * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
                 * @param {number} [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Delta & holdfast.sync.v1.Delta.$Shape} Delta
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                Delta.decode = function (reader, length, _end, _depth, _target) {
                    if (!(reader instanceof $Reader))
                        reader = $Reader.create(reader);
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $Reader.recursionLimit)
                        throw $Error("max depth exceeded");
                    let end, message, value;
                    if (length === $undefined)
                        end = reader.len;
                    else {
                        end = reader.pos + length;
                        if (end > reader.len)
                            throw $RangeError("index out of range");
                        length = reader.len;
                        reader.len = end;
                    }
                    message = _target || new $root.holdfast.sync.v1.Delta();
                    while (reader.pos < end) {
                        let start = reader.pos;
                        let tag = reader.tag();
                        if (tag === _end) {
                            _end = $undefined;
                            break;
                        }
                        let wireType = tag & 7;
                        switch (tag >>>= 3) {
                        case 1: {
                                if (wireType !== 0)
                                    break;
                                if (value = reader.uint32())
                                    message.transferId = value;
                                else
                                    delete message.transferId;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.stringVerify()).length)
                                    message.manifestStatement = value;
                                else
                                    delete message.manifestStatement;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.stringVerify()).length)
                                    message.transferStatement = value;
                                else
                                    delete message.transferStatement;
                                continue;
                            }
                        case 4: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.stringVerify()).length)
                                    message.compression = value;
                                else
                                    delete message.compression;
                                continue;
                            }
                        }
                        reader.skipType(wireType, _depth, tag);
                        if (!reader.discardUnknown) {
                            $util.makeProp(message, "$unknowns", false);
                            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                        }
                    }
                    if (length !== $undefined) {
                        if (reader.pos !== end)
                            throw $RangeError("index out of range");
                        reader.len = length;
                    }
                    if (_end !== $undefined)
                        throw $Error("missing end group");
                    return message;
                };

                return Delta;
            })();

            v1.Chunk = (function() {

                /**
                 * Properties of a Chunk.
                 * @typedef {Object} holdfast.sync.v1.Chunk.$Properties
                 * @property {number|null} [transferId] Chunk transferId
                 * @property {number|null} [offset] Chunk offset
                 * @property {Uint8Array|null} [bytes] Chunk bytes
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */

                /**
                 * Properties of a Chunk.
                 * @memberof holdfast.sync.v1
                 * @interface IChunk
                 * @augments holdfast.sync.v1.Chunk.$Properties
                 * @deprecated Use holdfast.sync.v1.Chunk.$Properties instead.
                 */

                /**
                 * Shape of a Chunk.
                 * @typedef {holdfast.sync.v1.Chunk.$Properties} holdfast.sync.v1.Chunk.$Shape
                 */

                /**
                 * Constructs a new Chunk.
                 * @memberof holdfast.sync.v1
                 * @classdesc Represents a Chunk.
                 * @constructor
                 * @param {holdfast.sync.v1.Chunk.$Properties=} [properties] Properties to set
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */
                const Chunk = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                /**
                 * Chunk transferId.
                 * @member {number} transferId
                 * @memberof holdfast.sync.v1.Chunk
                 * @instance
                 */
                Chunk.prototype.transferId = 0;

                /**
                 * Chunk offset.
                 * @member {number} offset
                 * @memberof holdfast.sync.v1.Chunk
                 * @instance
                 */
                Chunk.prototype.offset = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

                /**
                 * Chunk bytes.
                 * @member {Uint8Array} bytes
                 * @memberof holdfast.sync.v1.Chunk
                 * @instance
                 */
                Chunk.prototype.bytes = $util.newBuffer([]);

                /**
                 * Encodes the specified Chunk message. Does not implicitly {@link holdfast.sync.v1.Chunk.verify|verify} messages.
                 * @function encode
                 * @memberof holdfast.sync.v1.Chunk
                 * @static
                 * @param {holdfast.sync.v1.Chunk.$Properties} message Chunk message or plain object to encode
                 * @param {$protobuf.Writer} [writer] Writer to encode to
                 * @returns {$protobuf.Writer} Writer
                 */
                Chunk.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.transferId != null && $Object.hasOwnProperty.call(message, "transferId") && message.transferId !== 0)
                        writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.transferId);
                    if (message.offset != null && $Object.hasOwnProperty.call(message, "offset") && (typeof message.offset === "object" ? message.offset.low || message.offset.high : message.offset !== 0))
                        writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.offset);
                    if (message.bytes != null && $Object.hasOwnProperty.call(message, "bytes") && message.bytes.length)
                        writer.uint32(/* id 3, wireType 2 =*/26).bytes(message.bytes);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                /**
                 * Decodes a Chunk message from the specified reader or buffer.
                 * @function decode
                 * @memberof holdfast.sync.v1.Chunk
                 * @static
                 * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
                 * @param {number} [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Chunk & holdfast.sync.v1.Chunk.$Shape} Chunk
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                Chunk.decode = function (reader, length, _end, _depth, _target) {
                    if (!(reader instanceof $Reader))
                        reader = $Reader.create(reader);
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $Reader.recursionLimit)
                        throw $Error("max depth exceeded");
                    let end, message, value;
                    if (length === $undefined)
                        end = reader.len;
                    else {
                        end = reader.pos + length;
                        if (end > reader.len)
                            throw $RangeError("index out of range");
                        length = reader.len;
                        reader.len = end;
                    }
                    message = _target || new $root.holdfast.sync.v1.Chunk();
                    while (reader.pos < end) {
                        let start = reader.pos;
                        let tag = reader.tag();
                        if (tag === _end) {
                            _end = $undefined;
                            break;
                        }
                        let wireType = tag & 7;
                        switch (tag >>>= 3) {
                        case 1: {
                                if (wireType !== 0)
                                    break;
                                if (value = reader.uint32())
                                    message.transferId = value;
                                else
                                    delete message.transferId;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.offset = value;
                                else
                                    delete message.offset;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.bytes = value;
                                else
                                    delete message.bytes;
                                continue;
                            }
                        }
                        reader.skipType(wireType, _depth, tag);
                        if (!reader.discardUnknown) {
                            $util.makeProp(message, "$unknowns", false);
                            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                        }
                    }
                    if (length !== $undefined) {
                        if (reader.pos !== end)
                            throw $RangeError("index out of range");
                        reader.len = length;
                    }
                    if (_end !== $undefined)
                        throw $Error("missing end group");
                    return message;
                };

                return Chunk;
            })();

            v1.Applied = (function() {

                /**
                 * Properties of an Applied.
                 * @typedef {Object} holdfast.sync.v1.Applied.$Properties
                 * @property {holdfast.sync.v1.Version.$Properties|null} [version] Applied version
                 * @property {Uint8Array|null} [contentRoot] Applied contentRoot
                 * @property {number|null} [tookMs] Applied tookMs
                 * @property {Array.<holdfast.sync.v1.Quarantined.$Properties>|null} [quarantined] Applied quarantined
                 * @property {boolean|null} [already] Applied already
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */

                /**
                 * Properties of an Applied.
                 * @memberof holdfast.sync.v1
                 * @interface IApplied
                 * @augments holdfast.sync.v1.Applied.$Properties
                 * @deprecated Use holdfast.sync.v1.Applied.$Properties instead.
                 */

                /**
                 * Shape of an Applied.
                 * @typedef {holdfast.sync.v1.Applied.$Properties} holdfast.sync.v1.Applied.$Shape
                 */

                /**
                 * Constructs a new Applied.
                 * @memberof holdfast.sync.v1
                 * @classdesc Represents an Applied.
                 * @constructor
                 * @param {holdfast.sync.v1.Applied.$Properties=} [properties] Properties to set
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */
                const Applied = function (properties) {
                    this.quarantined = [];
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                /**
                 * Applied version.
                 * @member {holdfast.sync.v1.Version.$Properties|null|undefined} version
                 * @memberof holdfast.sync.v1.Applied
                 * @instance
                 */
                Applied.prototype.version = null;

                /**
                 * Applied contentRoot.
                 * @member {Uint8Array} contentRoot
                 * @memberof holdfast.sync.v1.Applied
                 * @instance
                 */
                Applied.prototype.contentRoot = $util.newBuffer([]);

                /**
                 * Applied tookMs.
                 * @member {number} tookMs
                 * @memberof holdfast.sync.v1.Applied
                 * @instance
                 */
                Applied.prototype.tookMs = 0;

                /**
                 * Applied quarantined.
                 * @member {Array.<holdfast.sync.v1.Quarantined.$Properties>} quarantined
                 * @memberof holdfast.sync.v1.Applied
                 * @instance
                 */
                Applied.prototype.quarantined = $util.emptyArray;

                /**
                 * Applied already.
                 * @member {boolean} already
                 * @memberof holdfast.sync.v1.Applied
                 * @instance
                 */
                Applied.prototype.already = false;

                /**
                 * Encodes the specified Applied message. Does not implicitly {@link holdfast.sync.v1.Applied.verify|verify} messages.
                 * @function encode
                 * @memberof holdfast.sync.v1.Applied
                 * @static
                 * @param {holdfast.sync.v1.Applied.$Properties} message Applied message or plain object to encode
                 * @param {$protobuf.Writer} [writer] Writer to encode to
                 * @returns {$protobuf.Writer} Writer
                 */
                Applied.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.version != null && $Object.hasOwnProperty.call(message, "version"))
                        $root.holdfast.sync.v1.Version.encode(message.version, writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
                    if (message.contentRoot != null && $Object.hasOwnProperty.call(message, "contentRoot") && message.contentRoot.length)
                        writer.uint32(/* id 2, wireType 2 =*/18).bytes(message.contentRoot);
                    if (message.tookMs != null && $Object.hasOwnProperty.call(message, "tookMs") && message.tookMs !== 0)
                        writer.uint32(/* id 3, wireType 0 =*/24).uint32(message.tookMs);
                    if (message.quarantined != null && message.quarantined.length)
                        for (let i = 0; i < message.quarantined.length; ++i)
                            $root.holdfast.sync.v1.Quarantined.encode(message.quarantined[i], writer.uint32(/* id 4, wireType 2 =*/34).fork(), _depth + 1).ldelim();
                    if (message.already != null && $Object.hasOwnProperty.call(message, "already") && message.already !== false)
                        writer.uint32(/* id 5, wireType 0 =*/40).bool(message.already);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                /**
                 * Decodes an Applied message from the specified reader or buffer.
                 * @function decode
                 * @memberof holdfast.sync.v1.Applied
                 * @static
                 * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
                 * @param {number} [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Applied & holdfast.sync.v1.Applied.$Shape} Applied
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                Applied.decode = function (reader, length, _end, _depth, _target) {
                    if (!(reader instanceof $Reader))
                        reader = $Reader.create(reader);
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $Reader.recursionLimit)
                        throw $Error("max depth exceeded");
                    let end, message, value;
                    if (length === $undefined)
                        end = reader.len;
                    else {
                        end = reader.pos + length;
                        if (end > reader.len)
                            throw $RangeError("index out of range");
                        length = reader.len;
                        reader.len = end;
                    }
                    message = _target || new $root.holdfast.sync.v1.Applied();
                    while (reader.pos < end) {
                        let start = reader.pos;
                        let tag = reader.tag();
                        if (tag === _end) {
                            _end = $undefined;
                            break;
                        }
                        let wireType = tag & 7;
                        switch (tag >>>= 3) {
                        case 1: {
                                if (wireType !== 2)
                                    break;
                                message.version = $root.holdfast.sync.v1.Version.decode(reader, reader.size(), $undefined, _depth + 1, message.version);
                                continue;
                            }
                        case 2: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.contentRoot = value;
                                else
                                    delete message.contentRoot;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 0)
                                    break;
                                if (value = reader.uint32())
                                    message.tookMs = value;
                                else
                                    delete message.tookMs;
                                continue;
                            }
                        case 4: {
                                if (wireType !== 2)
                                    break;
                                if (!(message.quarantined && message.quarantined.length))
                                    message.quarantined = [];
                                message.quarantined.push($root.holdfast.sync.v1.Quarantined.decode(reader, reader.size(), $undefined, _depth + 1));
                                continue;
                            }
                        case 5: {
                                if (wireType !== 0)
                                    break;
                                if (value = reader.bool())
                                    message.already = value;
                                else
                                    delete message.already;
                                continue;
                            }
                        }
                        reader.skipType(wireType, _depth, tag);
                        if (!reader.discardUnknown) {
                            $util.makeProp(message, "$unknowns", false);
                            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                        }
                    }
                    if (length !== $undefined) {
                        if (reader.pos !== end)
                            throw $RangeError("index out of range");
                        reader.len = length;
                    }
                    if (_end !== $undefined)
                        throw $Error("missing end group");
                    return message;
                };

                return Applied;
            })();

            v1.Quarantined = (function() {

                /**
                 * Properties of a Quarantined.
                 * @typedef {Object} holdfast.sync.v1.Quarantined.$Properties
                 * @property {string|null} [kind] Quarantined kind
                 * @property {Uint8Array|null} [id] Quarantined id
                 * @property {string|null} [code] Quarantined code
                 * @property {string|null} [reason] Quarantined reason
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */

                /**
                 * Properties of a Quarantined.
                 * @memberof holdfast.sync.v1
                 * @interface IQuarantined
                 * @augments holdfast.sync.v1.Quarantined.$Properties
                 * @deprecated Use holdfast.sync.v1.Quarantined.$Properties instead.
                 */

                /**
                 * Shape of a Quarantined.
                 * @typedef {holdfast.sync.v1.Quarantined.$Properties} holdfast.sync.v1.Quarantined.$Shape
                 */

                /**
                 * Constructs a new Quarantined.
                 * @memberof holdfast.sync.v1
                 * @classdesc Represents a Quarantined.
                 * @constructor
                 * @param {holdfast.sync.v1.Quarantined.$Properties=} [properties] Properties to set
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */
                const Quarantined = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                /**
                 * Quarantined kind.
                 * @member {string} kind
                 * @memberof holdfast.sync.v1.Quarantined
                 * @instance
                 */
                Quarantined.prototype.kind = "";

                /**
                 * Quarantined id.
                 * @member {Uint8Array} id
                 * @memberof holdfast.sync.v1.Quarantined
                 * @instance
                 */
                Quarantined.prototype.id = $util.newBuffer([]);

                /**
                 * Quarantined code.
                 * @member {string} code
                 * @memberof holdfast.sync.v1.Quarantined
                 * @instance
                 */
                Quarantined.prototype.code = "";

                /**
                 * Quarantined reason.
                 * @member {string} reason
                 * @memberof holdfast.sync.v1.Quarantined
                 * @instance
                 */
                Quarantined.prototype.reason = "";

                /**
                 * Encodes the specified Quarantined message. Does not implicitly {@link holdfast.sync.v1.Quarantined.verify|verify} messages.
                 * @function encode
                 * @memberof holdfast.sync.v1.Quarantined
                 * @static
                 * @param {holdfast.sync.v1.Quarantined.$Properties} message Quarantined message or plain object to encode
                 * @param {$protobuf.Writer} [writer] Writer to encode to
                 * @returns {$protobuf.Writer} Writer
                 */
                Quarantined.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.kind != null && $Object.hasOwnProperty.call(message, "kind") && message.kind !== "")
                        writer.uint32(/* id 1, wireType 2 =*/10).string(message.kind);
                    if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id.length)
                        writer.uint32(/* id 2, wireType 2 =*/18).bytes(message.id);
                    if (message.code != null && $Object.hasOwnProperty.call(message, "code") && message.code !== "")
                        writer.uint32(/* id 3, wireType 2 =*/26).string(message.code);
                    if (message.reason != null && $Object.hasOwnProperty.call(message, "reason") && message.reason !== "")
                        writer.uint32(/* id 4, wireType 2 =*/34).string(message.reason);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                /**
                 * Decodes a Quarantined message from the specified reader or buffer.
                 * @function decode
                 * @memberof holdfast.sync.v1.Quarantined
                 * @static
                 * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
                 * @param {number} [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Quarantined & holdfast.sync.v1.Quarantined.$Shape} Quarantined
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                Quarantined.decode = function (reader, length, _end, _depth, _target) {
                    if (!(reader instanceof $Reader))
                        reader = $Reader.create(reader);
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $Reader.recursionLimit)
                        throw $Error("max depth exceeded");
                    let end, message, value;
                    if (length === $undefined)
                        end = reader.len;
                    else {
                        end = reader.pos + length;
                        if (end > reader.len)
                            throw $RangeError("index out of range");
                        length = reader.len;
                        reader.len = end;
                    }
                    message = _target || new $root.holdfast.sync.v1.Quarantined();
                    while (reader.pos < end) {
                        let start = reader.pos;
                        let tag = reader.tag();
                        if (tag === _end) {
                            _end = $undefined;
                            break;
                        }
                        let wireType = tag & 7;
                        switch (tag >>>= 3) {
                        case 1: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.stringVerify()).length)
                                    message.kind = value;
                                else
                                    delete message.kind;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.id = value;
                                else
                                    delete message.id;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.stringVerify()).length)
                                    message.code = value;
                                else
                                    delete message.code;
                                continue;
                            }
                        case 4: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.stringVerify()).length)
                                    message.reason = value;
                                else
                                    delete message.reason;
                                continue;
                            }
                        }
                        reader.skipType(wireType, _depth, tag);
                        if (!reader.discardUnknown) {
                            $util.makeProp(message, "$unknowns", false);
                            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                        }
                    }
                    if (length !== $undefined) {
                        if (reader.pos !== end)
                            throw $RangeError("index out of range");
                        reader.len = length;
                    }
                    if (_end !== $undefined)
                        throw $Error("missing end group");
                    return message;
                };

                return Quarantined;
            })();

            v1.Rejected = (function() {

                /**
                 * Properties of a Rejected.
                 * @typedef {Object} holdfast.sync.v1.Rejected.$Properties
                 * @property {holdfast.sync.v1.Version.$Properties|null} [version] Rejected version
                 * @property {string|null} [code] Rejected code
                 * @property {Array.<string>|null} [reasons] Rejected reasons
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */

                /**
                 * Properties of a Rejected.
                 * @memberof holdfast.sync.v1
                 * @interface IRejected
                 * @augments holdfast.sync.v1.Rejected.$Properties
                 * @deprecated Use holdfast.sync.v1.Rejected.$Properties instead.
                 */

                /**
                 * Shape of a Rejected.
                 * @typedef {holdfast.sync.v1.Rejected.$Properties} holdfast.sync.v1.Rejected.$Shape
                 */

                /**
                 * Constructs a new Rejected.
                 * @memberof holdfast.sync.v1
                 * @classdesc Represents a Rejected.
                 * @constructor
                 * @param {holdfast.sync.v1.Rejected.$Properties=} [properties] Properties to set
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */
                const Rejected = function (properties) {
                    this.reasons = [];
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                /**
                 * Rejected version.
                 * @member {holdfast.sync.v1.Version.$Properties|null|undefined} version
                 * @memberof holdfast.sync.v1.Rejected
                 * @instance
                 */
                Rejected.prototype.version = null;

                /**
                 * Rejected code.
                 * @member {string} code
                 * @memberof holdfast.sync.v1.Rejected
                 * @instance
                 */
                Rejected.prototype.code = "";

                /**
                 * Rejected reasons.
                 * @member {Array.<string>} reasons
                 * @memberof holdfast.sync.v1.Rejected
                 * @instance
                 */
                Rejected.prototype.reasons = $util.emptyArray;

                /**
                 * Encodes the specified Rejected message. Does not implicitly {@link holdfast.sync.v1.Rejected.verify|verify} messages.
                 * @function encode
                 * @memberof holdfast.sync.v1.Rejected
                 * @static
                 * @param {holdfast.sync.v1.Rejected.$Properties} message Rejected message or plain object to encode
                 * @param {$protobuf.Writer} [writer] Writer to encode to
                 * @returns {$protobuf.Writer} Writer
                 */
                Rejected.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.version != null && $Object.hasOwnProperty.call(message, "version"))
                        $root.holdfast.sync.v1.Version.encode(message.version, writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
                    if (message.code != null && $Object.hasOwnProperty.call(message, "code") && message.code !== "")
                        writer.uint32(/* id 2, wireType 2 =*/18).string(message.code);
                    if (message.reasons != null && message.reasons.length)
                        for (let i = 0; i < message.reasons.length; ++i)
                            writer.uint32(/* id 3, wireType 2 =*/26).string(message.reasons[i]);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                /**
                 * Decodes a Rejected message from the specified reader or buffer.
                 * @function decode
                 * @memberof holdfast.sync.v1.Rejected
                 * @static
                 * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
                 * @param {number} [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Rejected & holdfast.sync.v1.Rejected.$Shape} Rejected
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                Rejected.decode = function (reader, length, _end, _depth, _target) {
                    if (!(reader instanceof $Reader))
                        reader = $Reader.create(reader);
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $Reader.recursionLimit)
                        throw $Error("max depth exceeded");
                    let end, message, value;
                    if (length === $undefined)
                        end = reader.len;
                    else {
                        end = reader.pos + length;
                        if (end > reader.len)
                            throw $RangeError("index out of range");
                        length = reader.len;
                        reader.len = end;
                    }
                    message = _target || new $root.holdfast.sync.v1.Rejected();
                    while (reader.pos < end) {
                        let start = reader.pos;
                        let tag = reader.tag();
                        if (tag === _end) {
                            _end = $undefined;
                            break;
                        }
                        let wireType = tag & 7;
                        switch (tag >>>= 3) {
                        case 1: {
                                if (wireType !== 2)
                                    break;
                                message.version = $root.holdfast.sync.v1.Version.decode(reader, reader.size(), $undefined, _depth + 1, message.version);
                                continue;
                            }
                        case 2: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.stringVerify()).length)
                                    message.code = value;
                                else
                                    delete message.code;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 2)
                                    break;
                                if (!(message.reasons && message.reasons.length))
                                    message.reasons = [];
                                message.reasons.push(reader.stringVerify());
                                continue;
                            }
                        }
                        reader.skipType(wireType, _depth, tag);
                        if (!reader.discardUnknown) {
                            $util.makeProp(message, "$unknowns", false);
                            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                        }
                    }
                    if (length !== $undefined) {
                        if (reader.pos !== end)
                            throw $RangeError("index out of range");
                        reader.len = length;
                    }
                    if (_end !== $undefined)
                        throw $Error("missing end group");
                    return message;
                };

                return Rejected;
            })();

            v1.FellBack = (function() {

                /**
                 * Properties of a FellBack.
                 * @typedef {Object} holdfast.sync.v1.FellBack.$Properties
                 * @property {holdfast.sync.v1.Version.$Properties|null} [from] FellBack from
                 * @property {holdfast.sync.v1.Version.$Properties|null} [to] FellBack to
                 * @property {Uint8Array|null} [fromRoot] FellBack fromRoot
                 * @property {string|null} [reason] FellBack reason
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */

                /**
                 * Properties of a FellBack.
                 * @memberof holdfast.sync.v1
                 * @interface IFellBack
                 * @augments holdfast.sync.v1.FellBack.$Properties
                 * @deprecated Use holdfast.sync.v1.FellBack.$Properties instead.
                 */

                /**
                 * Shape of a FellBack.
                 * @typedef {holdfast.sync.v1.FellBack.$Properties} holdfast.sync.v1.FellBack.$Shape
                 */

                /**
                 * Constructs a new FellBack.
                 * @memberof holdfast.sync.v1
                 * @classdesc Represents a FellBack.
                 * @constructor
                 * @param {holdfast.sync.v1.FellBack.$Properties=} [properties] Properties to set
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */
                const FellBack = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                /**
                 * FellBack from.
                 * @member {holdfast.sync.v1.Version.$Properties|null|undefined} from
                 * @memberof holdfast.sync.v1.FellBack
                 * @instance
                 */
                FellBack.prototype.from = null;

                /**
                 * FellBack to.
                 * @member {holdfast.sync.v1.Version.$Properties|null|undefined} to
                 * @memberof holdfast.sync.v1.FellBack
                 * @instance
                 */
                FellBack.prototype.to = null;

                /**
                 * FellBack fromRoot.
                 * @member {Uint8Array} fromRoot
                 * @memberof holdfast.sync.v1.FellBack
                 * @instance
                 */
                FellBack.prototype.fromRoot = $util.newBuffer([]);

                /**
                 * FellBack reason.
                 * @member {string} reason
                 * @memberof holdfast.sync.v1.FellBack
                 * @instance
                 */
                FellBack.prototype.reason = "";

                /**
                 * Encodes the specified FellBack message. Does not implicitly {@link holdfast.sync.v1.FellBack.verify|verify} messages.
                 * @function encode
                 * @memberof holdfast.sync.v1.FellBack
                 * @static
                 * @param {holdfast.sync.v1.FellBack.$Properties} message FellBack message or plain object to encode
                 * @param {$protobuf.Writer} [writer] Writer to encode to
                 * @returns {$protobuf.Writer} Writer
                 */
                FellBack.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.from != null && $Object.hasOwnProperty.call(message, "from"))
                        $root.holdfast.sync.v1.Version.encode(message.from, writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
                    if (message.to != null && $Object.hasOwnProperty.call(message, "to"))
                        $root.holdfast.sync.v1.Version.encode(message.to, writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
                    if (message.fromRoot != null && $Object.hasOwnProperty.call(message, "fromRoot") && message.fromRoot.length)
                        writer.uint32(/* id 3, wireType 2 =*/26).bytes(message.fromRoot);
                    if (message.reason != null && $Object.hasOwnProperty.call(message, "reason") && message.reason !== "")
                        writer.uint32(/* id 4, wireType 2 =*/34).string(message.reason);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                /**
                 * Decodes a FellBack message from the specified reader or buffer.
                 * @function decode
                 * @memberof holdfast.sync.v1.FellBack
                 * @static
                 * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
                 * @param {number} [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.FellBack & holdfast.sync.v1.FellBack.$Shape} FellBack
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                FellBack.decode = function (reader, length, _end, _depth, _target) {
                    if (!(reader instanceof $Reader))
                        reader = $Reader.create(reader);
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $Reader.recursionLimit)
                        throw $Error("max depth exceeded");
                    let end, message, value;
                    if (length === $undefined)
                        end = reader.len;
                    else {
                        end = reader.pos + length;
                        if (end > reader.len)
                            throw $RangeError("index out of range");
                        length = reader.len;
                        reader.len = end;
                    }
                    message = _target || new $root.holdfast.sync.v1.FellBack();
                    while (reader.pos < end) {
                        let start = reader.pos;
                        let tag = reader.tag();
                        if (tag === _end) {
                            _end = $undefined;
                            break;
                        }
                        let wireType = tag & 7;
                        switch (tag >>>= 3) {
                        case 1: {
                                if (wireType !== 2)
                                    break;
                                message.from = $root.holdfast.sync.v1.Version.decode(reader, reader.size(), $undefined, _depth + 1, message.from);
                                continue;
                            }
                        case 2: {
                                if (wireType !== 2)
                                    break;
                                message.to = $root.holdfast.sync.v1.Version.decode(reader, reader.size(), $undefined, _depth + 1, message.to);
                                continue;
                            }
                        case 3: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.fromRoot = value;
                                else
                                    delete message.fromRoot;
                                continue;
                            }
                        case 4: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.stringVerify()).length)
                                    message.reason = value;
                                else
                                    delete message.reason;
                                continue;
                            }
                        }
                        reader.skipType(wireType, _depth, tag);
                        if (!reader.discardUnknown) {
                            $util.makeProp(message, "$unknowns", false);
                            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                        }
                    }
                    if (length !== $undefined) {
                        if (reader.pos !== end)
                            throw $RangeError("index out of range");
                        reader.len = length;
                    }
                    if (_end !== $undefined)
                        throw $Error("missing end group");
                    return message;
                };

                return FellBack;
            })();

            v1.Head = (function() {

                /**
                 * Properties of a Head.
                 * @typedef {Object} holdfast.sync.v1.Head.$Properties
                 * @property {string|null} [headStatement] Head headStatement
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */

                /**
                 * Properties of a Head.
                 * @memberof holdfast.sync.v1
                 * @interface IHead
                 * @augments holdfast.sync.v1.Head.$Properties
                 * @deprecated Use holdfast.sync.v1.Head.$Properties instead.
                 */

                /**
                 * Shape of a Head.
                 * @typedef {holdfast.sync.v1.Head.$Properties} holdfast.sync.v1.Head.$Shape
                 */

                /**
                 * Constructs a new Head.
                 * @memberof holdfast.sync.v1
                 * @classdesc Represents a Head.
                 * @constructor
                 * @param {holdfast.sync.v1.Head.$Properties=} [properties] Properties to set
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */
                const Head = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                /**
                 * Head headStatement.
                 * @member {string} headStatement
                 * @memberof holdfast.sync.v1.Head
                 * @instance
                 */
                Head.prototype.headStatement = "";

                /**
                 * Encodes the specified Head message. Does not implicitly {@link holdfast.sync.v1.Head.verify|verify} messages.
                 * @function encode
                 * @memberof holdfast.sync.v1.Head
                 * @static
                 * @param {holdfast.sync.v1.Head.$Properties} message Head message or plain object to encode
                 * @param {$protobuf.Writer} [writer] Writer to encode to
                 * @returns {$protobuf.Writer} Writer
                 */
                Head.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.headStatement != null && $Object.hasOwnProperty.call(message, "headStatement") && message.headStatement !== "")
                        writer.uint32(/* id 1, wireType 2 =*/10).string(message.headStatement);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                /**
                 * Decodes a Head message from the specified reader or buffer.
                 * @function decode
                 * @memberof holdfast.sync.v1.Head
                 * @static
                 * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
                 * @param {number} [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Head & holdfast.sync.v1.Head.$Shape} Head
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                Head.decode = function (reader, length, _end, _depth, _target) {
                    if (!(reader instanceof $Reader))
                        reader = $Reader.create(reader);
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $Reader.recursionLimit)
                        throw $Error("max depth exceeded");
                    let end, message, value;
                    if (length === $undefined)
                        end = reader.len;
                    else {
                        end = reader.pos + length;
                        if (end > reader.len)
                            throw $RangeError("index out of range");
                        length = reader.len;
                        reader.len = end;
                    }
                    message = _target || new $root.holdfast.sync.v1.Head();
                    while (reader.pos < end) {
                        let start = reader.pos;
                        let tag = reader.tag();
                        if (tag === _end) {
                            _end = $undefined;
                            break;
                        }
                        let wireType = tag & 7;
                        switch (tag >>>= 3) {
                        case 1: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.stringVerify()).length)
                                    message.headStatement = value;
                                else
                                    delete message.headStatement;
                                continue;
                            }
                        }
                        reader.skipType(wireType, _depth, tag);
                        if (!reader.discardUnknown) {
                            $util.makeProp(message, "$unknowns", false);
                            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                        }
                    }
                    if (length !== $undefined) {
                        if (reader.pos !== end)
                            throw $RangeError("index out of range");
                        reader.len = length;
                    }
                    if (_end !== $undefined)
                        throw $Error("missing end group");
                    return message;
                };

                return Head;
            })();

            v1.Ping = (function() {

                /**
                 * Properties of a Ping.
                 * @typedef {Object} holdfast.sync.v1.Ping.$Properties
                 * @property {number|null} [nonce] Ping nonce
                 * @property {boolean|null} [answer] Ping answer
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */

                /**
                 * Properties of a Ping.
                 * @memberof holdfast.sync.v1
                 * @interface IPing
                 * @augments holdfast.sync.v1.Ping.$Properties
                 * @deprecated Use holdfast.sync.v1.Ping.$Properties instead.
                 */

                /**
                 * Shape of a Ping.
                 * @typedef {holdfast.sync.v1.Ping.$Properties} holdfast.sync.v1.Ping.$Shape
                 */

                /**
                 * Constructs a new Ping.
                 * @memberof holdfast.sync.v1
                 * @classdesc Represents a Ping.
                 * @constructor
                 * @param {holdfast.sync.v1.Ping.$Properties=} [properties] Properties to set
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */
                const Ping = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                /**
                 * Ping nonce.
                 * @member {number} nonce
                 * @memberof holdfast.sync.v1.Ping
                 * @instance
                 */
                Ping.prototype.nonce = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

                /**
                 * Ping answer.
                 * @member {boolean} answer
                 * @memberof holdfast.sync.v1.Ping
                 * @instance
                 */
                Ping.prototype.answer = false;

                /**
                 * Encodes the specified Ping message. Does not implicitly {@link holdfast.sync.v1.Ping.verify|verify} messages.
                 * @function encode
                 * @memberof holdfast.sync.v1.Ping
                 * @static
                 * @param {holdfast.sync.v1.Ping.$Properties} message Ping message or plain object to encode
                 * @param {$protobuf.Writer} [writer] Writer to encode to
                 * @returns {$protobuf.Writer} Writer
                 */
                Ping.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.nonce != null && $Object.hasOwnProperty.call(message, "nonce") && (typeof message.nonce === "object" ? message.nonce.low || message.nonce.high : message.nonce !== 0))
                        writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.nonce);
                    if (message.answer != null && $Object.hasOwnProperty.call(message, "answer") && message.answer !== false)
                        writer.uint32(/* id 2, wireType 0 =*/16).bool(message.answer);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                /**
                 * Decodes a Ping message from the specified reader or buffer.
                 * @function decode
                 * @memberof holdfast.sync.v1.Ping
                 * @static
                 * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
                 * @param {number} [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Ping & holdfast.sync.v1.Ping.$Shape} Ping
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                Ping.decode = function (reader, length, _end, _depth, _target) {
                    if (!(reader instanceof $Reader))
                        reader = $Reader.create(reader);
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $Reader.recursionLimit)
                        throw $Error("max depth exceeded");
                    let end, message, value;
                    if (length === $undefined)
                        end = reader.len;
                    else {
                        end = reader.pos + length;
                        if (end > reader.len)
                            throw $RangeError("index out of range");
                        length = reader.len;
                        reader.len = end;
                    }
                    message = _target || new $root.holdfast.sync.v1.Ping();
                    while (reader.pos < end) {
                        let start = reader.pos;
                        let tag = reader.tag();
                        if (tag === _end) {
                            _end = $undefined;
                            break;
                        }
                        let wireType = tag & 7;
                        switch (tag >>>= 3) {
                        case 1: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.nonce = value;
                                else
                                    delete message.nonce;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 0)
                                    break;
                                if (value = reader.bool())
                                    message.answer = value;
                                else
                                    delete message.answer;
                                continue;
                            }
                        }
                        reader.skipType(wireType, _depth, tag);
                        if (!reader.discardUnknown) {
                            $util.makeProp(message, "$unknowns", false);
                            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                        }
                    }
                    if (length !== $undefined) {
                        if (reader.pos !== end)
                            throw $RangeError("index out of range");
                        reader.len = length;
                    }
                    if (_end !== $undefined)
                        throw $Error("missing end group");
                    return message;
                };

                return Ping;
            })();

            v1.Telemetry = (function() {

                /**
                 * Properties of a Telemetry.
                 * @typedef {Object} holdfast.sync.v1.Telemetry.$Properties
                 * @property {Uint8Array|null} [bootId] Telemetry bootId
                 * @property {number|null} [sequence] Telemetry sequence
                 * @property {Uint8Array|null} [batch] Telemetry batch
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */

                /**
                 * Properties of a Telemetry.
                 * @memberof holdfast.sync.v1
                 * @interface ITelemetry
                 * @augments holdfast.sync.v1.Telemetry.$Properties
                 * @deprecated Use holdfast.sync.v1.Telemetry.$Properties instead.
                 */

                /**
                 * Shape of a Telemetry.
                 * @typedef {holdfast.sync.v1.Telemetry.$Properties} holdfast.sync.v1.Telemetry.$Shape
                 */

                /**
                 * Constructs a new Telemetry.
                 * @memberof holdfast.sync.v1
                 * @classdesc Represents a Telemetry.
                 * @constructor
                 * @param {holdfast.sync.v1.Telemetry.$Properties=} [properties] Properties to set
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */
                const Telemetry = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                /**
                 * Telemetry bootId.
                 * @member {Uint8Array} bootId
                 * @memberof holdfast.sync.v1.Telemetry
                 * @instance
                 */
                Telemetry.prototype.bootId = $util.newBuffer([]);

                /**
                 * Telemetry sequence.
                 * @member {number} sequence
                 * @memberof holdfast.sync.v1.Telemetry
                 * @instance
                 */
                Telemetry.prototype.sequence = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

                /**
                 * Telemetry batch.
                 * @member {Uint8Array} batch
                 * @memberof holdfast.sync.v1.Telemetry
                 * @instance
                 */
                Telemetry.prototype.batch = $util.newBuffer([]);

                /**
                 * Encodes the specified Telemetry message. Does not implicitly {@link holdfast.sync.v1.Telemetry.verify|verify} messages.
                 * @function encode
                 * @memberof holdfast.sync.v1.Telemetry
                 * @static
                 * @param {holdfast.sync.v1.Telemetry.$Properties} message Telemetry message or plain object to encode
                 * @param {$protobuf.Writer} [writer] Writer to encode to
                 * @returns {$protobuf.Writer} Writer
                 */
                Telemetry.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.bootId != null && $Object.hasOwnProperty.call(message, "bootId") && message.bootId.length)
                        writer.uint32(/* id 1, wireType 2 =*/10).bytes(message.bootId);
                    if (message.sequence != null && $Object.hasOwnProperty.call(message, "sequence") && (typeof message.sequence === "object" ? message.sequence.low || message.sequence.high : message.sequence !== 0))
                        writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.sequence);
                    if (message.batch != null && $Object.hasOwnProperty.call(message, "batch") && message.batch.length)
                        writer.uint32(/* id 3, wireType 2 =*/26).bytes(message.batch);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                /**
                 * Decodes a Telemetry message from the specified reader or buffer.
                 * @function decode
                 * @memberof holdfast.sync.v1.Telemetry
                 * @static
                 * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
                 * @param {number} [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Telemetry & holdfast.sync.v1.Telemetry.$Shape} Telemetry
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                Telemetry.decode = function (reader, length, _end, _depth, _target) {
                    if (!(reader instanceof $Reader))
                        reader = $Reader.create(reader);
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $Reader.recursionLimit)
                        throw $Error("max depth exceeded");
                    let end, message, value;
                    if (length === $undefined)
                        end = reader.len;
                    else {
                        end = reader.pos + length;
                        if (end > reader.len)
                            throw $RangeError("index out of range");
                        length = reader.len;
                        reader.len = end;
                    }
                    message = _target || new $root.holdfast.sync.v1.Telemetry();
                    while (reader.pos < end) {
                        let start = reader.pos;
                        let tag = reader.tag();
                        if (tag === _end) {
                            _end = $undefined;
                            break;
                        }
                        let wireType = tag & 7;
                        switch (tag >>>= 3) {
                        case 1: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.bootId = value;
                                else
                                    delete message.bootId;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.sequence = value;
                                else
                                    delete message.sequence;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.batch = value;
                                else
                                    delete message.batch;
                                continue;
                            }
                        }
                        reader.skipType(wireType, _depth, tag);
                        if (!reader.discardUnknown) {
                            $util.makeProp(message, "$unknowns", false);
                            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                        }
                    }
                    if (length !== $undefined) {
                        if (reader.pos !== end)
                            throw $RangeError("index out of range");
                        reader.len = length;
                    }
                    if (_end !== $undefined)
                        throw $Error("missing end group");
                    return message;
                };

                return Telemetry;
            })();

            v1.TelemetryAck = (function() {

                /**
                 * Properties of a TelemetryAck.
                 * @typedef {Object} holdfast.sync.v1.TelemetryAck.$Properties
                 * @property {Uint8Array|null} [bootId] TelemetryAck bootId
                 * @property {number|null} [sequence] TelemetryAck sequence
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */

                /**
                 * Properties of a TelemetryAck.
                 * @memberof holdfast.sync.v1
                 * @interface ITelemetryAck
                 * @augments holdfast.sync.v1.TelemetryAck.$Properties
                 * @deprecated Use holdfast.sync.v1.TelemetryAck.$Properties instead.
                 */

                /**
                 * Shape of a TelemetryAck.
                 * @typedef {holdfast.sync.v1.TelemetryAck.$Properties} holdfast.sync.v1.TelemetryAck.$Shape
                 */

                /**
                 * Constructs a new TelemetryAck.
                 * @memberof holdfast.sync.v1
                 * @classdesc Represents a TelemetryAck.
                 * @constructor
                 * @param {holdfast.sync.v1.TelemetryAck.$Properties=} [properties] Properties to set
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */
                const TelemetryAck = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                /**
                 * TelemetryAck bootId.
                 * @member {Uint8Array} bootId
                 * @memberof holdfast.sync.v1.TelemetryAck
                 * @instance
                 */
                TelemetryAck.prototype.bootId = $util.newBuffer([]);

                /**
                 * TelemetryAck sequence.
                 * @member {number} sequence
                 * @memberof holdfast.sync.v1.TelemetryAck
                 * @instance
                 */
                TelemetryAck.prototype.sequence = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

                /**
                 * Encodes the specified TelemetryAck message. Does not implicitly {@link holdfast.sync.v1.TelemetryAck.verify|verify} messages.
                 * @function encode
                 * @memberof holdfast.sync.v1.TelemetryAck
                 * @static
                 * @param {holdfast.sync.v1.TelemetryAck.$Properties} message TelemetryAck message or plain object to encode
                 * @param {$protobuf.Writer} [writer] Writer to encode to
                 * @returns {$protobuf.Writer} Writer
                 */
                TelemetryAck.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.bootId != null && $Object.hasOwnProperty.call(message, "bootId") && message.bootId.length)
                        writer.uint32(/* id 1, wireType 2 =*/10).bytes(message.bootId);
                    if (message.sequence != null && $Object.hasOwnProperty.call(message, "sequence") && (typeof message.sequence === "object" ? message.sequence.low || message.sequence.high : message.sequence !== 0))
                        writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.sequence);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                /**
                 * Decodes a TelemetryAck message from the specified reader or buffer.
                 * @function decode
                 * @memberof holdfast.sync.v1.TelemetryAck
                 * @static
                 * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
                 * @param {number} [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.TelemetryAck & holdfast.sync.v1.TelemetryAck.$Shape} TelemetryAck
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                TelemetryAck.decode = function (reader, length, _end, _depth, _target) {
                    if (!(reader instanceof $Reader))
                        reader = $Reader.create(reader);
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $Reader.recursionLimit)
                        throw $Error("max depth exceeded");
                    let end, message, value;
                    if (length === $undefined)
                        end = reader.len;
                    else {
                        end = reader.pos + length;
                        if (end > reader.len)
                            throw $RangeError("index out of range");
                        length = reader.len;
                        reader.len = end;
                    }
                    message = _target || new $root.holdfast.sync.v1.TelemetryAck();
                    while (reader.pos < end) {
                        let start = reader.pos;
                        let tag = reader.tag();
                        if (tag === _end) {
                            _end = $undefined;
                            break;
                        }
                        let wireType = tag & 7;
                        switch (tag >>>= 3) {
                        case 1: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.bootId = value;
                                else
                                    delete message.bootId;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.sequence = value;
                                else
                                    delete message.sequence;
                                continue;
                            }
                        }
                        reader.skipType(wireType, _depth, tag);
                        if (!reader.discardUnknown) {
                            $util.makeProp(message, "$unknowns", false);
                            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                        }
                    }
                    if (length !== $undefined) {
                        if (reader.pos !== end)
                            throw $RangeError("index out of range");
                        reader.len = length;
                    }
                    if (_end !== $undefined)
                        throw $Error("missing end group");
                    return message;
                };

                return TelemetryAck;
            })();

            v1.Credit = (function() {

                /**
                 * Properties of a Credit.
                 * @typedef {Object} holdfast.sync.v1.Credit.$Properties
                 * @property {number|null} [chunks] Credit chunks
                 * @property {number|null} [telemetry] Credit telemetry
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */

                /**
                 * Properties of a Credit.
                 * @memberof holdfast.sync.v1
                 * @interface ICredit
                 * @augments holdfast.sync.v1.Credit.$Properties
                 * @deprecated Use holdfast.sync.v1.Credit.$Properties instead.
                 */

                /**
                 * Shape of a Credit.
                 * @typedef {holdfast.sync.v1.Credit.$Properties} holdfast.sync.v1.Credit.$Shape
                 */

                /**
                 * Constructs a new Credit.
                 * @memberof holdfast.sync.v1
                 * @classdesc Represents a Credit.
                 * @constructor
                 * @param {holdfast.sync.v1.Credit.$Properties=} [properties] Properties to set
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */
                const Credit = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                /**
                 * Credit chunks.
                 * @member {number} chunks
                 * @memberof holdfast.sync.v1.Credit
                 * @instance
                 */
                Credit.prototype.chunks = 0;

                /**
                 * Credit telemetry.
                 * @member {number} telemetry
                 * @memberof holdfast.sync.v1.Credit
                 * @instance
                 */
                Credit.prototype.telemetry = 0;

                /**
                 * Encodes the specified Credit message. Does not implicitly {@link holdfast.sync.v1.Credit.verify|verify} messages.
                 * @function encode
                 * @memberof holdfast.sync.v1.Credit
                 * @static
                 * @param {holdfast.sync.v1.Credit.$Properties} message Credit message or plain object to encode
                 * @param {$protobuf.Writer} [writer] Writer to encode to
                 * @returns {$protobuf.Writer} Writer
                 */
                Credit.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.chunks != null && $Object.hasOwnProperty.call(message, "chunks") && message.chunks !== 0)
                        writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.chunks);
                    if (message.telemetry != null && $Object.hasOwnProperty.call(message, "telemetry") && message.telemetry !== 0)
                        writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.telemetry);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                /**
                 * Decodes a Credit message from the specified reader or buffer.
                 * @function decode
                 * @memberof holdfast.sync.v1.Credit
                 * @static
                 * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
                 * @param {number} [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Credit & holdfast.sync.v1.Credit.$Shape} Credit
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                Credit.decode = function (reader, length, _end, _depth, _target) {
                    if (!(reader instanceof $Reader))
                        reader = $Reader.create(reader);
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $Reader.recursionLimit)
                        throw $Error("max depth exceeded");
                    let end, message, value;
                    if (length === $undefined)
                        end = reader.len;
                    else {
                        end = reader.pos + length;
                        if (end > reader.len)
                            throw $RangeError("index out of range");
                        length = reader.len;
                        reader.len = end;
                    }
                    message = _target || new $root.holdfast.sync.v1.Credit();
                    while (reader.pos < end) {
                        let start = reader.pos;
                        let tag = reader.tag();
                        if (tag === _end) {
                            _end = $undefined;
                            break;
                        }
                        let wireType = tag & 7;
                        switch (tag >>>= 3) {
                        case 1: {
                                if (wireType !== 0)
                                    break;
                                if (value = reader.uint32())
                                    message.chunks = value;
                                else
                                    delete message.chunks;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 0)
                                    break;
                                if (value = reader.uint32())
                                    message.telemetry = value;
                                else
                                    delete message.telemetry;
                                continue;
                            }
                        }
                        reader.skipType(wireType, _depth, tag);
                        if (!reader.discardUnknown) {
                            $util.makeProp(message, "$unknowns", false);
                            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                        }
                    }
                    if (length !== $undefined) {
                        if (reader.pos !== end)
                            throw $RangeError("index out of range");
                        reader.len = length;
                    }
                    if (_end !== $undefined)
                        throw $Error("missing end group");
                    return message;
                };

                return Credit;
            })();

            v1.Renew = (function() {

                /**
                 * Properties of a Renew.
                 * @typedef {Object} holdfast.sync.v1.Renew.$Properties
                 * @property {Uint8Array|null} [certificateRequest] Renew certificateRequest
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */

                /**
                 * Properties of a Renew.
                 * @memberof holdfast.sync.v1
                 * @interface IRenew
                 * @augments holdfast.sync.v1.Renew.$Properties
                 * @deprecated Use holdfast.sync.v1.Renew.$Properties instead.
                 */

                /**
                 * Shape of a Renew.
                 * @typedef {holdfast.sync.v1.Renew.$Properties} holdfast.sync.v1.Renew.$Shape
                 */

                /**
                 * Constructs a new Renew.
                 * @memberof holdfast.sync.v1
                 * @classdesc Represents a Renew.
                 * @constructor
                 * @param {holdfast.sync.v1.Renew.$Properties=} [properties] Properties to set
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */
                const Renew = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                /**
                 * Renew certificateRequest.
                 * @member {Uint8Array} certificateRequest
                 * @memberof holdfast.sync.v1.Renew
                 * @instance
                 */
                Renew.prototype.certificateRequest = $util.newBuffer([]);

                /**
                 * Encodes the specified Renew message. Does not implicitly {@link holdfast.sync.v1.Renew.verify|verify} messages.
                 * @function encode
                 * @memberof holdfast.sync.v1.Renew
                 * @static
                 * @param {holdfast.sync.v1.Renew.$Properties} message Renew message or plain object to encode
                 * @param {$protobuf.Writer} [writer] Writer to encode to
                 * @returns {$protobuf.Writer} Writer
                 */
                Renew.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.certificateRequest != null && $Object.hasOwnProperty.call(message, "certificateRequest") && message.certificateRequest.length)
                        writer.uint32(/* id 1, wireType 2 =*/10).bytes(message.certificateRequest);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                /**
                 * Decodes a Renew message from the specified reader or buffer.
                 * @function decode
                 * @memberof holdfast.sync.v1.Renew
                 * @static
                 * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
                 * @param {number} [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Renew & holdfast.sync.v1.Renew.$Shape} Renew
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                Renew.decode = function (reader, length, _end, _depth, _target) {
                    if (!(reader instanceof $Reader))
                        reader = $Reader.create(reader);
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $Reader.recursionLimit)
                        throw $Error("max depth exceeded");
                    let end, message, value;
                    if (length === $undefined)
                        end = reader.len;
                    else {
                        end = reader.pos + length;
                        if (end > reader.len)
                            throw $RangeError("index out of range");
                        length = reader.len;
                        reader.len = end;
                    }
                    message = _target || new $root.holdfast.sync.v1.Renew();
                    while (reader.pos < end) {
                        let start = reader.pos;
                        let tag = reader.tag();
                        if (tag === _end) {
                            _end = $undefined;
                            break;
                        }
                        let wireType = tag & 7;
                        switch (tag >>>= 3) {
                        case 1: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.certificateRequest = value;
                                else
                                    delete message.certificateRequest;
                                continue;
                            }
                        }
                        reader.skipType(wireType, _depth, tag);
                        if (!reader.discardUnknown) {
                            $util.makeProp(message, "$unknowns", false);
                            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                        }
                    }
                    if (length !== $undefined) {
                        if (reader.pos !== end)
                            throw $RangeError("index out of range");
                        reader.len = length;
                    }
                    if (_end !== $undefined)
                        throw $Error("missing end group");
                    return message;
                };

                return Renew;
            })();

            v1.Renewed = (function() {

                /**
                 * Properties of a Renewed.
                 * @typedef {Object} holdfast.sync.v1.Renewed.$Properties
                 * @property {string|null} [certificateChain] Renewed certificateChain
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */

                /**
                 * Properties of a Renewed.
                 * @memberof holdfast.sync.v1
                 * @interface IRenewed
                 * @augments holdfast.sync.v1.Renewed.$Properties
                 * @deprecated Use holdfast.sync.v1.Renewed.$Properties instead.
                 */

                /**
                 * Shape of a Renewed.
                 * @typedef {holdfast.sync.v1.Renewed.$Properties} holdfast.sync.v1.Renewed.$Shape
                 */

                /**
                 * Constructs a new Renewed.
                 * @memberof holdfast.sync.v1
                 * @classdesc Represents a Renewed.
                 * @constructor
                 * @param {holdfast.sync.v1.Renewed.$Properties=} [properties] Properties to set
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */
                const Renewed = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                /**
                 * Renewed certificateChain.
                 * @member {string} certificateChain
                 * @memberof holdfast.sync.v1.Renewed
                 * @instance
                 */
                Renewed.prototype.certificateChain = "";

                /**
                 * Encodes the specified Renewed message. Does not implicitly {@link holdfast.sync.v1.Renewed.verify|verify} messages.
                 * @function encode
                 * @memberof holdfast.sync.v1.Renewed
                 * @static
                 * @param {holdfast.sync.v1.Renewed.$Properties} message Renewed message or plain object to encode
                 * @param {$protobuf.Writer} [writer] Writer to encode to
                 * @returns {$protobuf.Writer} Writer
                 */
                Renewed.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.certificateChain != null && $Object.hasOwnProperty.call(message, "certificateChain") && message.certificateChain !== "")
                        writer.uint32(/* id 1, wireType 2 =*/10).string(message.certificateChain);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                /**
                 * Decodes a Renewed message from the specified reader or buffer.
                 * @function decode
                 * @memberof holdfast.sync.v1.Renewed
                 * @static
                 * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
                 * @param {number} [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Renewed & holdfast.sync.v1.Renewed.$Shape} Renewed
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                Renewed.decode = function (reader, length, _end, _depth, _target) {
                    if (!(reader instanceof $Reader))
                        reader = $Reader.create(reader);
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $Reader.recursionLimit)
                        throw $Error("max depth exceeded");
                    let end, message, value;
                    if (length === $undefined)
                        end = reader.len;
                    else {
                        end = reader.pos + length;
                        if (end > reader.len)
                            throw $RangeError("index out of range");
                        length = reader.len;
                        reader.len = end;
                    }
                    message = _target || new $root.holdfast.sync.v1.Renewed();
                    while (reader.pos < end) {
                        let start = reader.pos;
                        let tag = reader.tag();
                        if (tag === _end) {
                            _end = $undefined;
                            break;
                        }
                        let wireType = tag & 7;
                        switch (tag >>>= 3) {
                        case 1: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.stringVerify()).length)
                                    message.certificateChain = value;
                                else
                                    delete message.certificateChain;
                                continue;
                            }
                        }
                        reader.skipType(wireType, _depth, tag);
                        if (!reader.discardUnknown) {
                            $util.makeProp(message, "$unknowns", false);
                            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                        }
                    }
                    if (length !== $undefined) {
                        if (reader.pos !== end)
                            throw $RangeError("index out of range");
                        reader.len = length;
                    }
                    if (_end !== $undefined)
                        throw $Error("missing end group");
                    return message;
                };

                return Renewed;
            })();

            v1.Bye = (function() {

                /**
                 * Properties of a Bye.
                 * @typedef {Object} holdfast.sync.v1.Bye.$Properties
                 * @property {string|null} [code] Bye code
                 * @property {string|null} [reason] Bye reason
                 * @property {number|null} [retryAfterMs] Bye retryAfterMs
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */

                /**
                 * Properties of a Bye.
                 * @memberof holdfast.sync.v1
                 * @interface IBye
                 * @augments holdfast.sync.v1.Bye.$Properties
                 * @deprecated Use holdfast.sync.v1.Bye.$Properties instead.
                 */

                /**
                 * Shape of a Bye.
                 * @typedef {holdfast.sync.v1.Bye.$Properties} holdfast.sync.v1.Bye.$Shape
                 */

                /**
                 * Constructs a new Bye.
                 * @memberof holdfast.sync.v1
                 * @classdesc Represents a Bye.
                 * @constructor
                 * @param {holdfast.sync.v1.Bye.$Properties=} [properties] Properties to set
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */
                const Bye = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                /**
                 * Bye code.
                 * @member {string} code
                 * @memberof holdfast.sync.v1.Bye
                 * @instance
                 */
                Bye.prototype.code = "";

                /**
                 * Bye reason.
                 * @member {string} reason
                 * @memberof holdfast.sync.v1.Bye
                 * @instance
                 */
                Bye.prototype.reason = "";

                /**
                 * Bye retryAfterMs.
                 * @member {number} retryAfterMs
                 * @memberof holdfast.sync.v1.Bye
                 * @instance
                 */
                Bye.prototype.retryAfterMs = 0;

                /**
                 * Encodes the specified Bye message. Does not implicitly {@link holdfast.sync.v1.Bye.verify|verify} messages.
                 * @function encode
                 * @memberof holdfast.sync.v1.Bye
                 * @static
                 * @param {holdfast.sync.v1.Bye.$Properties} message Bye message or plain object to encode
                 * @param {$protobuf.Writer} [writer] Writer to encode to
                 * @returns {$protobuf.Writer} Writer
                 */
                Bye.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.code != null && $Object.hasOwnProperty.call(message, "code") && message.code !== "")
                        writer.uint32(/* id 1, wireType 2 =*/10).string(message.code);
                    if (message.reason != null && $Object.hasOwnProperty.call(message, "reason") && message.reason !== "")
                        writer.uint32(/* id 2, wireType 2 =*/18).string(message.reason);
                    if (message.retryAfterMs != null && $Object.hasOwnProperty.call(message, "retryAfterMs") && message.retryAfterMs !== 0)
                        writer.uint32(/* id 3, wireType 0 =*/24).uint32(message.retryAfterMs);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                /**
                 * Decodes a Bye message from the specified reader or buffer.
                 * @function decode
                 * @memberof holdfast.sync.v1.Bye
                 * @static
                 * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
                 * @param {number} [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Bye & holdfast.sync.v1.Bye.$Shape} Bye
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                Bye.decode = function (reader, length, _end, _depth, _target) {
                    if (!(reader instanceof $Reader))
                        reader = $Reader.create(reader);
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $Reader.recursionLimit)
                        throw $Error("max depth exceeded");
                    let end, message, value;
                    if (length === $undefined)
                        end = reader.len;
                    else {
                        end = reader.pos + length;
                        if (end > reader.len)
                            throw $RangeError("index out of range");
                        length = reader.len;
                        reader.len = end;
                    }
                    message = _target || new $root.holdfast.sync.v1.Bye();
                    while (reader.pos < end) {
                        let start = reader.pos;
                        let tag = reader.tag();
                        if (tag === _end) {
                            _end = $undefined;
                            break;
                        }
                        let wireType = tag & 7;
                        switch (tag >>>= 3) {
                        case 1: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.stringVerify()).length)
                                    message.code = value;
                                else
                                    delete message.code;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.stringVerify()).length)
                                    message.reason = value;
                                else
                                    delete message.reason;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 0)
                                    break;
                                if (value = reader.uint32())
                                    message.retryAfterMs = value;
                                else
                                    delete message.retryAfterMs;
                                continue;
                            }
                        }
                        reader.skipType(wireType, _depth, tag);
                        if (!reader.discardUnknown) {
                            $util.makeProp(message, "$unknowns", false);
                            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                        }
                    }
                    if (length !== $undefined) {
                        if (reader.pos !== end)
                            throw $RangeError("index out of range");
                        reader.len = length;
                    }
                    if (_end !== $undefined)
                        throw $Error("missing end group");
                    return message;
                };

                return Bye;
            })();

            v1.SnapshotContent = (function() {

                /**
                 * Properties of a SnapshotContent.
                 * @typedef {Object} holdfast.sync.v1.SnapshotContent.$Properties
                 * @property {Array.<holdfast.sync.v1.Leaf.$Properties>|null} [leaves] SnapshotContent leaves
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */

                /**
                 * Properties of a SnapshotContent.
                 * @memberof holdfast.sync.v1
                 * @interface ISnapshotContent
                 * @augments holdfast.sync.v1.SnapshotContent.$Properties
                 * @deprecated Use holdfast.sync.v1.SnapshotContent.$Properties instead.
                 */

                /**
                 * Shape of a SnapshotContent.
                 * @typedef {holdfast.sync.v1.SnapshotContent.$Properties} holdfast.sync.v1.SnapshotContent.$Shape
                 */

                /**
                 * Constructs a new SnapshotContent.
                 * @memberof holdfast.sync.v1
                 * @classdesc Represents a SnapshotContent.
                 * @constructor
                 * @param {holdfast.sync.v1.SnapshotContent.$Properties=} [properties] Properties to set
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */
                const SnapshotContent = function (properties) {
                    this.leaves = [];
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                /**
                 * SnapshotContent leaves.
                 * @member {Array.<holdfast.sync.v1.Leaf.$Properties>} leaves
                 * @memberof holdfast.sync.v1.SnapshotContent
                 * @instance
                 */
                SnapshotContent.prototype.leaves = $util.emptyArray;

                /**
                 * Encodes the specified SnapshotContent message. Does not implicitly {@link holdfast.sync.v1.SnapshotContent.verify|verify} messages.
                 * @function encode
                 * @memberof holdfast.sync.v1.SnapshotContent
                 * @static
                 * @param {holdfast.sync.v1.SnapshotContent.$Properties} message SnapshotContent message or plain object to encode
                 * @param {$protobuf.Writer} [writer] Writer to encode to
                 * @returns {$protobuf.Writer} Writer
                 */
                SnapshotContent.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.leaves != null && message.leaves.length)
                        for (let i = 0; i < message.leaves.length; ++i)
                            $root.holdfast.sync.v1.Leaf.encode(message.leaves[i], writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                /**
                 * Decodes a SnapshotContent message from the specified reader or buffer.
                 * @function decode
                 * @memberof holdfast.sync.v1.SnapshotContent
                 * @static
                 * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
                 * @param {number} [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.SnapshotContent & holdfast.sync.v1.SnapshotContent.$Shape} SnapshotContent
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                SnapshotContent.decode = function (reader, length, _end, _depth, _target) {
                    if (!(reader instanceof $Reader))
                        reader = $Reader.create(reader);
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $Reader.recursionLimit)
                        throw $Error("max depth exceeded");
                    let end, message;
                    if (length === $undefined)
                        end = reader.len;
                    else {
                        end = reader.pos + length;
                        if (end > reader.len)
                            throw $RangeError("index out of range");
                        length = reader.len;
                        reader.len = end;
                    }
                    message = _target || new $root.holdfast.sync.v1.SnapshotContent();
                    while (reader.pos < end) {
                        let start = reader.pos;
                        let tag = reader.tag();
                        if (tag === _end) {
                            _end = $undefined;
                            break;
                        }
                        let wireType = tag & 7;
                        switch (tag >>>= 3) {
                        case 1: {
                                if (wireType !== 2)
                                    break;
                                if (!(message.leaves && message.leaves.length))
                                    message.leaves = [];
                                message.leaves.push($root.holdfast.sync.v1.Leaf.decode(reader, reader.size(), $undefined, _depth + 1));
                                continue;
                            }
                        }
                        reader.skipType(wireType, _depth, tag);
                        if (!reader.discardUnknown) {
                            $util.makeProp(message, "$unknowns", false);
                            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                        }
                    }
                    if (length !== $undefined) {
                        if (reader.pos !== end)
                            throw $RangeError("index out of range");
                        reader.len = length;
                    }
                    if (_end !== $undefined)
                        throw $Error("missing end group");
                    return message;
                };

                return SnapshotContent;
            })();

            v1.DeltaContent = (function() {

                /**
                 * Properties of a DeltaContent.
                 * @typedef {Object} holdfast.sync.v1.DeltaContent.$Properties
                 * @property {Array.<holdfast.sync.v1.LeafChange.$Properties>|null} [changes] DeltaContent changes
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */

                /**
                 * Properties of a DeltaContent.
                 * @memberof holdfast.sync.v1
                 * @interface IDeltaContent
                 * @augments holdfast.sync.v1.DeltaContent.$Properties
                 * @deprecated Use holdfast.sync.v1.DeltaContent.$Properties instead.
                 */

                /**
                 * Shape of a DeltaContent.
                 * @typedef {holdfast.sync.v1.DeltaContent.$Properties} holdfast.sync.v1.DeltaContent.$Shape
                 */

                /**
                 * Constructs a new DeltaContent.
                 * @memberof holdfast.sync.v1
                 * @classdesc Represents a DeltaContent.
                 * @constructor
                 * @param {holdfast.sync.v1.DeltaContent.$Properties=} [properties] Properties to set
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */
                const DeltaContent = function (properties) {
                    this.changes = [];
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                /**
                 * DeltaContent changes.
                 * @member {Array.<holdfast.sync.v1.LeafChange.$Properties>} changes
                 * @memberof holdfast.sync.v1.DeltaContent
                 * @instance
                 */
                DeltaContent.prototype.changes = $util.emptyArray;

                /**
                 * Encodes the specified DeltaContent message. Does not implicitly {@link holdfast.sync.v1.DeltaContent.verify|verify} messages.
                 * @function encode
                 * @memberof holdfast.sync.v1.DeltaContent
                 * @static
                 * @param {holdfast.sync.v1.DeltaContent.$Properties} message DeltaContent message or plain object to encode
                 * @param {$protobuf.Writer} [writer] Writer to encode to
                 * @returns {$protobuf.Writer} Writer
                 */
                DeltaContent.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.changes != null && message.changes.length)
                        for (let i = 0; i < message.changes.length; ++i)
                            $root.holdfast.sync.v1.LeafChange.encode(message.changes[i], writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                /**
                 * Decodes a DeltaContent message from the specified reader or buffer.
                 * @function decode
                 * @memberof holdfast.sync.v1.DeltaContent
                 * @static
                 * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
                 * @param {number} [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.DeltaContent & holdfast.sync.v1.DeltaContent.$Shape} DeltaContent
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                DeltaContent.decode = function (reader, length, _end, _depth, _target) {
                    if (!(reader instanceof $Reader))
                        reader = $Reader.create(reader);
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $Reader.recursionLimit)
                        throw $Error("max depth exceeded");
                    let end, message;
                    if (length === $undefined)
                        end = reader.len;
                    else {
                        end = reader.pos + length;
                        if (end > reader.len)
                            throw $RangeError("index out of range");
                        length = reader.len;
                        reader.len = end;
                    }
                    message = _target || new $root.holdfast.sync.v1.DeltaContent();
                    while (reader.pos < end) {
                        let start = reader.pos;
                        let tag = reader.tag();
                        if (tag === _end) {
                            _end = $undefined;
                            break;
                        }
                        let wireType = tag & 7;
                        switch (tag >>>= 3) {
                        case 1: {
                                if (wireType !== 2)
                                    break;
                                if (!(message.changes && message.changes.length))
                                    message.changes = [];
                                message.changes.push($root.holdfast.sync.v1.LeafChange.decode(reader, reader.size(), $undefined, _depth + 1));
                                continue;
                            }
                        }
                        reader.skipType(wireType, _depth, tag);
                        if (!reader.discardUnknown) {
                            $util.makeProp(message, "$unknowns", false);
                            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                        }
                    }
                    if (length !== $undefined) {
                        if (reader.pos !== end)
                            throw $RangeError("index out of range");
                        reader.len = length;
                    }
                    if (_end !== $undefined)
                        throw $Error("missing end group");
                    return message;
                };

                return DeltaContent;
            })();

            v1.Leaf = (function() {

                /**
                 * Properties of a Leaf.
                 * @typedef {Object} holdfast.sync.v1.Leaf.$Properties
                 * @property {string|null} [kind] Leaf kind
                 * @property {Uint8Array|null} [id] Leaf id
                 * @property {Uint8Array|null} [entity] Leaf entity
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */

                /**
                 * Properties of a Leaf.
                 * @memberof holdfast.sync.v1
                 * @interface ILeaf
                 * @augments holdfast.sync.v1.Leaf.$Properties
                 * @deprecated Use holdfast.sync.v1.Leaf.$Properties instead.
                 */

                /**
                 * Shape of a Leaf.
                 * @typedef {holdfast.sync.v1.Leaf.$Properties} holdfast.sync.v1.Leaf.$Shape
                 */

                /**
                 * Constructs a new Leaf.
                 * @memberof holdfast.sync.v1
                 * @classdesc Represents a Leaf.
                 * @constructor
                 * @param {holdfast.sync.v1.Leaf.$Properties=} [properties] Properties to set
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */
                const Leaf = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                /**
                 * Leaf kind.
                 * @member {string} kind
                 * @memberof holdfast.sync.v1.Leaf
                 * @instance
                 */
                Leaf.prototype.kind = "";

                /**
                 * Leaf id.
                 * @member {Uint8Array} id
                 * @memberof holdfast.sync.v1.Leaf
                 * @instance
                 */
                Leaf.prototype.id = $util.newBuffer([]);

                /**
                 * Leaf entity.
                 * @member {Uint8Array} entity
                 * @memberof holdfast.sync.v1.Leaf
                 * @instance
                 */
                Leaf.prototype.entity = $util.newBuffer([]);

                /**
                 * Encodes the specified Leaf message. Does not implicitly {@link holdfast.sync.v1.Leaf.verify|verify} messages.
                 * @function encode
                 * @memberof holdfast.sync.v1.Leaf
                 * @static
                 * @param {holdfast.sync.v1.Leaf.$Properties} message Leaf message or plain object to encode
                 * @param {$protobuf.Writer} [writer] Writer to encode to
                 * @returns {$protobuf.Writer} Writer
                 */
                Leaf.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.kind != null && $Object.hasOwnProperty.call(message, "kind") && message.kind !== "")
                        writer.uint32(/* id 1, wireType 2 =*/10).string(message.kind);
                    if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id.length)
                        writer.uint32(/* id 2, wireType 2 =*/18).bytes(message.id);
                    if (message.entity != null && $Object.hasOwnProperty.call(message, "entity") && message.entity.length)
                        writer.uint32(/* id 3, wireType 2 =*/26).bytes(message.entity);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                /**
                 * Decodes a Leaf message from the specified reader or buffer.
                 * @function decode
                 * @memberof holdfast.sync.v1.Leaf
                 * @static
                 * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
                 * @param {number} [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.Leaf & holdfast.sync.v1.Leaf.$Shape} Leaf
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                Leaf.decode = function (reader, length, _end, _depth, _target) {
                    if (!(reader instanceof $Reader))
                        reader = $Reader.create(reader);
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $Reader.recursionLimit)
                        throw $Error("max depth exceeded");
                    let end, message, value;
                    if (length === $undefined)
                        end = reader.len;
                    else {
                        end = reader.pos + length;
                        if (end > reader.len)
                            throw $RangeError("index out of range");
                        length = reader.len;
                        reader.len = end;
                    }
                    message = _target || new $root.holdfast.sync.v1.Leaf();
                    while (reader.pos < end) {
                        let start = reader.pos;
                        let tag = reader.tag();
                        if (tag === _end) {
                            _end = $undefined;
                            break;
                        }
                        let wireType = tag & 7;
                        switch (tag >>>= 3) {
                        case 1: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.stringVerify()).length)
                                    message.kind = value;
                                else
                                    delete message.kind;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.id = value;
                                else
                                    delete message.id;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.entity = value;
                                else
                                    delete message.entity;
                                continue;
                            }
                        }
                        reader.skipType(wireType, _depth, tag);
                        if (!reader.discardUnknown) {
                            $util.makeProp(message, "$unknowns", false);
                            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                        }
                    }
                    if (length !== $undefined) {
                        if (reader.pos !== end)
                            throw $RangeError("index out of range");
                        reader.len = length;
                    }
                    if (_end !== $undefined)
                        throw $Error("missing end group");
                    return message;
                };

                return Leaf;
            })();

            v1.LeafChange = (function() {

                /**
                 * Properties of a LeafChange.
                 * @typedef {Object} holdfast.sync.v1.LeafChange.$Properties
                 * @property {string|null} [kind] LeafChange kind
                 * @property {Uint8Array|null} [id] LeafChange id
                 * @property {Uint8Array|null} [entity] LeafChange entity
                 * @property {boolean|null} [deleted] LeafChange deleted
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */

                /**
                 * Properties of a LeafChange.
                 * @memberof holdfast.sync.v1
                 * @interface ILeafChange
                 * @augments holdfast.sync.v1.LeafChange.$Properties
                 * @deprecated Use holdfast.sync.v1.LeafChange.$Properties instead.
                 */

                /**
                 * Shape of a LeafChange.
                 * @typedef {holdfast.sync.v1.LeafChange.$Properties} holdfast.sync.v1.LeafChange.$Shape
                 */

                /**
                 * Constructs a new LeafChange.
                 * @memberof holdfast.sync.v1
                 * @classdesc Represents a LeafChange.
                 * @constructor
                 * @param {holdfast.sync.v1.LeafChange.$Properties=} [properties] Properties to set
                 * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
                 */
                const LeafChange = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                /**
                 * LeafChange kind.
                 * @member {string} kind
                 * @memberof holdfast.sync.v1.LeafChange
                 * @instance
                 */
                LeafChange.prototype.kind = "";

                /**
                 * LeafChange id.
                 * @member {Uint8Array} id
                 * @memberof holdfast.sync.v1.LeafChange
                 * @instance
                 */
                LeafChange.prototype.id = $util.newBuffer([]);

                /**
                 * LeafChange entity.
                 * @member {Uint8Array} entity
                 * @memberof holdfast.sync.v1.LeafChange
                 * @instance
                 */
                LeafChange.prototype.entity = $util.newBuffer([]);

                /**
                 * LeafChange deleted.
                 * @member {boolean} deleted
                 * @memberof holdfast.sync.v1.LeafChange
                 * @instance
                 */
                LeafChange.prototype.deleted = false;

                /**
                 * Encodes the specified LeafChange message. Does not implicitly {@link holdfast.sync.v1.LeafChange.verify|verify} messages.
                 * @function encode
                 * @memberof holdfast.sync.v1.LeafChange
                 * @static
                 * @param {holdfast.sync.v1.LeafChange.$Properties} message LeafChange message or plain object to encode
                 * @param {$protobuf.Writer} [writer] Writer to encode to
                 * @returns {$protobuf.Writer} Writer
                 */
                LeafChange.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.kind != null && $Object.hasOwnProperty.call(message, "kind") && message.kind !== "")
                        writer.uint32(/* id 1, wireType 2 =*/10).string(message.kind);
                    if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id.length)
                        writer.uint32(/* id 2, wireType 2 =*/18).bytes(message.id);
                    if (message.entity != null && $Object.hasOwnProperty.call(message, "entity") && message.entity.length)
                        writer.uint32(/* id 3, wireType 2 =*/26).bytes(message.entity);
                    if (message.deleted != null && $Object.hasOwnProperty.call(message, "deleted") && message.deleted !== false)
                        writer.uint32(/* id 4, wireType 0 =*/32).bool(message.deleted);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                /**
                 * Decodes a LeafChange message from the specified reader or buffer.
                 * @function decode
                 * @memberof holdfast.sync.v1.LeafChange
                 * @static
                 * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
                 * @param {number} [length] Message length if known beforehand
                 * @returns {holdfast.sync.v1.LeafChange & holdfast.sync.v1.LeafChange.$Shape} LeafChange
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                LeafChange.decode = function (reader, length, _end, _depth, _target) {
                    if (!(reader instanceof $Reader))
                        reader = $Reader.create(reader);
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $Reader.recursionLimit)
                        throw $Error("max depth exceeded");
                    let end, message, value;
                    if (length === $undefined)
                        end = reader.len;
                    else {
                        end = reader.pos + length;
                        if (end > reader.len)
                            throw $RangeError("index out of range");
                        length = reader.len;
                        reader.len = end;
                    }
                    message = _target || new $root.holdfast.sync.v1.LeafChange();
                    while (reader.pos < end) {
                        let start = reader.pos;
                        let tag = reader.tag();
                        if (tag === _end) {
                            _end = $undefined;
                            break;
                        }
                        let wireType = tag & 7;
                        switch (tag >>>= 3) {
                        case 1: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.stringVerify()).length)
                                    message.kind = value;
                                else
                                    delete message.kind;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.id = value;
                                else
                                    delete message.id;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.entity = value;
                                else
                                    delete message.entity;
                                continue;
                            }
                        case 4: {
                                if (wireType !== 0)
                                    break;
                                if (value = reader.bool())
                                    message.deleted = value;
                                else
                                    delete message.deleted;
                                continue;
                            }
                        }
                        reader.skipType(wireType, _depth, tag);
                        if (!reader.discardUnknown) {
                            $util.makeProp(message, "$unknowns", false);
                            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                        }
                    }
                    if (length !== $undefined) {
                        if (reader.pos !== end)
                            throw $RangeError("index out of range");
                        reader.len = length;
                    }
                    if (_end !== $undefined)
                        throw $Error("missing end group");
                    return message;
                };

                return LeafChange;
            })();

            return v1;
        })();

        return sync;
    })();

    return holdfast;
})();

export {
  $root as default
};
