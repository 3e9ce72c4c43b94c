/*eslint-disable block-scoped-var, id-length, no-control-regex, no-magic-numbers, no-mixed-operators, no-prototype-builtins, no-redeclare, no-shadow, no-var, sort-vars, default-case, jsdoc/require-param*/
import $protobuf from "./runtime.js";

const $Reader = $protobuf.Reader, $Writer = $protobuf.Writer, $util = $protobuf.util;
const $Object = $util.global.Object, $undefined = $util.global.undefined, $Error = $util.global.Error, $RangeError = $util.global.RangeError;

const $root = $protobuf.roots["holdfast-telemetry"] || ($protobuf.roots["holdfast-telemetry"] = {});

export const holdfast = $root.holdfast = (() => {

    const holdfast = {};

    holdfast.telemetry = (function() {

        const telemetry = {};

        telemetry.v1 = (function() {

            const v1 = {};

            v1.Batch = (function() {

                const Batch = function (properties) {
                    this.usage = [];
                    this.drops = [];
                    this.crashGaps = [];
                    this.versions = [];
                    this.targets = [];
                    this.routeVersions = [];
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                Batch.prototype.fromMs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                Batch.prototype.toMs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                Batch.prototype.usage = $util.emptyArray;
                Batch.prototype.drops = $util.emptyArray;
                Batch.prototype.crashGaps = $util.emptyArray;
                Batch.prototype.epoch = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                Batch.prototype.sequence = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                Batch.prototype.versions = $util.emptyArray;
                Batch.prototype.targets = $util.emptyArray;
                Batch.prototype.routeVersions = $util.emptyArray;
                Batch.prototype.overflow = null;
                Batch.prototype.vitals = null;

                Batch.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.fromMs != null && $Object.hasOwnProperty.call(message, "fromMs") && (typeof message.fromMs === "object" ? message.fromMs.low || message.fromMs.high : message.fromMs !== 0))
                        writer.uint32(8).uint64(message.fromMs);
                    if (message.toMs != null && $Object.hasOwnProperty.call(message, "toMs") && (typeof message.toMs === "object" ? message.toMs.low || message.toMs.high : message.toMs !== 0))
                        writer.uint32(16).uint64(message.toMs);
                    if (message.usage != null && message.usage.length)
                        for (let i = 0; i < message.usage.length; ++i)
                            $root.holdfast.telemetry.v1.UsageRow.encode(message.usage[i], writer.uint32(26).fork(), _depth + 1).ldelim();
                    if (message.drops != null && message.drops.length)
                        for (let i = 0; i < message.drops.length; ++i)
                            $root.holdfast.telemetry.v1.Drop.encode(message.drops[i], writer.uint32(34).fork(), _depth + 1).ldelim();
                    if (message.crashGaps != null && message.crashGaps.length)
                        for (let i = 0; i < message.crashGaps.length; ++i)
                            $root.holdfast.telemetry.v1.CrashGap.encode(message.crashGaps[i], writer.uint32(42).fork(), _depth + 1).ldelim();
                    if (message.epoch != null && $Object.hasOwnProperty.call(message, "epoch") && (typeof message.epoch === "object" ? message.epoch.low || message.epoch.high : message.epoch !== 0))
                        writer.uint32(48).uint64(message.epoch);
                    if (message.sequence != null && $Object.hasOwnProperty.call(message, "sequence") && (typeof message.sequence === "object" ? message.sequence.low || message.sequence.high : message.sequence !== 0))
                        writer.uint32(56).uint64(message.sequence);
                    if (message.versions != null && message.versions.length)
                        for (let i = 0; i < message.versions.length; ++i)
                            $root.holdfast.telemetry.v1.VersionRow.encode(message.versions[i], writer.uint32(66).fork(), _depth + 1).ldelim();
                    if (message.targets != null && message.targets.length)
                        for (let i = 0; i < message.targets.length; ++i)
                            $root.holdfast.telemetry.v1.TargetRow.encode(message.targets[i], writer.uint32(74).fork(), _depth + 1).ldelim();
                    if (message.routeVersions != null && message.routeVersions.length)
                        for (let i = 0; i < message.routeVersions.length; ++i)
                            $root.holdfast.telemetry.v1.RouteVersionRow.encode(message.routeVersions[i], writer.uint32(82).fork(), _depth + 1).ldelim();
                    if (message.overflow != null && $Object.hasOwnProperty.call(message, "overflow"))
                        $root.holdfast.telemetry.v1.Latencies.encode(message.overflow, writer.uint32(90).fork(), _depth + 1).ldelim();
                    if (message.vitals != null && $Object.hasOwnProperty.call(message, "vitals"))
                        $root.holdfast.telemetry.v1.Vitals.encode(message.vitals, writer.uint32(98).fork(), _depth + 1).ldelim();
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                Batch.decode = function (reader, length, _end, _depth, _target) {
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
                    message = _target || new $root.holdfast.telemetry.v1.Batch();
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
                                    message.fromMs = value;
                                else
                                    delete message.fromMs;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.toMs = value;
                                else
                                    delete message.toMs;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 2)
                                    break;
                                if (!(message.usage && message.usage.length))
                                    message.usage = [];
                                message.usage.push($root.holdfast.telemetry.v1.UsageRow.decode(reader, reader.size(), $undefined, _depth + 1));
                                continue;
                            }
                        case 4: {
                                if (wireType !== 2)
                                    break;
                                if (!(message.drops && message.drops.length))
                                    message.drops = [];
                                message.drops.push($root.holdfast.telemetry.v1.Drop.decode(reader, reader.size(), $undefined, _depth + 1));
                                continue;
                            }
                        case 5: {
                                if (wireType !== 2)
                                    break;
                                if (!(message.crashGaps && message.crashGaps.length))
                                    message.crashGaps = [];
                                message.crashGaps.push($root.holdfast.telemetry.v1.CrashGap.decode(reader, reader.size(), $undefined, _depth + 1));
                                continue;
                            }
                        case 6: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.epoch = value;
                                else
                                    delete message.epoch;
                                continue;
                            }
                        case 7: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.sequence = value;
                                else
                                    delete message.sequence;
                                continue;
                            }
                        case 8: {
                                if (wireType !== 2)
                                    break;
                                if (!(message.versions && message.versions.length))
                                    message.versions = [];
                                message.versions.push($root.holdfast.telemetry.v1.VersionRow.decode(reader, reader.size(), $undefined, _depth + 1));
                                continue;
                            }
                        case 9: {
                                if (wireType !== 2)
                                    break;
                                if (!(message.targets && message.targets.length))
                                    message.targets = [];
                                message.targets.push($root.holdfast.telemetry.v1.TargetRow.decode(reader, reader.size(), $undefined, _depth + 1));
                                continue;
                            }
                        case 10: {
                                if (wireType !== 2)
                                    break;
                                if (!(message.routeVersions && message.routeVersions.length))
                                    message.routeVersions = [];
                                message.routeVersions.push($root.holdfast.telemetry.v1.RouteVersionRow.decode(reader, reader.size(), $undefined, _depth + 1));
                                continue;
                            }
                        case 11: {
                                if (wireType !== 2)
                                    break;
                                message.overflow = $root.holdfast.telemetry.v1.Latencies.decode(reader, reader.size(), $undefined, _depth + 1, message.overflow);
                                continue;
                            }
                        case 12: {
                                if (wireType !== 2)
                                    break;
                                message.vitals = $root.holdfast.telemetry.v1.Vitals.decode(reader, reader.size(), $undefined, _depth + 1, message.vitals);
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

                return Batch;
            })();

            v1.Latencies = (function() {

                const Latencies = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                Latencies.prototype.request = $util.newBuffer([]);
                Latencies.prototype.upstream = $util.newBuffer([]);
                Latencies.prototype.gateway = $util.newBuffer([]);

                Latencies.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.request != null && $Object.hasOwnProperty.call(message, "request") && message.request.length)
                        writer.uint32(10).bytes(message.request);
                    if (message.upstream != null && $Object.hasOwnProperty.call(message, "upstream") && message.upstream.length)
                        writer.uint32(18).bytes(message.upstream);
                    if (message.gateway != null && $Object.hasOwnProperty.call(message, "gateway") && message.gateway.length)
                        writer.uint32(26).bytes(message.gateway);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                Latencies.decode = function (reader, length, _end, _depth, _target) {
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
                    message = _target || new $root.holdfast.telemetry.v1.Latencies();
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
                                    message.request = value;
                                else
                                    delete message.request;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.upstream = value;
                                else
                                    delete message.upstream;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.gateway = value;
                                else
                                    delete message.gateway;
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

                return Latencies;
            })();

            v1.TargetRow = (function() {

                const TargetRow = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                TargetRow.prototype.upstream = "";
                TargetRow.prototype.target = "";
                TargetRow.prototype.address = "";
                TargetRow.prototype.attempts = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                TargetRow.prototype.failed = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                TargetRow.prototype.status_5xx = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                TargetRow.prototype.latency = $util.newBuffer([]);

                TargetRow.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.upstream != null && $Object.hasOwnProperty.call(message, "upstream") && message.upstream !== "")
                        writer.uint32(10).string(message.upstream);
                    if (message.target != null && $Object.hasOwnProperty.call(message, "target") && message.target !== "")
                        writer.uint32(18).string(message.target);
                    if (message.address != null && $Object.hasOwnProperty.call(message, "address") && message.address !== "")
                        writer.uint32(26).string(message.address);
                    if (message.attempts != null && $Object.hasOwnProperty.call(message, "attempts") && (typeof message.attempts === "object" ? message.attempts.low || message.attempts.high : message.attempts !== 0))
                        writer.uint32(32).uint64(message.attempts);
                    if (message.failed != null && $Object.hasOwnProperty.call(message, "failed") && (typeof message.failed === "object" ? message.failed.low || message.failed.high : message.failed !== 0))
                        writer.uint32(40).uint64(message.failed);
                    if (message.status_5xx != null && $Object.hasOwnProperty.call(message, "status_5xx") && (typeof message.status_5xx === "object" ? message.status_5xx.low || message.status_5xx.high : message.status_5xx !== 0))
                        writer.uint32(48).uint64(message.status_5xx);
                    if (message.latency != null && $Object.hasOwnProperty.call(message, "latency") && message.latency.length)
                        writer.uint32(58).bytes(message.latency);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                TargetRow.decode = function (reader, length, _end, _depth, _target) {
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
                    message = _target || new $root.holdfast.telemetry.v1.TargetRow();
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
                                    message.upstream = value;
                                else
                                    delete message.upstream;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.stringVerify()).length)
                                    message.target = value;
                                else
                                    delete message.target;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.stringVerify()).length)
                                    message.address = value;
                                else
                                    delete message.address;
                                continue;
                            }
                        case 4: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.attempts = value;
                                else
                                    delete message.attempts;
                                continue;
                            }
                        case 5: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.failed = value;
                                else
                                    delete message.failed;
                                continue;
                            }
                        case 6: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.status_5xx = value;
                                else
                                    delete message.status_5xx;
                                continue;
                            }
                        case 7: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.latency = value;
                                else
                                    delete message.latency;
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

                return TargetRow;
            })();

            v1.RouteVersionRow = (function() {

                const RouteVersionRow = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                RouteVersionRow.prototype.routeId = $util.newBuffer([]);
                RouteVersionRow.prototype.epoch = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                RouteVersionRow.prototype.sequence = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                RouteVersionRow.prototype.failed = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                RouteVersionRow.prototype.failedHere = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

                RouteVersionRow.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.routeId != null && $Object.hasOwnProperty.call(message, "routeId") && message.routeId.length)
                        writer.uint32(10).bytes(message.routeId);
                    if (message.epoch != null && $Object.hasOwnProperty.call(message, "epoch") && (typeof message.epoch === "object" ? message.epoch.low || message.epoch.high : message.epoch !== 0))
                        writer.uint32(16).uint64(message.epoch);
                    if (message.sequence != null && $Object.hasOwnProperty.call(message, "sequence") && (typeof message.sequence === "object" ? message.sequence.low || message.sequence.high : message.sequence !== 0))
                        writer.uint32(24).uint64(message.sequence);
                    if (message.failed != null && $Object.hasOwnProperty.call(message, "failed") && (typeof message.failed === "object" ? message.failed.low || message.failed.high : message.failed !== 0))
                        writer.uint32(32).uint64(message.failed);
                    if (message.failedHere != null && $Object.hasOwnProperty.call(message, "failedHere") && (typeof message.failedHere === "object" ? message.failedHere.low || message.failedHere.high : message.failedHere !== 0))
                        writer.uint32(40).uint64(message.failedHere);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                RouteVersionRow.decode = function (reader, length, _end, _depth, _target) {
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
                    message = _target || new $root.holdfast.telemetry.v1.RouteVersionRow();
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
                                    message.routeId = value;
                                else
                                    delete message.routeId;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.epoch = value;
                                else
                                    delete message.epoch;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.sequence = value;
                                else
                                    delete message.sequence;
                                continue;
                            }
                        case 4: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.failed = value;
                                else
                                    delete message.failed;
                                continue;
                            }
                        case 5: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.failedHere = value;
                                else
                                    delete message.failedHere;
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

                return RouteVersionRow;
            })();

            v1.Vitals = (function() {

                const Vitals = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                Vitals.prototype.atMs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                Vitals.prototype.spoolBytes = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                Vitals.prototype.spoolMaxBytes = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                Vitals.prototype.recordSpoolBytes = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                Vitals.prototype.recordSpoolMaxBytes = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                Vitals.prototype.headAgeMs = null;
                Vitals.prototype.stale = false;
                Vitals.prototype.certificateValidToMs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                Vitals.prototype.residentBytes = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                Vitals.prototype.heapBytes = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                Vitals.prototype.loopDelayUs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                Vitals.prototype.openFiles = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                Vitals.prototype.cpuMs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                Vitals.prototype.threads = 0;
                Vitals.prototype.connections = 0;
                Vitals.prototype.droppedRecords = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

                let $oneOfFields;

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Vitals.prototype, "_headAgeMs", {
                    get: $util.oneOfGetter($oneOfFields = ["headAgeMs"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                Vitals.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.atMs != null && $Object.hasOwnProperty.call(message, "atMs") && (typeof message.atMs === "object" ? message.atMs.low || message.atMs.high : message.atMs !== 0))
                        writer.uint32(8).uint64(message.atMs);
                    if (message.spoolBytes != null && $Object.hasOwnProperty.call(message, "spoolBytes") && (typeof message.spoolBytes === "object" ? message.spoolBytes.low || message.spoolBytes.high : message.spoolBytes !== 0))
                        writer.uint32(16).uint64(message.spoolBytes);
                    if (message.spoolMaxBytes != null && $Object.hasOwnProperty.call(message, "spoolMaxBytes") && (typeof message.spoolMaxBytes === "object" ? message.spoolMaxBytes.low || message.spoolMaxBytes.high : message.spoolMaxBytes !== 0))
                        writer.uint32(24).uint64(message.spoolMaxBytes);
                    if (message.recordSpoolBytes != null && $Object.hasOwnProperty.call(message, "recordSpoolBytes") && (typeof message.recordSpoolBytes === "object" ? message.recordSpoolBytes.low || message.recordSpoolBytes.high : message.recordSpoolBytes !== 0))
                        writer.uint32(32).uint64(message.recordSpoolBytes);
                    if (message.recordSpoolMaxBytes != null && $Object.hasOwnProperty.call(message, "recordSpoolMaxBytes") && (typeof message.recordSpoolMaxBytes === "object" ? message.recordSpoolMaxBytes.low || message.recordSpoolMaxBytes.high : message.recordSpoolMaxBytes !== 0))
                        writer.uint32(40).uint64(message.recordSpoolMaxBytes);
                    if (message.headAgeMs != null && $Object.hasOwnProperty.call(message, "headAgeMs"))
                        writer.uint32(48).uint64(message.headAgeMs);
                    if (message.stale != null && $Object.hasOwnProperty.call(message, "stale") && message.stale !== false)
                        writer.uint32(56).bool(message.stale);
                    if (message.certificateValidToMs != null && $Object.hasOwnProperty.call(message, "certificateValidToMs") && (typeof message.certificateValidToMs === "object" ? message.certificateValidToMs.low || message.certificateValidToMs.high : message.certificateValidToMs !== 0))
                        writer.uint32(64).uint64(message.certificateValidToMs);
                    if (message.residentBytes != null && $Object.hasOwnProperty.call(message, "residentBytes") && (typeof message.residentBytes === "object" ? message.residentBytes.low || message.residentBytes.high : message.residentBytes !== 0))
                        writer.uint32(72).uint64(message.residentBytes);
                    if (message.heapBytes != null && $Object.hasOwnProperty.call(message, "heapBytes") && (typeof message.heapBytes === "object" ? message.heapBytes.low || message.heapBytes.high : message.heapBytes !== 0))
                        writer.uint32(80).uint64(message.heapBytes);
                    if (message.loopDelayUs != null && $Object.hasOwnProperty.call(message, "loopDelayUs") && (typeof message.loopDelayUs === "object" ? message.loopDelayUs.low || message.loopDelayUs.high : message.loopDelayUs !== 0))
                        writer.uint32(88).uint64(message.loopDelayUs);
                    if (message.openFiles != null && $Object.hasOwnProperty.call(message, "openFiles") && (typeof message.openFiles === "object" ? message.openFiles.low || message.openFiles.high : message.openFiles !== 0))
                        writer.uint32(96).uint64(message.openFiles);
                    if (message.cpuMs != null && $Object.hasOwnProperty.call(message, "cpuMs") && (typeof message.cpuMs === "object" ? message.cpuMs.low || message.cpuMs.high : message.cpuMs !== 0))
                        writer.uint32(104).uint64(message.cpuMs);
                    if (message.threads != null && $Object.hasOwnProperty.call(message, "threads") && message.threads !== 0)
                        writer.uint32(112).uint32(message.threads);
                    if (message.connections != null && $Object.hasOwnProperty.call(message, "connections") && message.connections !== 0)
                        writer.uint32(120).uint32(message.connections);
                    if (message.droppedRecords != null && $Object.hasOwnProperty.call(message, "droppedRecords") && (typeof message.droppedRecords === "object" ? message.droppedRecords.low || message.droppedRecords.high : message.droppedRecords !== 0))
                        writer.uint32(128).uint64(message.droppedRecords);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                Vitals.decode = function (reader, length, _end, _depth, _target) {
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
                    message = _target || new $root.holdfast.telemetry.v1.Vitals();
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
                                    message.atMs = value;
                                else
                                    delete message.atMs;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.spoolBytes = value;
                                else
                                    delete message.spoolBytes;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.spoolMaxBytes = value;
                                else
                                    delete message.spoolMaxBytes;
                                continue;
                            }
                        case 4: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.recordSpoolBytes = value;
                                else
                                    delete message.recordSpoolBytes;
                                continue;
                            }
                        case 5: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.recordSpoolMaxBytes = value;
                                else
                                    delete message.recordSpoolMaxBytes;
                                continue;
                            }
                        case 6: {
                                if (wireType !== 0)
                                    break;
                                message.headAgeMs = reader.uint64();
                                message._headAgeMs = "headAgeMs";
                                continue;
                            }
                        case 7: {
                                if (wireType !== 0)
                                    break;
                                if (value = reader.bool())
                                    message.stale = value;
                                else
                                    delete message.stale;
                                continue;
                            }
                        case 8: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.certificateValidToMs = value;
                                else
                                    delete message.certificateValidToMs;
                                continue;
                            }
                        case 9: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.residentBytes = value;
                                else
                                    delete message.residentBytes;
                                continue;
                            }
                        case 10: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.heapBytes = value;
                                else
                                    delete message.heapBytes;
                                continue;
                            }
                        case 11: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.loopDelayUs = value;
                                else
                                    delete message.loopDelayUs;
                                continue;
                            }
                        case 12: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.openFiles = value;
                                else
                                    delete message.openFiles;
                                continue;
                            }
                        case 13: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.cpuMs = value;
                                else
                                    delete message.cpuMs;
                                continue;
                            }
                        case 14: {
                                if (wireType !== 0)
                                    break;
                                if (value = reader.uint32())
                                    message.threads = value;
                                else
                                    delete message.threads;
                                continue;
                            }
                        case 15: {
                                if (wireType !== 0)
                                    break;
                                if (value = reader.uint32())
                                    message.connections = value;
                                else
                                    delete message.connections;
                                continue;
                            }
                        case 16: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.droppedRecords = value;
                                else
                                    delete message.droppedRecords;
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

                return Vitals;
            })();

            v1.RecordBatch = (function() {

                const RecordBatch = function (properties) {
                    this.records = [];
                    this.drops = [];
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                RecordBatch.prototype.fromMs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                RecordBatch.prototype.toMs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                RecordBatch.prototype.records = $util.emptyArray;
                RecordBatch.prototype.drops = $util.emptyArray;

                RecordBatch.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.fromMs != null && $Object.hasOwnProperty.call(message, "fromMs") && (typeof message.fromMs === "object" ? message.fromMs.low || message.fromMs.high : message.fromMs !== 0))
                        writer.uint32(8).uint64(message.fromMs);
                    if (message.toMs != null && $Object.hasOwnProperty.call(message, "toMs") && (typeof message.toMs === "object" ? message.toMs.low || message.toMs.high : message.toMs !== 0))
                        writer.uint32(16).uint64(message.toMs);
                    if (message.records != null && message.records.length)
                        for (let i = 0; i < message.records.length; ++i)
                            $root.holdfast.telemetry.v1.AccessRecord.encode(message.records[i], writer.uint32(26).fork(), _depth + 1).ldelim();
                    if (message.drops != null && message.drops.length)
                        for (let i = 0; i < message.drops.length; ++i)
                            $root.holdfast.telemetry.v1.Drop.encode(message.drops[i], writer.uint32(34).fork(), _depth + 1).ldelim();
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                RecordBatch.decode = function (reader, length, _end, _depth, _target) {
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
                    message = _target || new $root.holdfast.telemetry.v1.RecordBatch();
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
                                    message.fromMs = value;
                                else
                                    delete message.fromMs;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.toMs = value;
                                else
                                    delete message.toMs;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 2)
                                    break;
                                if (!(message.records && message.records.length))
                                    message.records = [];
                                message.records.push($root.holdfast.telemetry.v1.AccessRecord.decode(reader, reader.size(), $undefined, _depth + 1));
                                continue;
                            }
                        case 4: {
                                if (wireType !== 2)
                                    break;
                                if (!(message.drops && message.drops.length))
                                    message.drops = [];
                                message.drops.push($root.holdfast.telemetry.v1.Drop.decode(reader, reader.size(), $undefined, _depth + 1));
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

                return RecordBatch;
            })();

            v1.AccessRecord = (function() {

                const AccessRecord = function (properties) {
                    this.headers = {};
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                AccessRecord.prototype.requestId = $util.newBuffer([]);
                AccessRecord.prototype.startedUs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                AccessRecord.prototype.reason = "";
                AccessRecord.prototype.routeId = $util.newBuffer([]);
                AccessRecord.prototype.serviceId = $util.newBuffer([]);
                AccessRecord.prototype.consumerId = $util.newBuffer([]);
                AccessRecord.prototype.epoch = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                AccessRecord.prototype.sequence = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                AccessRecord.prototype.status = 0;
                AccessRecord.prototype.errorCode = "";
                AccessRecord.prototype.method = "";
                AccessRecord.prototype.scheme = "";
                AccessRecord.prototype.host = "";
                AccessRecord.prototype.path = "";
                AccessRecord.prototype.query = "";
                AccessRecord.prototype.httpVersion = "";
                AccessRecord.prototype.tlsVersion = "";
                AccessRecord.prototype.tlsCipher = "";
                AccessRecord.prototype.clientAddress = "";
                AccessRecord.prototype.target = "";
                AccessRecord.prototype.retries = 0;
                AccessRecord.prototype.totalUs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                AccessRecord.prototype.upstreamUs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                AccessRecord.prototype.gatewayUs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                AccessRecord.prototype.bytesIn = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                AccessRecord.prototype.bytesOut = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                AccessRecord.prototype.traceId = $util.newBuffer([]);
                AccessRecord.prototype.headers = $util.emptyObject;
                AccessRecord.prototype.userAgent = "";
                AccessRecord.prototype.generated = false;

                AccessRecord.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.requestId != null && $Object.hasOwnProperty.call(message, "requestId") && message.requestId.length)
                        writer.uint32(10).bytes(message.requestId);
                    if (message.startedUs != null && $Object.hasOwnProperty.call(message, "startedUs") && (typeof message.startedUs === "object" ? message.startedUs.low || message.startedUs.high : message.startedUs !== 0))
                        writer.uint32(16).uint64(message.startedUs);
                    if (message.reason != null && $Object.hasOwnProperty.call(message, "reason") && message.reason !== "")
                        writer.uint32(26).string(message.reason);
                    if (message.routeId != null && $Object.hasOwnProperty.call(message, "routeId") && message.routeId.length)
                        writer.uint32(34).bytes(message.routeId);
                    if (message.serviceId != null && $Object.hasOwnProperty.call(message, "serviceId") && message.serviceId.length)
                        writer.uint32(42).bytes(message.serviceId);
                    if (message.consumerId != null && $Object.hasOwnProperty.call(message, "consumerId") && message.consumerId.length)
                        writer.uint32(50).bytes(message.consumerId);
                    if (message.epoch != null && $Object.hasOwnProperty.call(message, "epoch") && (typeof message.epoch === "object" ? message.epoch.low || message.epoch.high : message.epoch !== 0))
                        writer.uint32(56).uint64(message.epoch);
                    if (message.sequence != null && $Object.hasOwnProperty.call(message, "sequence") && (typeof message.sequence === "object" ? message.sequence.low || message.sequence.high : message.sequence !== 0))
                        writer.uint32(64).uint64(message.sequence);
                    if (message.status != null && $Object.hasOwnProperty.call(message, "status") && message.status !== 0)
                        writer.uint32(72).uint32(message.status);
                    if (message.errorCode != null && $Object.hasOwnProperty.call(message, "errorCode") && message.errorCode !== "")
                        writer.uint32(82).string(message.errorCode);
                    if (message.method != null && $Object.hasOwnProperty.call(message, "method") && message.method !== "")
                        writer.uint32(90).string(message.method);
                    if (message.scheme != null && $Object.hasOwnProperty.call(message, "scheme") && message.scheme !== "")
                        writer.uint32(98).string(message.scheme);
                    if (message.host != null && $Object.hasOwnProperty.call(message, "host") && message.host !== "")
                        writer.uint32(106).string(message.host);
                    if (message.path != null && $Object.hasOwnProperty.call(message, "path") && message.path !== "")
                        writer.uint32(114).string(message.path);
                    if (message.query != null && $Object.hasOwnProperty.call(message, "query") && message.query !== "")
                        writer.uint32(122).string(message.query);
                    if (message.httpVersion != null && $Object.hasOwnProperty.call(message, "httpVersion") && message.httpVersion !== "")
                        writer.uint32(130).string(message.httpVersion);
                    if (message.tlsVersion != null && $Object.hasOwnProperty.call(message, "tlsVersion") && message.tlsVersion !== "")
                        writer.uint32(138).string(message.tlsVersion);
                    if (message.tlsCipher != null && $Object.hasOwnProperty.call(message, "tlsCipher") && message.tlsCipher !== "")
                        writer.uint32(146).string(message.tlsCipher);
                    if (message.clientAddress != null && $Object.hasOwnProperty.call(message, "clientAddress") && message.clientAddress !== "")
                        writer.uint32(154).string(message.clientAddress);
                    if (message.target != null && $Object.hasOwnProperty.call(message, "target") && message.target !== "")
                        writer.uint32(162).string(message.target);
                    if (message.retries != null && $Object.hasOwnProperty.call(message, "retries") && message.retries !== 0)
                        writer.uint32(168).uint32(message.retries);
                    if (message.totalUs != null && $Object.hasOwnProperty.call(message, "totalUs") && (typeof message.totalUs === "object" ? message.totalUs.low || message.totalUs.high : message.totalUs !== 0))
                        writer.uint32(176).uint64(message.totalUs);
                    if (message.upstreamUs != null && $Object.hasOwnProperty.call(message, "upstreamUs") && (typeof message.upstreamUs === "object" ? message.upstreamUs.low || message.upstreamUs.high : message.upstreamUs !== 0))
                        writer.uint32(184).uint64(message.upstreamUs);
                    if (message.gatewayUs != null && $Object.hasOwnProperty.call(message, "gatewayUs") && (typeof message.gatewayUs === "object" ? message.gatewayUs.low || message.gatewayUs.high : message.gatewayUs !== 0))
                        writer.uint32(192).uint64(message.gatewayUs);
                    if (message.bytesIn != null && $Object.hasOwnProperty.call(message, "bytesIn") && (typeof message.bytesIn === "object" ? message.bytesIn.low || message.bytesIn.high : message.bytesIn !== 0))
                        writer.uint32(200).uint64(message.bytesIn);
                    if (message.bytesOut != null && $Object.hasOwnProperty.call(message, "bytesOut") && (typeof message.bytesOut === "object" ? message.bytesOut.low || message.bytesOut.high : message.bytesOut !== 0))
                        writer.uint32(208).uint64(message.bytesOut);
                    if (message.traceId != null && $Object.hasOwnProperty.call(message, "traceId") && message.traceId.length)
                        writer.uint32(218).bytes(message.traceId);
                    if (message.headers != null && $Object.hasOwnProperty.call(message, "headers"))
                        for (let keys = $Object.keys(message.headers), i = 0; i < keys.length; ++i)
                            writer.uint32(226).fork().uint32(10).string(keys[i]).uint32(18).string(message.headers[keys[i]]).ldelim();
                    if (message.userAgent != null && $Object.hasOwnProperty.call(message, "userAgent") && message.userAgent !== "")
                        writer.uint32(234).string(message.userAgent);
                    if (message.generated != null && $Object.hasOwnProperty.call(message, "generated") && message.generated !== false)
                        writer.uint32(240).bool(message.generated);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                AccessRecord.decode = function (reader, length, _end, _depth, _target) {
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
                    message = _target || new $root.holdfast.telemetry.v1.AccessRecord();
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
                                    message.requestId = value;
                                else
                                    delete message.requestId;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.startedUs = value;
                                else
                                    delete message.startedUs;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.stringVerify()).length)
                                    message.reason = value;
                                else
                                    delete message.reason;
                                continue;
                            }
                        case 4: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.routeId = value;
                                else
                                    delete message.routeId;
                                continue;
                            }
                        case 5: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.serviceId = value;
                                else
                                    delete message.serviceId;
                                continue;
                            }
                        case 6: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.consumerId = value;
                                else
                                    delete message.consumerId;
                                continue;
                            }
                        case 7: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.epoch = value;
                                else
                                    delete message.epoch;
                                continue;
                            }
                        case 8: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.sequence = value;
                                else
                                    delete message.sequence;
                                continue;
                            }
                        case 9: {
                                if (wireType !== 0)
                                    break;
                                if (value = reader.uint32())
                                    message.status = value;
                                else
                                    delete message.status;
                                continue;
                            }
                        case 10: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.stringVerify()).length)
                                    message.errorCode = value;
                                else
                                    delete message.errorCode;
                                continue;
                            }
                        case 11: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.stringVerify()).length)
                                    message.method = value;
                                else
                                    delete message.method;
                                continue;
                            }
                        case 12: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.stringVerify()).length)
                                    message.scheme = value;
                                else
                                    delete message.scheme;
                                continue;
                            }
                        case 13: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.stringVerify()).length)
                                    message.host = value;
                                else
                                    delete message.host;
                                continue;
                            }
                        case 14: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.stringVerify()).length)
                                    message.path = value;
                                else
                                    delete message.path;
                                continue;
                            }
                        case 15: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.stringVerify()).length)
                                    message.query = value;
                                else
                                    delete message.query;
                                continue;
                            }
                        case 16: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.stringVerify()).length)
                                    message.httpVersion = value;
                                else
                                    delete message.httpVersion;
                                continue;
                            }
                        case 17: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.stringVerify()).length)
                                    message.tlsVersion = value;
                                else
                                    delete message.tlsVersion;
                                continue;
                            }
                        case 18: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.stringVerify()).length)
                                    message.tlsCipher = value;
                                else
                                    delete message.tlsCipher;
                                continue;
                            }
                        case 19: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.stringVerify()).length)
                                    message.clientAddress = value;
                                else
                                    delete message.clientAddress;
                                continue;
                            }
                        case 20: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.stringVerify()).length)
                                    message.target = value;
                                else
                                    delete message.target;
                                continue;
                            }
                        case 21: {
                                if (wireType !== 0)
                                    break;
                                if (value = reader.uint32())
                                    message.retries = value;
                                else
                                    delete message.retries;
                                continue;
                            }
                        case 22: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.totalUs = value;
                                else
                                    delete message.totalUs;
                                continue;
                            }
                        case 23: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.upstreamUs = value;
                                else
                                    delete message.upstreamUs;
                                continue;
                            }
                        case 24: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.gatewayUs = value;
                                else
                                    delete message.gatewayUs;
                                continue;
                            }
                        case 25: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.bytesIn = value;
                                else
                                    delete message.bytesIn;
                                continue;
                            }
                        case 26: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.bytesOut = value;
                                else
                                    delete message.bytesOut;
                                continue;
                            }
                        case 27: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.traceId = value;
                                else
                                    delete message.traceId;
                                continue;
                            }
                        case 28: {
                                if (wireType !== 2)
                                    break;
                                if (message.headers === $util.emptyObject)
                                    message.headers = {};
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
                                    $util.makeProp(message.headers, key);
                                message.headers[key] = value;
                                continue;
                            }
                        case 29: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.stringVerify()).length)
                                    message.userAgent = value;
                                else
                                    delete message.userAgent;
                                continue;
                            }
                        case 30: {
                                if (wireType !== 0)
                                    break;
                                if (value = reader.bool())
                                    message.generated = value;
                                else
                                    delete message.generated;
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

                return AccessRecord;
            })();

            v1.VersionRow = (function() {

                const VersionRow = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                VersionRow.prototype.epoch = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                VersionRow.prototype.sequence = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                VersionRow.prototype.requests = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                VersionRow.prototype.failed = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                VersionRow.prototype.failedHere = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

                VersionRow.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.epoch != null && $Object.hasOwnProperty.call(message, "epoch") && (typeof message.epoch === "object" ? message.epoch.low || message.epoch.high : message.epoch !== 0))
                        writer.uint32(8).uint64(message.epoch);
                    if (message.sequence != null && $Object.hasOwnProperty.call(message, "sequence") && (typeof message.sequence === "object" ? message.sequence.low || message.sequence.high : message.sequence !== 0))
                        writer.uint32(16).uint64(message.sequence);
                    if (message.requests != null && $Object.hasOwnProperty.call(message, "requests") && (typeof message.requests === "object" ? message.requests.low || message.requests.high : message.requests !== 0))
                        writer.uint32(24).uint64(message.requests);
                    if (message.failed != null && $Object.hasOwnProperty.call(message, "failed") && (typeof message.failed === "object" ? message.failed.low || message.failed.high : message.failed !== 0))
                        writer.uint32(32).uint64(message.failed);
                    if (message.failedHere != null && $Object.hasOwnProperty.call(message, "failedHere") && (typeof message.failedHere === "object" ? message.failedHere.low || message.failedHere.high : message.failedHere !== 0))
                        writer.uint32(40).uint64(message.failedHere);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                VersionRow.decode = function (reader, length, _end, _depth, _target) {
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
                    message = _target || new $root.holdfast.telemetry.v1.VersionRow();
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
                        case 3: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.requests = value;
                                else
                                    delete message.requests;
                                continue;
                            }
                        case 4: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.failed = value;
                                else
                                    delete message.failed;
                                continue;
                            }
                        case 5: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.failedHere = value;
                                else
                                    delete message.failedHere;
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

                return VersionRow;
            })();

            v1.UsageRow = (function() {

                const UsageRow = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                UsageRow.prototype.routeId = $util.newBuffer([]);
                UsageRow.prototype.consumerId = $util.newBuffer([]);
                UsageRow.prototype.statusClass = 0;
                UsageRow.prototype.requests = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                UsageRow.prototype.bytesIn = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                UsageRow.prototype.bytesOut = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                UsageRow.prototype.durationUs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                UsageRow.prototype.status = 0;
                UsageRow.prototype.upstreamUs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                UsageRow.prototype.gatewayUs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                UsageRow.prototype.latencies = null;

                UsageRow.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.routeId != null && $Object.hasOwnProperty.call(message, "routeId") && message.routeId.length)
                        writer.uint32(10).bytes(message.routeId);
                    if (message.consumerId != null && $Object.hasOwnProperty.call(message, "consumerId") && message.consumerId.length)
                        writer.uint32(18).bytes(message.consumerId);
                    if (message.statusClass != null && $Object.hasOwnProperty.call(message, "statusClass") && message.statusClass !== 0)
                        writer.uint32(24).uint32(message.statusClass);
                    if (message.requests != null && $Object.hasOwnProperty.call(message, "requests") && (typeof message.requests === "object" ? message.requests.low || message.requests.high : message.requests !== 0))
                        writer.uint32(32).uint64(message.requests);
                    if (message.bytesIn != null && $Object.hasOwnProperty.call(message, "bytesIn") && (typeof message.bytesIn === "object" ? message.bytesIn.low || message.bytesIn.high : message.bytesIn !== 0))
                        writer.uint32(40).uint64(message.bytesIn);
                    if (message.bytesOut != null && $Object.hasOwnProperty.call(message, "bytesOut") && (typeof message.bytesOut === "object" ? message.bytesOut.low || message.bytesOut.high : message.bytesOut !== 0))
                        writer.uint32(48).uint64(message.bytesOut);
                    if (message.durationUs != null && $Object.hasOwnProperty.call(message, "durationUs") && (typeof message.durationUs === "object" ? message.durationUs.low || message.durationUs.high : message.durationUs !== 0))
                        writer.uint32(56).uint64(message.durationUs);
                    if (message.status != null && $Object.hasOwnProperty.call(message, "status") && message.status !== 0)
                        writer.uint32(64).uint32(message.status);
                    if (message.upstreamUs != null && $Object.hasOwnProperty.call(message, "upstreamUs") && (typeof message.upstreamUs === "object" ? message.upstreamUs.low || message.upstreamUs.high : message.upstreamUs !== 0))
                        writer.uint32(72).uint64(message.upstreamUs);
                    if (message.gatewayUs != null && $Object.hasOwnProperty.call(message, "gatewayUs") && (typeof message.gatewayUs === "object" ? message.gatewayUs.low || message.gatewayUs.high : message.gatewayUs !== 0))
                        writer.uint32(80).uint64(message.gatewayUs);
                    if (message.latencies != null && $Object.hasOwnProperty.call(message, "latencies"))
                        $root.holdfast.telemetry.v1.Latencies.encode(message.latencies, writer.uint32(90).fork(), _depth + 1).ldelim();
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                UsageRow.decode = function (reader, length, _end, _depth, _target) {
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
                    message = _target || new $root.holdfast.telemetry.v1.UsageRow();
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
                                    message.routeId = value;
                                else
                                    delete message.routeId;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.consumerId = value;
                                else
                                    delete message.consumerId;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 0)
                                    break;
                                if (value = reader.uint32())
                                    message.statusClass = value;
                                else
                                    delete message.statusClass;
                                continue;
                            }
                        case 4: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.requests = value;
                                else
                                    delete message.requests;
                                continue;
                            }
                        case 5: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.bytesIn = value;
                                else
                                    delete message.bytesIn;
                                continue;
                            }
                        case 6: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.bytesOut = value;
                                else
                                    delete message.bytesOut;
                                continue;
                            }
                        case 7: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.durationUs = value;
                                else
                                    delete message.durationUs;
                                continue;
                            }
                        case 8: {
                                if (wireType !== 0)
                                    break;
                                if (value = reader.uint32())
                                    message.status = value;
                                else
                                    delete message.status;
                                continue;
                            }
                        case 9: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.upstreamUs = value;
                                else
                                    delete message.upstreamUs;
                                continue;
                            }
                        case 10: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.gatewayUs = value;
                                else
                                    delete message.gatewayUs;
                                continue;
                            }
                        case 11: {
                                if (wireType !== 2)
                                    break;
                                message.latencies = $root.holdfast.telemetry.v1.Latencies.decode(reader, reader.size(), $undefined, _depth + 1, message.latencies);
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

                return UsageRow;
            })();

            v1.Drop = (function() {

                const Drop = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                Drop.prototype.reason = "";
                Drop.prototype.count = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

                Drop.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.reason != null && $Object.hasOwnProperty.call(message, "reason") && message.reason !== "")
                        writer.uint32(10).string(message.reason);
                    if (message.count != null && $Object.hasOwnProperty.call(message, "count") && (typeof message.count === "object" ? message.count.low || message.count.high : message.count !== 0))
                        writer.uint32(16).uint64(message.count);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                Drop.decode = function (reader, length, _end, _depth, _target) {
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
                    message = _target || new $root.holdfast.telemetry.v1.Drop();
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
                                    message.reason = value;
                                else
                                    delete message.reason;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.count = value;
                                else
                                    delete message.count;
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

                return Drop;
            })();

            v1.CrashGap = (function() {

                const CrashGap = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                CrashGap.prototype.bootId = $util.newBuffer([]);
                CrashGap.prototype.lastFoldMs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                CrashGap.prototype.atMostMs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;
                CrashGap.prototype.lastRatePerSecond = 0;

                CrashGap.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.bootId != null && $Object.hasOwnProperty.call(message, "bootId") && message.bootId.length)
                        writer.uint32(10).bytes(message.bootId);
                    if (message.lastFoldMs != null && $Object.hasOwnProperty.call(message, "lastFoldMs") && (typeof message.lastFoldMs === "object" ? message.lastFoldMs.low || message.lastFoldMs.high : message.lastFoldMs !== 0))
                        writer.uint32(16).uint64(message.lastFoldMs);
                    if (message.atMostMs != null && $Object.hasOwnProperty.call(message, "atMostMs") && (typeof message.atMostMs === "object" ? message.atMostMs.low || message.atMostMs.high : message.atMostMs !== 0))
                        writer.uint32(24).uint64(message.atMostMs);
                    if (message.lastRatePerSecond != null && $Object.hasOwnProperty.call(message, "lastRatePerSecond") && !$Object.is(message.lastRatePerSecond, 0))
                        writer.uint32(33).double(message.lastRatePerSecond);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                CrashGap.decode = function (reader, length, _end, _depth, _target) {
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
                    message = _target || new $root.holdfast.telemetry.v1.CrashGap();
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
                                    message.lastFoldMs = value;
                                else
                                    delete message.lastFoldMs;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                    message.atMostMs = value;
                                else
                                    delete message.atMostMs;
                                continue;
                            }
                        case 4: {
                                if (wireType !== 1)
                                    break;
                                if (!$Object.is(value = reader.double(), 0))
                                    message.lastRatePerSecond = value;
                                else
                                    delete message.lastRatePerSecond;
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

                return CrashGap;
            })();

            return v1;
        })();

        return telemetry;
    })();

    return holdfast;
})();

export {
  $root as default
};
