/*eslint-disable block-scoped-var, id-length, no-control-regex, no-magic-numbers, no-mixed-operators, no-prototype-builtins, no-redeclare, no-shadow, no-var, sort-vars, default-case, jsdoc/require-param*/
import $protobuf from "./runtime.js";

const $Reader = $protobuf.Reader, $Writer = $protobuf.Writer, $util = $protobuf.util;
const $Object = $util.global.Object, $undefined = $util.global.undefined, $Error = $util.global.Error, $RangeError = $util.global.RangeError;

const $root = $protobuf.roots["holdfast-config"] || ($protobuf.roots["holdfast-config"] = {});

export const holdfast = $root.holdfast = (() => {

    const holdfast = {};

    holdfast.config = (function() {

        const config = {};

        config.v1 = (function() {

            const v1 = {};

            v1.Vault = (function() {

                const Vault = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                Vault.prototype.id = $util.newBuffer([]);
                Vault.prototype.created_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                Vault.prototype.updated_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                Vault.prototype.tags = null;
                Vault.prototype.name = null;
                Vault.prototype.prefix = null;
                Vault.prototype.description = null;
                Vault.prototype.config = $util.newBuffer([]);

                let $oneOfFields;

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Vault.prototype, "_name", {
                    get: $util.oneOfGetter($oneOfFields = ["name"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Vault.prototype, "_prefix", {
                    get: $util.oneOfGetter($oneOfFields = ["prefix"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Vault.prototype, "_description", {
                    get: $util.oneOfGetter($oneOfFields = ["description"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                Vault.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id.length)
                        writer.uint32(10).bytes(message.id);
                    if (message.created_at != null && $Object.hasOwnProperty.call(message, "created_at") && (typeof message.created_at === "object" ? message.created_at.low || message.created_at.high : message.created_at !== 0))
                        writer.uint32(16).int64(message.created_at);
                    if (message.updated_at != null && $Object.hasOwnProperty.call(message, "updated_at") && (typeof message.updated_at === "object" ? message.updated_at.low || message.updated_at.high : message.updated_at !== 0))
                        writer.uint32(24).int64(message.updated_at);
                    if (message.tags != null && $Object.hasOwnProperty.call(message, "tags"))
                        $root.holdfast.config.v1.StringList.encode(message.tags, writer.uint32(34).fork(), _depth + 1).ldelim();
                    if (message.name != null && $Object.hasOwnProperty.call(message, "name"))
                        writer.uint32(82).string(message.name);
                    if (message.prefix != null && $Object.hasOwnProperty.call(message, "prefix"))
                        writer.uint32(90).string(message.prefix);
                    if (message.description != null && $Object.hasOwnProperty.call(message, "description"))
                        writer.uint32(98).string(message.description);
                    if (message.config != null && $Object.hasOwnProperty.call(message, "config") && message.config.length)
                        writer.uint32(106).bytes(message.config);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                Vault.decode = function (reader, length, _end, _depth, _target) {
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
                    message = _target || new $root.holdfast.config.v1.Vault();
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
                                    message.id = value;
                                else
                                    delete message.id;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.created_at = value;
                                else
                                    delete message.created_at;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.updated_at = value;
                                else
                                    delete message.updated_at;
                                continue;
                            }
                        case 4: {
                                if (wireType !== 2)
                                    break;
                                message.tags = $root.holdfast.config.v1.StringList.decode(reader, reader.size(), $undefined, _depth + 1, message.tags);
                                continue;
                            }
                        case 10: {
                                if (wireType !== 2)
                                    break;
                                message.name = reader.stringVerify();
                                message._name = "name";
                                continue;
                            }
                        case 11: {
                                if (wireType !== 2)
                                    break;
                                message.prefix = reader.stringVerify();
                                message._prefix = "prefix";
                                continue;
                            }
                        case 12: {
                                if (wireType !== 2)
                                    break;
                                message.description = reader.stringVerify();
                                message._description = "description";
                                continue;
                            }
                        case 13: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.config = value;
                                else
                                    delete message.config;
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

                return Vault;
            })();

            v1.KeySet = (function() {

                const KeySet = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                KeySet.prototype.id = $util.newBuffer([]);
                KeySet.prototype.created_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                KeySet.prototype.updated_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                KeySet.prototype.tags = null;
                KeySet.prototype.name = null;

                let $oneOfFields;

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(KeySet.prototype, "_name", {
                    get: $util.oneOfGetter($oneOfFields = ["name"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                KeySet.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id.length)
                        writer.uint32(10).bytes(message.id);
                    if (message.created_at != null && $Object.hasOwnProperty.call(message, "created_at") && (typeof message.created_at === "object" ? message.created_at.low || message.created_at.high : message.created_at !== 0))
                        writer.uint32(16).int64(message.created_at);
                    if (message.updated_at != null && $Object.hasOwnProperty.call(message, "updated_at") && (typeof message.updated_at === "object" ? message.updated_at.low || message.updated_at.high : message.updated_at !== 0))
                        writer.uint32(24).int64(message.updated_at);
                    if (message.tags != null && $Object.hasOwnProperty.call(message, "tags"))
                        $root.holdfast.config.v1.StringList.encode(message.tags, writer.uint32(34).fork(), _depth + 1).ldelim();
                    if (message.name != null && $Object.hasOwnProperty.call(message, "name"))
                        writer.uint32(82).string(message.name);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                KeySet.decode = function (reader, length, _end, _depth, _target) {
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
                    message = _target || new $root.holdfast.config.v1.KeySet();
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
                                    message.id = value;
                                else
                                    delete message.id;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.created_at = value;
                                else
                                    delete message.created_at;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.updated_at = value;
                                else
                                    delete message.updated_at;
                                continue;
                            }
                        case 4: {
                                if (wireType !== 2)
                                    break;
                                message.tags = $root.holdfast.config.v1.StringList.decode(reader, reader.size(), $undefined, _depth + 1, message.tags);
                                continue;
                            }
                        case 10: {
                                if (wireType !== 2)
                                    break;
                                message.name = reader.stringVerify();
                                message._name = "name";
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

                return KeySet;
            })();

            v1.Key = (function() {

                const Key = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                Key.prototype.id = $util.newBuffer([]);
                Key.prototype.created_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                Key.prototype.updated_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                Key.prototype.tags = null;
                Key.prototype.set = $util.newBuffer([]);
                Key.prototype.name = null;
                Key.prototype.kid = null;
                Key.prototype.jwk_sealed = $util.newBuffer([]);
                Key.prototype.pem = null;

                let $oneOfFields;

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Key.prototype, "_name", {
                    get: $util.oneOfGetter($oneOfFields = ["name"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Key.prototype, "_kid", {
                    get: $util.oneOfGetter($oneOfFields = ["kid"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                Key.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id.length)
                        writer.uint32(10).bytes(message.id);
                    if (message.created_at != null && $Object.hasOwnProperty.call(message, "created_at") && (typeof message.created_at === "object" ? message.created_at.low || message.created_at.high : message.created_at !== 0))
                        writer.uint32(16).int64(message.created_at);
                    if (message.updated_at != null && $Object.hasOwnProperty.call(message, "updated_at") && (typeof message.updated_at === "object" ? message.updated_at.low || message.updated_at.high : message.updated_at !== 0))
                        writer.uint32(24).int64(message.updated_at);
                    if (message.tags != null && $Object.hasOwnProperty.call(message, "tags"))
                        $root.holdfast.config.v1.StringList.encode(message.tags, writer.uint32(34).fork(), _depth + 1).ldelim();
                    if (message.set != null && $Object.hasOwnProperty.call(message, "set") && message.set.length)
                        writer.uint32(82).bytes(message.set);
                    if (message.name != null && $Object.hasOwnProperty.call(message, "name"))
                        writer.uint32(90).string(message.name);
                    if (message.kid != null && $Object.hasOwnProperty.call(message, "kid"))
                        writer.uint32(98).string(message.kid);
                    if (message.jwk_sealed != null && $Object.hasOwnProperty.call(message, "jwk_sealed") && message.jwk_sealed.length)
                        writer.uint32(106).bytes(message.jwk_sealed);
                    if (message.pem != null && $Object.hasOwnProperty.call(message, "pem"))
                        $root.holdfast.config.v1.Key.Pem.encode(message.pem, writer.uint32(114).fork(), _depth + 1).ldelim();
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                Key.decode = function (reader, length, _end, _depth, _target) {
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
                    message = _target || new $root.holdfast.config.v1.Key();
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
                                    message.id = value;
                                else
                                    delete message.id;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.created_at = value;
                                else
                                    delete message.created_at;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.updated_at = value;
                                else
                                    delete message.updated_at;
                                continue;
                            }
                        case 4: {
                                if (wireType !== 2)
                                    break;
                                message.tags = $root.holdfast.config.v1.StringList.decode(reader, reader.size(), $undefined, _depth + 1, message.tags);
                                continue;
                            }
                        case 10: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.set = value;
                                else
                                    delete message.set;
                                continue;
                            }
                        case 11: {
                                if (wireType !== 2)
                                    break;
                                message.name = reader.stringVerify();
                                message._name = "name";
                                continue;
                            }
                        case 12: {
                                if (wireType !== 2)
                                    break;
                                message.kid = reader.stringVerify();
                                message._kid = "kid";
                                continue;
                            }
                        case 13: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.jwk_sealed = value;
                                else
                                    delete message.jwk_sealed;
                                continue;
                            }
                        case 14: {
                                if (wireType !== 2)
                                    break;
                                message.pem = $root.holdfast.config.v1.Key.Pem.decode(reader, reader.size(), $undefined, _depth + 1, message.pem);
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

                Key.Pem = (function() {

                    const Pem = function (properties) {
                        if (properties)
                            for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                                if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                    this[keys[i]] = properties[keys[i]];
                    };

                    Pem.prototype.private_key_sealed = $util.newBuffer([]);
                    Pem.prototype.public_key = null;

                    let $oneOfFields;

                    // Virtual OneOf for proto3 optional field
                    $Object.defineProperty(Pem.prototype, "_public_key", {
                        get: $util.oneOfGetter($oneOfFields = ["public_key"]),
                        set: $util.oneOfSetter($oneOfFields)
                    });

                    Pem.encode = function (message, writer, _depth) {
                        if (!writer)
                            writer = $Writer.create();
                        if (_depth === $undefined)
                            _depth = 0;
                        if (_depth > $util.recursionLimit)
                            throw $Error("max depth exceeded");
                        if (message.private_key_sealed != null && $Object.hasOwnProperty.call(message, "private_key_sealed") && message.private_key_sealed.length)
                            writer.uint32(10).bytes(message.private_key_sealed);
                        if (message.public_key != null && $Object.hasOwnProperty.call(message, "public_key"))
                            writer.uint32(18).string(message.public_key);
                        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                            for (let i = 0; i < message.$unknowns.length; ++i)
                                writer.raw(message.$unknowns[i]);
                        return writer;
                    };

                    Pem.decode = function (reader, length, _end, _depth, _target) {
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
                        message = _target || new $root.holdfast.config.v1.Key.Pem();
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
                                        message.private_key_sealed = value;
                                    else
                                        delete message.private_key_sealed;
                                    continue;
                                }
                            case 2: {
                                    if (wireType !== 2)
                                        break;
                                    message.public_key = reader.stringVerify();
                                    message._public_key = "public_key";
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

                    return Pem;
                })();

                return Key;
            })();

            v1.CaCertificate = (function() {

                const CaCertificate = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                CaCertificate.prototype.id = $util.newBuffer([]);
                CaCertificate.prototype.created_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                CaCertificate.prototype.updated_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                CaCertificate.prototype.tags = null;
                CaCertificate.prototype.cert = null;
                CaCertificate.prototype.cert_digest = null;

                let $oneOfFields;

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(CaCertificate.prototype, "_cert", {
                    get: $util.oneOfGetter($oneOfFields = ["cert"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(CaCertificate.prototype, "_cert_digest", {
                    get: $util.oneOfGetter($oneOfFields = ["cert_digest"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                CaCertificate.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id.length)
                        writer.uint32(10).bytes(message.id);
                    if (message.created_at != null && $Object.hasOwnProperty.call(message, "created_at") && (typeof message.created_at === "object" ? message.created_at.low || message.created_at.high : message.created_at !== 0))
                        writer.uint32(16).int64(message.created_at);
                    if (message.updated_at != null && $Object.hasOwnProperty.call(message, "updated_at") && (typeof message.updated_at === "object" ? message.updated_at.low || message.updated_at.high : message.updated_at !== 0))
                        writer.uint32(24).int64(message.updated_at);
                    if (message.tags != null && $Object.hasOwnProperty.call(message, "tags"))
                        $root.holdfast.config.v1.StringList.encode(message.tags, writer.uint32(34).fork(), _depth + 1).ldelim();
                    if (message.cert != null && $Object.hasOwnProperty.call(message, "cert"))
                        writer.uint32(82).string(message.cert);
                    if (message.cert_digest != null && $Object.hasOwnProperty.call(message, "cert_digest"))
                        writer.uint32(90).string(message.cert_digest);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                CaCertificate.decode = function (reader, length, _end, _depth, _target) {
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
                    message = _target || new $root.holdfast.config.v1.CaCertificate();
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
                                    message.id = value;
                                else
                                    delete message.id;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.created_at = value;
                                else
                                    delete message.created_at;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.updated_at = value;
                                else
                                    delete message.updated_at;
                                continue;
                            }
                        case 4: {
                                if (wireType !== 2)
                                    break;
                                message.tags = $root.holdfast.config.v1.StringList.decode(reader, reader.size(), $undefined, _depth + 1, message.tags);
                                continue;
                            }
                        case 10: {
                                if (wireType !== 2)
                                    break;
                                message.cert = reader.stringVerify();
                                message._cert = "cert";
                                continue;
                            }
                        case 11: {
                                if (wireType !== 2)
                                    break;
                                message.cert_digest = reader.stringVerify();
                                message._cert_digest = "cert_digest";
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

                return CaCertificate;
            })();

            v1.Certificate = (function() {

                const Certificate = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                Certificate.prototype.id = $util.newBuffer([]);
                Certificate.prototype.created_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                Certificate.prototype.updated_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                Certificate.prototype.tags = null;
                Certificate.prototype.cert = null;
                Certificate.prototype.key_sealed = $util.newBuffer([]);
                Certificate.prototype.cert_alt = null;
                Certificate.prototype.key_alt_sealed = $util.newBuffer([]);

                let $oneOfFields;

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Certificate.prototype, "_cert", {
                    get: $util.oneOfGetter($oneOfFields = ["cert"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Certificate.prototype, "_cert_alt", {
                    get: $util.oneOfGetter($oneOfFields = ["cert_alt"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                Certificate.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id.length)
                        writer.uint32(10).bytes(message.id);
                    if (message.created_at != null && $Object.hasOwnProperty.call(message, "created_at") && (typeof message.created_at === "object" ? message.created_at.low || message.created_at.high : message.created_at !== 0))
                        writer.uint32(16).int64(message.created_at);
                    if (message.updated_at != null && $Object.hasOwnProperty.call(message, "updated_at") && (typeof message.updated_at === "object" ? message.updated_at.low || message.updated_at.high : message.updated_at !== 0))
                        writer.uint32(24).int64(message.updated_at);
                    if (message.tags != null && $Object.hasOwnProperty.call(message, "tags"))
                        $root.holdfast.config.v1.StringList.encode(message.tags, writer.uint32(34).fork(), _depth + 1).ldelim();
                    if (message.cert != null && $Object.hasOwnProperty.call(message, "cert"))
                        writer.uint32(82).string(message.cert);
                    if (message.key_sealed != null && $Object.hasOwnProperty.call(message, "key_sealed") && message.key_sealed.length)
                        writer.uint32(90).bytes(message.key_sealed);
                    if (message.cert_alt != null && $Object.hasOwnProperty.call(message, "cert_alt"))
                        writer.uint32(98).string(message.cert_alt);
                    if (message.key_alt_sealed != null && $Object.hasOwnProperty.call(message, "key_alt_sealed") && message.key_alt_sealed.length)
                        writer.uint32(106).bytes(message.key_alt_sealed);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                Certificate.decode = function (reader, length, _end, _depth, _target) {
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
                    message = _target || new $root.holdfast.config.v1.Certificate();
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
                                    message.id = value;
                                else
                                    delete message.id;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.created_at = value;
                                else
                                    delete message.created_at;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.updated_at = value;
                                else
                                    delete message.updated_at;
                                continue;
                            }
                        case 4: {
                                if (wireType !== 2)
                                    break;
                                message.tags = $root.holdfast.config.v1.StringList.decode(reader, reader.size(), $undefined, _depth + 1, message.tags);
                                continue;
                            }
                        case 10: {
                                if (wireType !== 2)
                                    break;
                                message.cert = reader.stringVerify();
                                message._cert = "cert";
                                continue;
                            }
                        case 11: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.key_sealed = value;
                                else
                                    delete message.key_sealed;
                                continue;
                            }
                        case 12: {
                                if (wireType !== 2)
                                    break;
                                message.cert_alt = reader.stringVerify();
                                message._cert_alt = "cert_alt";
                                continue;
                            }
                        case 13: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.key_alt_sealed = value;
                                else
                                    delete message.key_alt_sealed;
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

                return Certificate;
            })();

            v1.Sni = (function() {

                const Sni = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                Sni.prototype.id = $util.newBuffer([]);
                Sni.prototype.created_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                Sni.prototype.updated_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                Sni.prototype.tags = null;
                Sni.prototype.name = null;
                Sni.prototype.certificate = $util.newBuffer([]);

                let $oneOfFields;

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Sni.prototype, "_name", {
                    get: $util.oneOfGetter($oneOfFields = ["name"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                Sni.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id.length)
                        writer.uint32(10).bytes(message.id);
                    if (message.created_at != null && $Object.hasOwnProperty.call(message, "created_at") && (typeof message.created_at === "object" ? message.created_at.low || message.created_at.high : message.created_at !== 0))
                        writer.uint32(16).int64(message.created_at);
                    if (message.updated_at != null && $Object.hasOwnProperty.call(message, "updated_at") && (typeof message.updated_at === "object" ? message.updated_at.low || message.updated_at.high : message.updated_at !== 0))
                        writer.uint32(24).int64(message.updated_at);
                    if (message.tags != null && $Object.hasOwnProperty.call(message, "tags"))
                        $root.holdfast.config.v1.StringList.encode(message.tags, writer.uint32(34).fork(), _depth + 1).ldelim();
                    if (message.name != null && $Object.hasOwnProperty.call(message, "name"))
                        writer.uint32(82).string(message.name);
                    if (message.certificate != null && $Object.hasOwnProperty.call(message, "certificate") && message.certificate.length)
                        writer.uint32(90).bytes(message.certificate);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                Sni.decode = function (reader, length, _end, _depth, _target) {
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
                    message = _target || new $root.holdfast.config.v1.Sni();
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
                                    message.id = value;
                                else
                                    delete message.id;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.created_at = value;
                                else
                                    delete message.created_at;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.updated_at = value;
                                else
                                    delete message.updated_at;
                                continue;
                            }
                        case 4: {
                                if (wireType !== 2)
                                    break;
                                message.tags = $root.holdfast.config.v1.StringList.decode(reader, reader.size(), $undefined, _depth + 1, message.tags);
                                continue;
                            }
                        case 10: {
                                if (wireType !== 2)
                                    break;
                                message.name = reader.stringVerify();
                                message._name = "name";
                                continue;
                            }
                        case 11: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.certificate = value;
                                else
                                    delete message.certificate;
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

                return Sni;
            })();

            v1.Service = (function() {

                const Service = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                Service.prototype.id = $util.newBuffer([]);
                Service.prototype.created_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                Service.prototype.updated_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                Service.prototype.tags = null;
                Service.prototype.name = null;
                Service.prototype.protocol = null;
                Service.prototype.host = null;
                Service.prototype.port = null;
                Service.prototype.path = null;
                Service.prototype.retries = null;
                Service.prototype.connect_timeout = null;
                Service.prototype.write_timeout = null;
                Service.prototype.read_timeout = null;
                Service.prototype.enabled = null;
                Service.prototype.tls_verify = null;
                Service.prototype.tls_verify_depth = null;
                Service.prototype.client_certificate = $util.newBuffer([]);
                Service.prototype.ca_certificates = null;
                Service.prototype.proxy_protocol = null;
                Service.prototype.retry_on = null;
                Service.prototype.retry_statuses = null;
                Service.prototype.retry_budget = null;

                let $oneOfFields;

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Service.prototype, "_name", {
                    get: $util.oneOfGetter($oneOfFields = ["name"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Service.prototype, "_protocol", {
                    get: $util.oneOfGetter($oneOfFields = ["protocol"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Service.prototype, "_host", {
                    get: $util.oneOfGetter($oneOfFields = ["host"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Service.prototype, "_port", {
                    get: $util.oneOfGetter($oneOfFields = ["port"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Service.prototype, "_path", {
                    get: $util.oneOfGetter($oneOfFields = ["path"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Service.prototype, "_retries", {
                    get: $util.oneOfGetter($oneOfFields = ["retries"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Service.prototype, "_connect_timeout", {
                    get: $util.oneOfGetter($oneOfFields = ["connect_timeout"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Service.prototype, "_write_timeout", {
                    get: $util.oneOfGetter($oneOfFields = ["write_timeout"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Service.prototype, "_read_timeout", {
                    get: $util.oneOfGetter($oneOfFields = ["read_timeout"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Service.prototype, "_enabled", {
                    get: $util.oneOfGetter($oneOfFields = ["enabled"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Service.prototype, "_tls_verify", {
                    get: $util.oneOfGetter($oneOfFields = ["tls_verify"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Service.prototype, "_tls_verify_depth", {
                    get: $util.oneOfGetter($oneOfFields = ["tls_verify_depth"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Service.prototype, "_proxy_protocol", {
                    get: $util.oneOfGetter($oneOfFields = ["proxy_protocol"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Service.prototype, "_retry_budget", {
                    get: $util.oneOfGetter($oneOfFields = ["retry_budget"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                Service.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id.length)
                        writer.uint32(10).bytes(message.id);
                    if (message.created_at != null && $Object.hasOwnProperty.call(message, "created_at") && (typeof message.created_at === "object" ? message.created_at.low || message.created_at.high : message.created_at !== 0))
                        writer.uint32(16).int64(message.created_at);
                    if (message.updated_at != null && $Object.hasOwnProperty.call(message, "updated_at") && (typeof message.updated_at === "object" ? message.updated_at.low || message.updated_at.high : message.updated_at !== 0))
                        writer.uint32(24).int64(message.updated_at);
                    if (message.tags != null && $Object.hasOwnProperty.call(message, "tags"))
                        $root.holdfast.config.v1.StringList.encode(message.tags, writer.uint32(34).fork(), _depth + 1).ldelim();
                    if (message.name != null && $Object.hasOwnProperty.call(message, "name"))
                        writer.uint32(82).string(message.name);
                    if (message.protocol != null && $Object.hasOwnProperty.call(message, "protocol"))
                        writer.uint32(90).string(message.protocol);
                    if (message.host != null && $Object.hasOwnProperty.call(message, "host"))
                        writer.uint32(98).string(message.host);
                    if (message.port != null && $Object.hasOwnProperty.call(message, "port"))
                        writer.uint32(104).int64(message.port);
                    if (message.path != null && $Object.hasOwnProperty.call(message, "path"))
                        writer.uint32(114).string(message.path);
                    if (message.retries != null && $Object.hasOwnProperty.call(message, "retries"))
                        writer.uint32(120).int64(message.retries);
                    if (message.connect_timeout != null && $Object.hasOwnProperty.call(message, "connect_timeout"))
                        writer.uint32(128).int64(message.connect_timeout);
                    if (message.write_timeout != null && $Object.hasOwnProperty.call(message, "write_timeout"))
                        writer.uint32(136).int64(message.write_timeout);
                    if (message.read_timeout != null && $Object.hasOwnProperty.call(message, "read_timeout"))
                        writer.uint32(144).int64(message.read_timeout);
                    if (message.enabled != null && $Object.hasOwnProperty.call(message, "enabled"))
                        writer.uint32(152).bool(message.enabled);
                    if (message.tls_verify != null && $Object.hasOwnProperty.call(message, "tls_verify"))
                        writer.uint32(160).bool(message.tls_verify);
                    if (message.tls_verify_depth != null && $Object.hasOwnProperty.call(message, "tls_verify_depth"))
                        writer.uint32(168).int64(message.tls_verify_depth);
                    if (message.client_certificate != null && $Object.hasOwnProperty.call(message, "client_certificate") && message.client_certificate.length)
                        writer.uint32(178).bytes(message.client_certificate);
                    if (message.ca_certificates != null && $Object.hasOwnProperty.call(message, "ca_certificates"))
                        $root.holdfast.config.v1.BytesList.encode(message.ca_certificates, writer.uint32(186).fork(), _depth + 1).ldelim();
                    if (message.proxy_protocol != null && $Object.hasOwnProperty.call(message, "proxy_protocol"))
                        writer.uint32(194).string(message.proxy_protocol);
                    if (message.retry_on != null && $Object.hasOwnProperty.call(message, "retry_on"))
                        $root.holdfast.config.v1.StringList.encode(message.retry_on, writer.uint32(202).fork(), _depth + 1).ldelim();
                    if (message.retry_statuses != null && $Object.hasOwnProperty.call(message, "retry_statuses"))
                        $root.holdfast.config.v1.IntegerList.encode(message.retry_statuses, writer.uint32(210).fork(), _depth + 1).ldelim();
                    if (message.retry_budget != null && $Object.hasOwnProperty.call(message, "retry_budget"))
                        writer.uint32(217).double(message.retry_budget);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                Service.decode = function (reader, length, _end, _depth, _target) {
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
                    message = _target || new $root.holdfast.config.v1.Service();
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
                                    message.id = value;
                                else
                                    delete message.id;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.created_at = value;
                                else
                                    delete message.created_at;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.updated_at = value;
                                else
                                    delete message.updated_at;
                                continue;
                            }
                        case 4: {
                                if (wireType !== 2)
                                    break;
                                message.tags = $root.holdfast.config.v1.StringList.decode(reader, reader.size(), $undefined, _depth + 1, message.tags);
                                continue;
                            }
                        case 10: {
                                if (wireType !== 2)
                                    break;
                                message.name = reader.stringVerify();
                                message._name = "name";
                                continue;
                            }
                        case 11: {
                                if (wireType !== 2)
                                    break;
                                message.protocol = reader.stringVerify();
                                message._protocol = "protocol";
                                continue;
                            }
                        case 12: {
                                if (wireType !== 2)
                                    break;
                                message.host = reader.stringVerify();
                                message._host = "host";
                                continue;
                            }
                        case 13: {
                                if (wireType !== 0)
                                    break;
                                message.port = reader.int64();
                                message._port = "port";
                                continue;
                            }
                        case 14: {
                                if (wireType !== 2)
                                    break;
                                message.path = reader.stringVerify();
                                message._path = "path";
                                continue;
                            }
                        case 15: {
                                if (wireType !== 0)
                                    break;
                                message.retries = reader.int64();
                                message._retries = "retries";
                                continue;
                            }
                        case 16: {
                                if (wireType !== 0)
                                    break;
                                message.connect_timeout = reader.int64();
                                message._connect_timeout = "connect_timeout";
                                continue;
                            }
                        case 17: {
                                if (wireType !== 0)
                                    break;
                                message.write_timeout = reader.int64();
                                message._write_timeout = "write_timeout";
                                continue;
                            }
                        case 18: {
                                if (wireType !== 0)
                                    break;
                                message.read_timeout = reader.int64();
                                message._read_timeout = "read_timeout";
                                continue;
                            }
                        case 19: {
                                if (wireType !== 0)
                                    break;
                                message.enabled = reader.bool();
                                message._enabled = "enabled";
                                continue;
                            }
                        case 20: {
                                if (wireType !== 0)
                                    break;
                                message.tls_verify = reader.bool();
                                message._tls_verify = "tls_verify";
                                continue;
                            }
                        case 21: {
                                if (wireType !== 0)
                                    break;
                                message.tls_verify_depth = reader.int64();
                                message._tls_verify_depth = "tls_verify_depth";
                                continue;
                            }
                        case 22: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.client_certificate = value;
                                else
                                    delete message.client_certificate;
                                continue;
                            }
                        case 23: {
                                if (wireType !== 2)
                                    break;
                                message.ca_certificates = $root.holdfast.config.v1.BytesList.decode(reader, reader.size(), $undefined, _depth + 1, message.ca_certificates);
                                continue;
                            }
                        case 24: {
                                if (wireType !== 2)
                                    break;
                                message.proxy_protocol = reader.stringVerify();
                                message._proxy_protocol = "proxy_protocol";
                                continue;
                            }
                        case 25: {
                                if (wireType !== 2)
                                    break;
                                message.retry_on = $root.holdfast.config.v1.StringList.decode(reader, reader.size(), $undefined, _depth + 1, message.retry_on);
                                continue;
                            }
                        case 26: {
                                if (wireType !== 2)
                                    break;
                                message.retry_statuses = $root.holdfast.config.v1.IntegerList.decode(reader, reader.size(), $undefined, _depth + 1, message.retry_statuses);
                                continue;
                            }
                        case 27: {
                                if (wireType !== 1)
                                    break;
                                message.retry_budget = reader.double();
                                message._retry_budget = "retry_budget";
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

                return Service;
            })();

            v1.Consumer = (function() {

                const Consumer = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                Consumer.prototype.id = $util.newBuffer([]);
                Consumer.prototype.created_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                Consumer.prototype.updated_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                Consumer.prototype.tags = null;
                Consumer.prototype.username = null;
                Consumer.prototype.custom_id = null;

                let $oneOfFields;

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Consumer.prototype, "_username", {
                    get: $util.oneOfGetter($oneOfFields = ["username"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Consumer.prototype, "_custom_id", {
                    get: $util.oneOfGetter($oneOfFields = ["custom_id"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                Consumer.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id.length)
                        writer.uint32(10).bytes(message.id);
                    if (message.created_at != null && $Object.hasOwnProperty.call(message, "created_at") && (typeof message.created_at === "object" ? message.created_at.low || message.created_at.high : message.created_at !== 0))
                        writer.uint32(16).int64(message.created_at);
                    if (message.updated_at != null && $Object.hasOwnProperty.call(message, "updated_at") && (typeof message.updated_at === "object" ? message.updated_at.low || message.updated_at.high : message.updated_at !== 0))
                        writer.uint32(24).int64(message.updated_at);
                    if (message.tags != null && $Object.hasOwnProperty.call(message, "tags"))
                        $root.holdfast.config.v1.StringList.encode(message.tags, writer.uint32(34).fork(), _depth + 1).ldelim();
                    if (message.username != null && $Object.hasOwnProperty.call(message, "username"))
                        writer.uint32(82).string(message.username);
                    if (message.custom_id != null && $Object.hasOwnProperty.call(message, "custom_id"))
                        writer.uint32(90).string(message.custom_id);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                Consumer.decode = function (reader, length, _end, _depth, _target) {
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
                    message = _target || new $root.holdfast.config.v1.Consumer();
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
                                    message.id = value;
                                else
                                    delete message.id;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.created_at = value;
                                else
                                    delete message.created_at;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.updated_at = value;
                                else
                                    delete message.updated_at;
                                continue;
                            }
                        case 4: {
                                if (wireType !== 2)
                                    break;
                                message.tags = $root.holdfast.config.v1.StringList.decode(reader, reader.size(), $undefined, _depth + 1, message.tags);
                                continue;
                            }
                        case 10: {
                                if (wireType !== 2)
                                    break;
                                message.username = reader.stringVerify();
                                message._username = "username";
                                continue;
                            }
                        case 11: {
                                if (wireType !== 2)
                                    break;
                                message.custom_id = reader.stringVerify();
                                message._custom_id = "custom_id";
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

                return Consumer;
            })();

            v1.ConsumerGroup = (function() {

                const ConsumerGroup = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                ConsumerGroup.prototype.id = $util.newBuffer([]);
                ConsumerGroup.prototype.created_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                ConsumerGroup.prototype.updated_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                ConsumerGroup.prototype.tags = null;
                ConsumerGroup.prototype.name = null;

                let $oneOfFields;

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(ConsumerGroup.prototype, "_name", {
                    get: $util.oneOfGetter($oneOfFields = ["name"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                ConsumerGroup.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id.length)
                        writer.uint32(10).bytes(message.id);
                    if (message.created_at != null && $Object.hasOwnProperty.call(message, "created_at") && (typeof message.created_at === "object" ? message.created_at.low || message.created_at.high : message.created_at !== 0))
                        writer.uint32(16).int64(message.created_at);
                    if (message.updated_at != null && $Object.hasOwnProperty.call(message, "updated_at") && (typeof message.updated_at === "object" ? message.updated_at.low || message.updated_at.high : message.updated_at !== 0))
                        writer.uint32(24).int64(message.updated_at);
                    if (message.tags != null && $Object.hasOwnProperty.call(message, "tags"))
                        $root.holdfast.config.v1.StringList.encode(message.tags, writer.uint32(34).fork(), _depth + 1).ldelim();
                    if (message.name != null && $Object.hasOwnProperty.call(message, "name"))
                        writer.uint32(82).string(message.name);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                ConsumerGroup.decode = function (reader, length, _end, _depth, _target) {
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
                    message = _target || new $root.holdfast.config.v1.ConsumerGroup();
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
                                    message.id = value;
                                else
                                    delete message.id;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.created_at = value;
                                else
                                    delete message.created_at;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.updated_at = value;
                                else
                                    delete message.updated_at;
                                continue;
                            }
                        case 4: {
                                if (wireType !== 2)
                                    break;
                                message.tags = $root.holdfast.config.v1.StringList.decode(reader, reader.size(), $undefined, _depth + 1, message.tags);
                                continue;
                            }
                        case 10: {
                                if (wireType !== 2)
                                    break;
                                message.name = reader.stringVerify();
                                message._name = "name";
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

                return ConsumerGroup;
            })();

            v1.ConsumerGroupMember = (function() {

                const ConsumerGroupMember = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                ConsumerGroupMember.prototype.id = $util.newBuffer([]);
                ConsumerGroupMember.prototype.created_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                ConsumerGroupMember.prototype.updated_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                ConsumerGroupMember.prototype.tags = null;
                ConsumerGroupMember.prototype.consumer = $util.newBuffer([]);
                ConsumerGroupMember.prototype.consumer_group = $util.newBuffer([]);

                ConsumerGroupMember.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id.length)
                        writer.uint32(10).bytes(message.id);
                    if (message.created_at != null && $Object.hasOwnProperty.call(message, "created_at") && (typeof message.created_at === "object" ? message.created_at.low || message.created_at.high : message.created_at !== 0))
                        writer.uint32(16).int64(message.created_at);
                    if (message.updated_at != null && $Object.hasOwnProperty.call(message, "updated_at") && (typeof message.updated_at === "object" ? message.updated_at.low || message.updated_at.high : message.updated_at !== 0))
                        writer.uint32(24).int64(message.updated_at);
                    if (message.tags != null && $Object.hasOwnProperty.call(message, "tags"))
                        $root.holdfast.config.v1.StringList.encode(message.tags, writer.uint32(34).fork(), _depth + 1).ldelim();
                    if (message.consumer != null && $Object.hasOwnProperty.call(message, "consumer") && message.consumer.length)
                        writer.uint32(82).bytes(message.consumer);
                    if (message.consumer_group != null && $Object.hasOwnProperty.call(message, "consumer_group") && message.consumer_group.length)
                        writer.uint32(90).bytes(message.consumer_group);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                ConsumerGroupMember.decode = function (reader, length, _end, _depth, _target) {
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
                    message = _target || new $root.holdfast.config.v1.ConsumerGroupMember();
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
                                    message.id = value;
                                else
                                    delete message.id;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.created_at = value;
                                else
                                    delete message.created_at;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.updated_at = value;
                                else
                                    delete message.updated_at;
                                continue;
                            }
                        case 4: {
                                if (wireType !== 2)
                                    break;
                                message.tags = $root.holdfast.config.v1.StringList.decode(reader, reader.size(), $undefined, _depth + 1, message.tags);
                                continue;
                            }
                        case 10: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.consumer = value;
                                else
                                    delete message.consumer;
                                continue;
                            }
                        case 11: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.consumer_group = value;
                                else
                                    delete message.consumer_group;
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

                return ConsumerGroupMember;
            })();

            v1.Upstream = (function() {

                const Upstream = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                Upstream.prototype.id = $util.newBuffer([]);
                Upstream.prototype.created_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                Upstream.prototype.updated_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                Upstream.prototype.tags = null;
                Upstream.prototype.name = null;
                Upstream.prototype.algorithm = null;
                Upstream.prototype.hash_on = null;
                Upstream.prototype.hash_fallback = null;
                Upstream.prototype.hash_on_header = null;
                Upstream.prototype.hash_fallback_header = null;
                Upstream.prototype.hash_on_cookie = null;
                Upstream.prototype.hash_on_cookie_path = null;
                Upstream.prototype.hash_on_query_arg = null;
                Upstream.prototype.hash_fallback_query_arg = null;
                Upstream.prototype.hash_on_uri_capture = null;
                Upstream.prototype.hash_fallback_uri_capture = null;
                Upstream.prototype.slots = null;
                Upstream.prototype.healthchecks = null;
                Upstream.prototype.host_header = null;
                Upstream.prototype.client_certificate = $util.newBuffer([]);
                Upstream.prototype.use_srv_name = null;
                Upstream.prototype.sticky_sessions_cookie = null;
                Upstream.prototype.sticky_sessions_cookie_path = null;
                Upstream.prototype.max_connections = null;
                Upstream.prototype.max_pending_requests = null;
                Upstream.prototype.outlier_detection = null;
                Upstream.prototype.slow_start = null;

                let $oneOfFields;

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Upstream.prototype, "_name", {
                    get: $util.oneOfGetter($oneOfFields = ["name"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Upstream.prototype, "_algorithm", {
                    get: $util.oneOfGetter($oneOfFields = ["algorithm"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Upstream.prototype, "_hash_on", {
                    get: $util.oneOfGetter($oneOfFields = ["hash_on"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Upstream.prototype, "_hash_fallback", {
                    get: $util.oneOfGetter($oneOfFields = ["hash_fallback"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Upstream.prototype, "_hash_on_header", {
                    get: $util.oneOfGetter($oneOfFields = ["hash_on_header"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Upstream.prototype, "_hash_fallback_header", {
                    get: $util.oneOfGetter($oneOfFields = ["hash_fallback_header"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Upstream.prototype, "_hash_on_cookie", {
                    get: $util.oneOfGetter($oneOfFields = ["hash_on_cookie"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Upstream.prototype, "_hash_on_cookie_path", {
                    get: $util.oneOfGetter($oneOfFields = ["hash_on_cookie_path"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Upstream.prototype, "_hash_on_query_arg", {
                    get: $util.oneOfGetter($oneOfFields = ["hash_on_query_arg"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Upstream.prototype, "_hash_fallback_query_arg", {
                    get: $util.oneOfGetter($oneOfFields = ["hash_fallback_query_arg"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Upstream.prototype, "_hash_on_uri_capture", {
                    get: $util.oneOfGetter($oneOfFields = ["hash_on_uri_capture"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Upstream.prototype, "_hash_fallback_uri_capture", {
                    get: $util.oneOfGetter($oneOfFields = ["hash_fallback_uri_capture"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Upstream.prototype, "_slots", {
                    get: $util.oneOfGetter($oneOfFields = ["slots"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Upstream.prototype, "_host_header", {
                    get: $util.oneOfGetter($oneOfFields = ["host_header"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Upstream.prototype, "_use_srv_name", {
                    get: $util.oneOfGetter($oneOfFields = ["use_srv_name"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Upstream.prototype, "_sticky_sessions_cookie", {
                    get: $util.oneOfGetter($oneOfFields = ["sticky_sessions_cookie"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Upstream.prototype, "_sticky_sessions_cookie_path", {
                    get: $util.oneOfGetter($oneOfFields = ["sticky_sessions_cookie_path"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Upstream.prototype, "_max_connections", {
                    get: $util.oneOfGetter($oneOfFields = ["max_connections"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Upstream.prototype, "_max_pending_requests", {
                    get: $util.oneOfGetter($oneOfFields = ["max_pending_requests"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Upstream.prototype, "_slow_start", {
                    get: $util.oneOfGetter($oneOfFields = ["slow_start"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                Upstream.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id.length)
                        writer.uint32(10).bytes(message.id);
                    if (message.created_at != null && $Object.hasOwnProperty.call(message, "created_at") && (typeof message.created_at === "object" ? message.created_at.low || message.created_at.high : message.created_at !== 0))
                        writer.uint32(16).int64(message.created_at);
                    if (message.updated_at != null && $Object.hasOwnProperty.call(message, "updated_at") && (typeof message.updated_at === "object" ? message.updated_at.low || message.updated_at.high : message.updated_at !== 0))
                        writer.uint32(24).int64(message.updated_at);
                    if (message.tags != null && $Object.hasOwnProperty.call(message, "tags"))
                        $root.holdfast.config.v1.StringList.encode(message.tags, writer.uint32(34).fork(), _depth + 1).ldelim();
                    if (message.name != null && $Object.hasOwnProperty.call(message, "name"))
                        writer.uint32(82).string(message.name);
                    if (message.algorithm != null && $Object.hasOwnProperty.call(message, "algorithm"))
                        writer.uint32(90).string(message.algorithm);
                    if (message.hash_on != null && $Object.hasOwnProperty.call(message, "hash_on"))
                        writer.uint32(98).string(message.hash_on);
                    if (message.hash_fallback != null && $Object.hasOwnProperty.call(message, "hash_fallback"))
                        writer.uint32(106).string(message.hash_fallback);
                    if (message.hash_on_header != null && $Object.hasOwnProperty.call(message, "hash_on_header"))
                        writer.uint32(114).string(message.hash_on_header);
                    if (message.hash_fallback_header != null && $Object.hasOwnProperty.call(message, "hash_fallback_header"))
                        writer.uint32(122).string(message.hash_fallback_header);
                    if (message.hash_on_cookie != null && $Object.hasOwnProperty.call(message, "hash_on_cookie"))
                        writer.uint32(130).string(message.hash_on_cookie);
                    if (message.hash_on_cookie_path != null && $Object.hasOwnProperty.call(message, "hash_on_cookie_path"))
                        writer.uint32(138).string(message.hash_on_cookie_path);
                    if (message.hash_on_query_arg != null && $Object.hasOwnProperty.call(message, "hash_on_query_arg"))
                        writer.uint32(146).string(message.hash_on_query_arg);
                    if (message.hash_fallback_query_arg != null && $Object.hasOwnProperty.call(message, "hash_fallback_query_arg"))
                        writer.uint32(154).string(message.hash_fallback_query_arg);
                    if (message.hash_on_uri_capture != null && $Object.hasOwnProperty.call(message, "hash_on_uri_capture"))
                        writer.uint32(162).string(message.hash_on_uri_capture);
                    if (message.hash_fallback_uri_capture != null && $Object.hasOwnProperty.call(message, "hash_fallback_uri_capture"))
                        writer.uint32(170).string(message.hash_fallback_uri_capture);
                    if (message.slots != null && $Object.hasOwnProperty.call(message, "slots"))
                        writer.uint32(176).int64(message.slots);
                    if (message.healthchecks != null && $Object.hasOwnProperty.call(message, "healthchecks"))
                        $root.holdfast.config.v1.Upstream.Healthchecks.encode(message.healthchecks, writer.uint32(186).fork(), _depth + 1).ldelim();
                    if (message.host_header != null && $Object.hasOwnProperty.call(message, "host_header"))
                        writer.uint32(194).string(message.host_header);
                    if (message.client_certificate != null && $Object.hasOwnProperty.call(message, "client_certificate") && message.client_certificate.length)
                        writer.uint32(202).bytes(message.client_certificate);
                    if (message.use_srv_name != null && $Object.hasOwnProperty.call(message, "use_srv_name"))
                        writer.uint32(208).bool(message.use_srv_name);
                    if (message.sticky_sessions_cookie != null && $Object.hasOwnProperty.call(message, "sticky_sessions_cookie"))
                        writer.uint32(218).string(message.sticky_sessions_cookie);
                    if (message.sticky_sessions_cookie_path != null && $Object.hasOwnProperty.call(message, "sticky_sessions_cookie_path"))
                        writer.uint32(226).string(message.sticky_sessions_cookie_path);
                    if (message.max_connections != null && $Object.hasOwnProperty.call(message, "max_connections"))
                        writer.uint32(232).int64(message.max_connections);
                    if (message.max_pending_requests != null && $Object.hasOwnProperty.call(message, "max_pending_requests"))
                        writer.uint32(240).int64(message.max_pending_requests);
                    if (message.outlier_detection != null && $Object.hasOwnProperty.call(message, "outlier_detection"))
                        $root.holdfast.config.v1.Upstream.OutlierDetection.encode(message.outlier_detection, writer.uint32(250).fork(), _depth + 1).ldelim();
                    if (message.slow_start != null && $Object.hasOwnProperty.call(message, "slow_start"))
                        writer.uint32(257).double(message.slow_start);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                Upstream.decode = function (reader, length, _end, _depth, _target) {
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
                    message = _target || new $root.holdfast.config.v1.Upstream();
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
                                    message.id = value;
                                else
                                    delete message.id;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.created_at = value;
                                else
                                    delete message.created_at;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.updated_at = value;
                                else
                                    delete message.updated_at;
                                continue;
                            }
                        case 4: {
                                if (wireType !== 2)
                                    break;
                                message.tags = $root.holdfast.config.v1.StringList.decode(reader, reader.size(), $undefined, _depth + 1, message.tags);
                                continue;
                            }
                        case 10: {
                                if (wireType !== 2)
                                    break;
                                message.name = reader.stringVerify();
                                message._name = "name";
                                continue;
                            }
                        case 11: {
                                if (wireType !== 2)
                                    break;
                                message.algorithm = reader.stringVerify();
                                message._algorithm = "algorithm";
                                continue;
                            }
                        case 12: {
                                if (wireType !== 2)
                                    break;
                                message.hash_on = reader.stringVerify();
                                message._hash_on = "hash_on";
                                continue;
                            }
                        case 13: {
                                if (wireType !== 2)
                                    break;
                                message.hash_fallback = reader.stringVerify();
                                message._hash_fallback = "hash_fallback";
                                continue;
                            }
                        case 14: {
                                if (wireType !== 2)
                                    break;
                                message.hash_on_header = reader.stringVerify();
                                message._hash_on_header = "hash_on_header";
                                continue;
                            }
                        case 15: {
                                if (wireType !== 2)
                                    break;
                                message.hash_fallback_header = reader.stringVerify();
                                message._hash_fallback_header = "hash_fallback_header";
                                continue;
                            }
                        case 16: {
                                if (wireType !== 2)
                                    break;
                                message.hash_on_cookie = reader.stringVerify();
                                message._hash_on_cookie = "hash_on_cookie";
                                continue;
                            }
                        case 17: {
                                if (wireType !== 2)
                                    break;
                                message.hash_on_cookie_path = reader.stringVerify();
                                message._hash_on_cookie_path = "hash_on_cookie_path";
                                continue;
                            }
                        case 18: {
                                if (wireType !== 2)
                                    break;
                                message.hash_on_query_arg = reader.stringVerify();
                                message._hash_on_query_arg = "hash_on_query_arg";
                                continue;
                            }
                        case 19: {
                                if (wireType !== 2)
                                    break;
                                message.hash_fallback_query_arg = reader.stringVerify();
                                message._hash_fallback_query_arg = "hash_fallback_query_arg";
                                continue;
                            }
                        case 20: {
                                if (wireType !== 2)
                                    break;
                                message.hash_on_uri_capture = reader.stringVerify();
                                message._hash_on_uri_capture = "hash_on_uri_capture";
                                continue;
                            }
                        case 21: {
                                if (wireType !== 2)
                                    break;
                                message.hash_fallback_uri_capture = reader.stringVerify();
                                message._hash_fallback_uri_capture = "hash_fallback_uri_capture";
                                continue;
                            }
                        case 22: {
                                if (wireType !== 0)
                                    break;
                                message.slots = reader.int64();
                                message._slots = "slots";
                                continue;
                            }
                        case 23: {
                                if (wireType !== 2)
                                    break;
                                message.healthchecks = $root.holdfast.config.v1.Upstream.Healthchecks.decode(reader, reader.size(), $undefined, _depth + 1, message.healthchecks);
                                continue;
                            }
                        case 24: {
                                if (wireType !== 2)
                                    break;
                                message.host_header = reader.stringVerify();
                                message._host_header = "host_header";
                                continue;
                            }
                        case 25: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.client_certificate = value;
                                else
                                    delete message.client_certificate;
                                continue;
                            }
                        case 26: {
                                if (wireType !== 0)
                                    break;
                                message.use_srv_name = reader.bool();
                                message._use_srv_name = "use_srv_name";
                                continue;
                            }
                        case 27: {
                                if (wireType !== 2)
                                    break;
                                message.sticky_sessions_cookie = reader.stringVerify();
                                message._sticky_sessions_cookie = "sticky_sessions_cookie";
                                continue;
                            }
                        case 28: {
                                if (wireType !== 2)
                                    break;
                                message.sticky_sessions_cookie_path = reader.stringVerify();
                                message._sticky_sessions_cookie_path = "sticky_sessions_cookie_path";
                                continue;
                            }
                        case 29: {
                                if (wireType !== 0)
                                    break;
                                message.max_connections = reader.int64();
                                message._max_connections = "max_connections";
                                continue;
                            }
                        case 30: {
                                if (wireType !== 0)
                                    break;
                                message.max_pending_requests = reader.int64();
                                message._max_pending_requests = "max_pending_requests";
                                continue;
                            }
                        case 31: {
                                if (wireType !== 2)
                                    break;
                                message.outlier_detection = $root.holdfast.config.v1.Upstream.OutlierDetection.decode(reader, reader.size(), $undefined, _depth + 1, message.outlier_detection);
                                continue;
                            }
                        case 32: {
                                if (wireType !== 1)
                                    break;
                                message.slow_start = reader.double();
                                message._slow_start = "slow_start";
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

                Upstream.Healthchecks = (function() {

                    const Healthchecks = function (properties) {
                        if (properties)
                            for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                                if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                    this[keys[i]] = properties[keys[i]];
                    };

                    Healthchecks.prototype.active = null;
                    Healthchecks.prototype.passive = null;
                    Healthchecks.prototype.threshold = null;

                    let $oneOfFields;

                    // Virtual OneOf for proto3 optional field
                    $Object.defineProperty(Healthchecks.prototype, "_threshold", {
                        get: $util.oneOfGetter($oneOfFields = ["threshold"]),
                        set: $util.oneOfSetter($oneOfFields)
                    });

                    Healthchecks.encode = function (message, writer, _depth) {
                        if (!writer)
                            writer = $Writer.create();
                        if (_depth === $undefined)
                            _depth = 0;
                        if (_depth > $util.recursionLimit)
                            throw $Error("max depth exceeded");
                        if (message.active != null && $Object.hasOwnProperty.call(message, "active"))
                            $root.holdfast.config.v1.Upstream.Healthchecks.Active.encode(message.active, writer.uint32(10).fork(), _depth + 1).ldelim();
                        if (message.passive != null && $Object.hasOwnProperty.call(message, "passive"))
                            $root.holdfast.config.v1.Upstream.Healthchecks.Passive.encode(message.passive, writer.uint32(18).fork(), _depth + 1).ldelim();
                        if (message.threshold != null && $Object.hasOwnProperty.call(message, "threshold"))
                            writer.uint32(25).double(message.threshold);
                        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                            for (let i = 0; i < message.$unknowns.length; ++i)
                                writer.raw(message.$unknowns[i]);
                        return writer;
                    };

                    Healthchecks.decode = function (reader, length, _end, _depth, _target) {
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
                        message = _target || new $root.holdfast.config.v1.Upstream.Healthchecks();
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
                                    message.active = $root.holdfast.config.v1.Upstream.Healthchecks.Active.decode(reader, reader.size(), $undefined, _depth + 1, message.active);
                                    continue;
                                }
                            case 2: {
                                    if (wireType !== 2)
                                        break;
                                    message.passive = $root.holdfast.config.v1.Upstream.Healthchecks.Passive.decode(reader, reader.size(), $undefined, _depth + 1, message.passive);
                                    continue;
                                }
                            case 3: {
                                    if (wireType !== 1)
                                        break;
                                    message.threshold = reader.double();
                                    message._threshold = "threshold";
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

                    Healthchecks.Active = (function() {

                        const Active = function (properties) {
                            if (properties)
                                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                        this[keys[i]] = properties[keys[i]];
                        };

                        Active.prototype.type = null;
                        Active.prototype.timeout = null;
                        Active.prototype.concurrency = null;
                        Active.prototype.http_path = null;
                        Active.prototype.https_sni = null;
                        Active.prototype.https_verify_certificate = null;
                        Active.prototype.headers = null;
                        Active.prototype.healthy = null;
                        Active.prototype.unhealthy = null;

                        let $oneOfFields;

                        // Virtual OneOf for proto3 optional field
                        $Object.defineProperty(Active.prototype, "_type", {
                            get: $util.oneOfGetter($oneOfFields = ["type"]),
                            set: $util.oneOfSetter($oneOfFields)
                        });

                        // Virtual OneOf for proto3 optional field
                        $Object.defineProperty(Active.prototype, "_timeout", {
                            get: $util.oneOfGetter($oneOfFields = ["timeout"]),
                            set: $util.oneOfSetter($oneOfFields)
                        });

                        // Virtual OneOf for proto3 optional field
                        $Object.defineProperty(Active.prototype, "_concurrency", {
                            get: $util.oneOfGetter($oneOfFields = ["concurrency"]),
                            set: $util.oneOfSetter($oneOfFields)
                        });

                        // Virtual OneOf for proto3 optional field
                        $Object.defineProperty(Active.prototype, "_http_path", {
                            get: $util.oneOfGetter($oneOfFields = ["http_path"]),
                            set: $util.oneOfSetter($oneOfFields)
                        });

                        // Virtual OneOf for proto3 optional field
                        $Object.defineProperty(Active.prototype, "_https_sni", {
                            get: $util.oneOfGetter($oneOfFields = ["https_sni"]),
                            set: $util.oneOfSetter($oneOfFields)
                        });

                        // Virtual OneOf for proto3 optional field
                        $Object.defineProperty(Active.prototype, "_https_verify_certificate", {
                            get: $util.oneOfGetter($oneOfFields = ["https_verify_certificate"]),
                            set: $util.oneOfSetter($oneOfFields)
                        });

                        Active.encode = function (message, writer, _depth) {
                            if (!writer)
                                writer = $Writer.create();
                            if (_depth === $undefined)
                                _depth = 0;
                            if (_depth > $util.recursionLimit)
                                throw $Error("max depth exceeded");
                            if (message.type != null && $Object.hasOwnProperty.call(message, "type"))
                                writer.uint32(10).string(message.type);
                            if (message.timeout != null && $Object.hasOwnProperty.call(message, "timeout"))
                                writer.uint32(17).double(message.timeout);
                            if (message.concurrency != null && $Object.hasOwnProperty.call(message, "concurrency"))
                                writer.uint32(24).int64(message.concurrency);
                            if (message.http_path != null && $Object.hasOwnProperty.call(message, "http_path"))
                                writer.uint32(34).string(message.http_path);
                            if (message.https_sni != null && $Object.hasOwnProperty.call(message, "https_sni"))
                                writer.uint32(42).string(message.https_sni);
                            if (message.https_verify_certificate != null && $Object.hasOwnProperty.call(message, "https_verify_certificate"))
                                writer.uint32(48).bool(message.https_verify_certificate);
                            if (message.headers != null && $Object.hasOwnProperty.call(message, "headers"))
                                $root.holdfast.config.v1.StringListMap.encode(message.headers, writer.uint32(58).fork(), _depth + 1).ldelim();
                            if (message.healthy != null && $Object.hasOwnProperty.call(message, "healthy"))
                                $root.holdfast.config.v1.Upstream.Healthchecks.Active.Healthy.encode(message.healthy, writer.uint32(66).fork(), _depth + 1).ldelim();
                            if (message.unhealthy != null && $Object.hasOwnProperty.call(message, "unhealthy"))
                                $root.holdfast.config.v1.Upstream.Healthchecks.Active.Unhealthy.encode(message.unhealthy, writer.uint32(74).fork(), _depth + 1).ldelim();
                            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                                for (let i = 0; i < message.$unknowns.length; ++i)
                                    writer.raw(message.$unknowns[i]);
                            return writer;
                        };

                        Active.decode = function (reader, length, _end, _depth, _target) {
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
                            message = _target || new $root.holdfast.config.v1.Upstream.Healthchecks.Active();
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
                                        message.type = reader.stringVerify();
                                        message._type = "type";
                                        continue;
                                    }
                                case 2: {
                                        if (wireType !== 1)
                                            break;
                                        message.timeout = reader.double();
                                        message._timeout = "timeout";
                                        continue;
                                    }
                                case 3: {
                                        if (wireType !== 0)
                                            break;
                                        message.concurrency = reader.int64();
                                        message._concurrency = "concurrency";
                                        continue;
                                    }
                                case 4: {
                                        if (wireType !== 2)
                                            break;
                                        message.http_path = reader.stringVerify();
                                        message._http_path = "http_path";
                                        continue;
                                    }
                                case 5: {
                                        if (wireType !== 2)
                                            break;
                                        message.https_sni = reader.stringVerify();
                                        message._https_sni = "https_sni";
                                        continue;
                                    }
                                case 6: {
                                        if (wireType !== 0)
                                            break;
                                        message.https_verify_certificate = reader.bool();
                                        message._https_verify_certificate = "https_verify_certificate";
                                        continue;
                                    }
                                case 7: {
                                        if (wireType !== 2)
                                            break;
                                        message.headers = $root.holdfast.config.v1.StringListMap.decode(reader, reader.size(), $undefined, _depth + 1, message.headers);
                                        continue;
                                    }
                                case 8: {
                                        if (wireType !== 2)
                                            break;
                                        message.healthy = $root.holdfast.config.v1.Upstream.Healthchecks.Active.Healthy.decode(reader, reader.size(), $undefined, _depth + 1, message.healthy);
                                        continue;
                                    }
                                case 9: {
                                        if (wireType !== 2)
                                            break;
                                        message.unhealthy = $root.holdfast.config.v1.Upstream.Healthchecks.Active.Unhealthy.decode(reader, reader.size(), $undefined, _depth + 1, message.unhealthy);
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

                        Active.Healthy = (function() {

                            const Healthy = function (properties) {
                                if (properties)
                                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                            this[keys[i]] = properties[keys[i]];
                            };

                            Healthy.prototype.interval = null;
                            Healthy.prototype.http_statuses = null;
                            Healthy.prototype.successes = null;

                            let $oneOfFields;

                            // Virtual OneOf for proto3 optional field
                            $Object.defineProperty(Healthy.prototype, "_interval", {
                                get: $util.oneOfGetter($oneOfFields = ["interval"]),
                                set: $util.oneOfSetter($oneOfFields)
                            });

                            // Virtual OneOf for proto3 optional field
                            $Object.defineProperty(Healthy.prototype, "_successes", {
                                get: $util.oneOfGetter($oneOfFields = ["successes"]),
                                set: $util.oneOfSetter($oneOfFields)
                            });

                            Healthy.encode = function (message, writer, _depth) {
                                if (!writer)
                                    writer = $Writer.create();
                                if (_depth === $undefined)
                                    _depth = 0;
                                if (_depth > $util.recursionLimit)
                                    throw $Error("max depth exceeded");
                                if (message.interval != null && $Object.hasOwnProperty.call(message, "interval"))
                                    writer.uint32(9).double(message.interval);
                                if (message.http_statuses != null && $Object.hasOwnProperty.call(message, "http_statuses"))
                                    $root.holdfast.config.v1.IntegerList.encode(message.http_statuses, writer.uint32(18).fork(), _depth + 1).ldelim();
                                if (message.successes != null && $Object.hasOwnProperty.call(message, "successes"))
                                    writer.uint32(24).int64(message.successes);
                                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                                    for (let i = 0; i < message.$unknowns.length; ++i)
                                        writer.raw(message.$unknowns[i]);
                                return writer;
                            };

                            Healthy.decode = function (reader, length, _end, _depth, _target) {
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
                                message = _target || new $root.holdfast.config.v1.Upstream.Healthchecks.Active.Healthy();
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
                                            if (wireType !== 1)
                                                break;
                                            message.interval = reader.double();
                                            message._interval = "interval";
                                            continue;
                                        }
                                    case 2: {
                                            if (wireType !== 2)
                                                break;
                                            message.http_statuses = $root.holdfast.config.v1.IntegerList.decode(reader, reader.size(), $undefined, _depth + 1, message.http_statuses);
                                            continue;
                                        }
                                    case 3: {
                                            if (wireType !== 0)
                                                break;
                                            message.successes = reader.int64();
                                            message._successes = "successes";
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

                            return Healthy;
                        })();

                        Active.Unhealthy = (function() {

                            const Unhealthy = function (properties) {
                                if (properties)
                                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                            this[keys[i]] = properties[keys[i]];
                            };

                            Unhealthy.prototype.interval = null;
                            Unhealthy.prototype.http_statuses = null;
                            Unhealthy.prototype.tcp_failures = null;
                            Unhealthy.prototype.timeouts = null;
                            Unhealthy.prototype.http_failures = null;

                            let $oneOfFields;

                            // Virtual OneOf for proto3 optional field
                            $Object.defineProperty(Unhealthy.prototype, "_interval", {
                                get: $util.oneOfGetter($oneOfFields = ["interval"]),
                                set: $util.oneOfSetter($oneOfFields)
                            });

                            // Virtual OneOf for proto3 optional field
                            $Object.defineProperty(Unhealthy.prototype, "_tcp_failures", {
                                get: $util.oneOfGetter($oneOfFields = ["tcp_failures"]),
                                set: $util.oneOfSetter($oneOfFields)
                            });

                            // Virtual OneOf for proto3 optional field
                            $Object.defineProperty(Unhealthy.prototype, "_timeouts", {
                                get: $util.oneOfGetter($oneOfFields = ["timeouts"]),
                                set: $util.oneOfSetter($oneOfFields)
                            });

                            // Virtual OneOf for proto3 optional field
                            $Object.defineProperty(Unhealthy.prototype, "_http_failures", {
                                get: $util.oneOfGetter($oneOfFields = ["http_failures"]),
                                set: $util.oneOfSetter($oneOfFields)
                            });

                            Unhealthy.encode = function (message, writer, _depth) {
                                if (!writer)
                                    writer = $Writer.create();
                                if (_depth === $undefined)
                                    _depth = 0;
                                if (_depth > $util.recursionLimit)
                                    throw $Error("max depth exceeded");
                                if (message.interval != null && $Object.hasOwnProperty.call(message, "interval"))
                                    writer.uint32(9).double(message.interval);
                                if (message.http_statuses != null && $Object.hasOwnProperty.call(message, "http_statuses"))
                                    $root.holdfast.config.v1.IntegerList.encode(message.http_statuses, writer.uint32(18).fork(), _depth + 1).ldelim();
                                if (message.tcp_failures != null && $Object.hasOwnProperty.call(message, "tcp_failures"))
                                    writer.uint32(24).int64(message.tcp_failures);
                                if (message.timeouts != null && $Object.hasOwnProperty.call(message, "timeouts"))
                                    writer.uint32(32).int64(message.timeouts);
                                if (message.http_failures != null && $Object.hasOwnProperty.call(message, "http_failures"))
                                    writer.uint32(40).int64(message.http_failures);
                                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                                    for (let i = 0; i < message.$unknowns.length; ++i)
                                        writer.raw(message.$unknowns[i]);
                                return writer;
                            };

                            Unhealthy.decode = function (reader, length, _end, _depth, _target) {
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
                                message = _target || new $root.holdfast.config.v1.Upstream.Healthchecks.Active.Unhealthy();
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
                                            if (wireType !== 1)
                                                break;
                                            message.interval = reader.double();
                                            message._interval = "interval";
                                            continue;
                                        }
                                    case 2: {
                                            if (wireType !== 2)
                                                break;
                                            message.http_statuses = $root.holdfast.config.v1.IntegerList.decode(reader, reader.size(), $undefined, _depth + 1, message.http_statuses);
                                            continue;
                                        }
                                    case 3: {
                                            if (wireType !== 0)
                                                break;
                                            message.tcp_failures = reader.int64();
                                            message._tcp_failures = "tcp_failures";
                                            continue;
                                        }
                                    case 4: {
                                            if (wireType !== 0)
                                                break;
                                            message.timeouts = reader.int64();
                                            message._timeouts = "timeouts";
                                            continue;
                                        }
                                    case 5: {
                                            if (wireType !== 0)
                                                break;
                                            message.http_failures = reader.int64();
                                            message._http_failures = "http_failures";
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

                            return Unhealthy;
                        })();

                        return Active;
                    })();

                    Healthchecks.Passive = (function() {

                        const Passive = function (properties) {
                            if (properties)
                                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                        this[keys[i]] = properties[keys[i]];
                        };

                        Passive.prototype.type = null;
                        Passive.prototype.healthy = null;
                        Passive.prototype.unhealthy = null;

                        let $oneOfFields;

                        // Virtual OneOf for proto3 optional field
                        $Object.defineProperty(Passive.prototype, "_type", {
                            get: $util.oneOfGetter($oneOfFields = ["type"]),
                            set: $util.oneOfSetter($oneOfFields)
                        });

                        Passive.encode = function (message, writer, _depth) {
                            if (!writer)
                                writer = $Writer.create();
                            if (_depth === $undefined)
                                _depth = 0;
                            if (_depth > $util.recursionLimit)
                                throw $Error("max depth exceeded");
                            if (message.type != null && $Object.hasOwnProperty.call(message, "type"))
                                writer.uint32(10).string(message.type);
                            if (message.healthy != null && $Object.hasOwnProperty.call(message, "healthy"))
                                $root.holdfast.config.v1.Upstream.Healthchecks.Passive.Healthy.encode(message.healthy, writer.uint32(18).fork(), _depth + 1).ldelim();
                            if (message.unhealthy != null && $Object.hasOwnProperty.call(message, "unhealthy"))
                                $root.holdfast.config.v1.Upstream.Healthchecks.Passive.Unhealthy.encode(message.unhealthy, writer.uint32(26).fork(), _depth + 1).ldelim();
                            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                                for (let i = 0; i < message.$unknowns.length; ++i)
                                    writer.raw(message.$unknowns[i]);
                            return writer;
                        };

                        Passive.decode = function (reader, length, _end, _depth, _target) {
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
                            message = _target || new $root.holdfast.config.v1.Upstream.Healthchecks.Passive();
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
                                        message.type = reader.stringVerify();
                                        message._type = "type";
                                        continue;
                                    }
                                case 2: {
                                        if (wireType !== 2)
                                            break;
                                        message.healthy = $root.holdfast.config.v1.Upstream.Healthchecks.Passive.Healthy.decode(reader, reader.size(), $undefined, _depth + 1, message.healthy);
                                        continue;
                                    }
                                case 3: {
                                        if (wireType !== 2)
                                            break;
                                        message.unhealthy = $root.holdfast.config.v1.Upstream.Healthchecks.Passive.Unhealthy.decode(reader, reader.size(), $undefined, _depth + 1, message.unhealthy);
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

                        Passive.Healthy = (function() {

                            const Healthy = function (properties) {
                                if (properties)
                                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                            this[keys[i]] = properties[keys[i]];
                            };

                            Healthy.prototype.http_statuses = null;
                            Healthy.prototype.successes = null;

                            let $oneOfFields;

                            // Virtual OneOf for proto3 optional field
                            $Object.defineProperty(Healthy.prototype, "_successes", {
                                get: $util.oneOfGetter($oneOfFields = ["successes"]),
                                set: $util.oneOfSetter($oneOfFields)
                            });

                            Healthy.encode = function (message, writer, _depth) {
                                if (!writer)
                                    writer = $Writer.create();
                                if (_depth === $undefined)
                                    _depth = 0;
                                if (_depth > $util.recursionLimit)
                                    throw $Error("max depth exceeded");
                                if (message.http_statuses != null && $Object.hasOwnProperty.call(message, "http_statuses"))
                                    $root.holdfast.config.v1.IntegerList.encode(message.http_statuses, writer.uint32(10).fork(), _depth + 1).ldelim();
                                if (message.successes != null && $Object.hasOwnProperty.call(message, "successes"))
                                    writer.uint32(16).int64(message.successes);
                                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                                    for (let i = 0; i < message.$unknowns.length; ++i)
                                        writer.raw(message.$unknowns[i]);
                                return writer;
                            };

                            Healthy.decode = function (reader, length, _end, _depth, _target) {
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
                                message = _target || new $root.holdfast.config.v1.Upstream.Healthchecks.Passive.Healthy();
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
                                            message.http_statuses = $root.holdfast.config.v1.IntegerList.decode(reader, reader.size(), $undefined, _depth + 1, message.http_statuses);
                                            continue;
                                        }
                                    case 2: {
                                            if (wireType !== 0)
                                                break;
                                            message.successes = reader.int64();
                                            message._successes = "successes";
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

                            return Healthy;
                        })();

                        Passive.Unhealthy = (function() {

                            const Unhealthy = function (properties) {
                                if (properties)
                                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                            this[keys[i]] = properties[keys[i]];
                            };

                            Unhealthy.prototype.http_statuses = null;
                            Unhealthy.prototype.tcp_failures = null;
                            Unhealthy.prototype.timeouts = null;
                            Unhealthy.prototype.http_failures = null;

                            let $oneOfFields;

                            // Virtual OneOf for proto3 optional field
                            $Object.defineProperty(Unhealthy.prototype, "_tcp_failures", {
                                get: $util.oneOfGetter($oneOfFields = ["tcp_failures"]),
                                set: $util.oneOfSetter($oneOfFields)
                            });

                            // Virtual OneOf for proto3 optional field
                            $Object.defineProperty(Unhealthy.prototype, "_timeouts", {
                                get: $util.oneOfGetter($oneOfFields = ["timeouts"]),
                                set: $util.oneOfSetter($oneOfFields)
                            });

                            // Virtual OneOf for proto3 optional field
                            $Object.defineProperty(Unhealthy.prototype, "_http_failures", {
                                get: $util.oneOfGetter($oneOfFields = ["http_failures"]),
                                set: $util.oneOfSetter($oneOfFields)
                            });

                            Unhealthy.encode = function (message, writer, _depth) {
                                if (!writer)
                                    writer = $Writer.create();
                                if (_depth === $undefined)
                                    _depth = 0;
                                if (_depth > $util.recursionLimit)
                                    throw $Error("max depth exceeded");
                                if (message.http_statuses != null && $Object.hasOwnProperty.call(message, "http_statuses"))
                                    $root.holdfast.config.v1.IntegerList.encode(message.http_statuses, writer.uint32(10).fork(), _depth + 1).ldelim();
                                if (message.tcp_failures != null && $Object.hasOwnProperty.call(message, "tcp_failures"))
                                    writer.uint32(16).int64(message.tcp_failures);
                                if (message.timeouts != null && $Object.hasOwnProperty.call(message, "timeouts"))
                                    writer.uint32(24).int64(message.timeouts);
                                if (message.http_failures != null && $Object.hasOwnProperty.call(message, "http_failures"))
                                    writer.uint32(32).int64(message.http_failures);
                                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                                    for (let i = 0; i < message.$unknowns.length; ++i)
                                        writer.raw(message.$unknowns[i]);
                                return writer;
                            };

                            Unhealthy.decode = function (reader, length, _end, _depth, _target) {
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
                                message = _target || new $root.holdfast.config.v1.Upstream.Healthchecks.Passive.Unhealthy();
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
                                            message.http_statuses = $root.holdfast.config.v1.IntegerList.decode(reader, reader.size(), $undefined, _depth + 1, message.http_statuses);
                                            continue;
                                        }
                                    case 2: {
                                            if (wireType !== 0)
                                                break;
                                            message.tcp_failures = reader.int64();
                                            message._tcp_failures = "tcp_failures";
                                            continue;
                                        }
                                    case 3: {
                                            if (wireType !== 0)
                                                break;
                                            message.timeouts = reader.int64();
                                            message._timeouts = "timeouts";
                                            continue;
                                        }
                                    case 4: {
                                            if (wireType !== 0)
                                                break;
                                            message.http_failures = reader.int64();
                                            message._http_failures = "http_failures";
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

                            return Unhealthy;
                        })();

                        return Passive;
                    })();

                    return Healthchecks;
                })();

                Upstream.OutlierDetection = (function() {

                    const OutlierDetection = function (properties) {
                        if (properties)
                            for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                                if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                    this[keys[i]] = properties[keys[i]];
                    };

                    OutlierDetection.prototype.consecutive_failures = null;
                    OutlierDetection.prototype.base_ejection_time = null;
                    OutlierDetection.prototype.max_ejected_percent = null;

                    let $oneOfFields;

                    // Virtual OneOf for proto3 optional field
                    $Object.defineProperty(OutlierDetection.prototype, "_consecutive_failures", {
                        get: $util.oneOfGetter($oneOfFields = ["consecutive_failures"]),
                        set: $util.oneOfSetter($oneOfFields)
                    });

                    // Virtual OneOf for proto3 optional field
                    $Object.defineProperty(OutlierDetection.prototype, "_base_ejection_time", {
                        get: $util.oneOfGetter($oneOfFields = ["base_ejection_time"]),
                        set: $util.oneOfSetter($oneOfFields)
                    });

                    // Virtual OneOf for proto3 optional field
                    $Object.defineProperty(OutlierDetection.prototype, "_max_ejected_percent", {
                        get: $util.oneOfGetter($oneOfFields = ["max_ejected_percent"]),
                        set: $util.oneOfSetter($oneOfFields)
                    });

                    OutlierDetection.encode = function (message, writer, _depth) {
                        if (!writer)
                            writer = $Writer.create();
                        if (_depth === $undefined)
                            _depth = 0;
                        if (_depth > $util.recursionLimit)
                            throw $Error("max depth exceeded");
                        if (message.consecutive_failures != null && $Object.hasOwnProperty.call(message, "consecutive_failures"))
                            writer.uint32(8).int64(message.consecutive_failures);
                        if (message.base_ejection_time != null && $Object.hasOwnProperty.call(message, "base_ejection_time"))
                            writer.uint32(25).double(message.base_ejection_time);
                        if (message.max_ejected_percent != null && $Object.hasOwnProperty.call(message, "max_ejected_percent"))
                            writer.uint32(33).double(message.max_ejected_percent);
                        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                            for (let i = 0; i < message.$unknowns.length; ++i)
                                writer.raw(message.$unknowns[i]);
                        return writer;
                    };

                    OutlierDetection.decode = function (reader, length, _end, _depth, _target) {
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
                        message = _target || new $root.holdfast.config.v1.Upstream.OutlierDetection();
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
                                    message.consecutive_failures = reader.int64();
                                    message._consecutive_failures = "consecutive_failures";
                                    continue;
                                }
                            case 3: {
                                    if (wireType !== 1)
                                        break;
                                    message.base_ejection_time = reader.double();
                                    message._base_ejection_time = "base_ejection_time";
                                    continue;
                                }
                            case 4: {
                                    if (wireType !== 1)
                                        break;
                                    message.max_ejected_percent = reader.double();
                                    message._max_ejected_percent = "max_ejected_percent";
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

                    return OutlierDetection;
                })();

                return Upstream;
            })();

            v1.Route = (function() {

                const Route = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                Route.prototype.id = $util.newBuffer([]);
                Route.prototype.created_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                Route.prototype.updated_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                Route.prototype.tags = null;
                Route.prototype.name = null;
                Route.prototype.protocols = null;
                Route.prototype.methods = null;
                Route.prototype.hosts = null;
                Route.prototype.paths = null;
                Route.prototype.headers = null;
                Route.prototype.snis = null;
                Route.prototype.sources = null;
                Route.prototype.destinations = null;
                Route.prototype.https_redirect_status_code = null;
                Route.prototype.regex_priority = null;
                Route.prototype.strip_path = null;
                Route.prototype.path_handling = null;
                Route.prototype.preserve_host = null;
                Route.prototype.request_buffering = null;
                Route.prototype.response_buffering = null;
                Route.prototype.service = $util.newBuffer([]);
                Route.prototype.expression = null;
                Route.prototype.priority = null;

                let $oneOfFields;

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Route.prototype, "_name", {
                    get: $util.oneOfGetter($oneOfFields = ["name"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Route.prototype, "_https_redirect_status_code", {
                    get: $util.oneOfGetter($oneOfFields = ["https_redirect_status_code"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Route.prototype, "_regex_priority", {
                    get: $util.oneOfGetter($oneOfFields = ["regex_priority"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Route.prototype, "_strip_path", {
                    get: $util.oneOfGetter($oneOfFields = ["strip_path"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Route.prototype, "_path_handling", {
                    get: $util.oneOfGetter($oneOfFields = ["path_handling"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Route.prototype, "_preserve_host", {
                    get: $util.oneOfGetter($oneOfFields = ["preserve_host"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Route.prototype, "_request_buffering", {
                    get: $util.oneOfGetter($oneOfFields = ["request_buffering"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Route.prototype, "_response_buffering", {
                    get: $util.oneOfGetter($oneOfFields = ["response_buffering"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Route.prototype, "_expression", {
                    get: $util.oneOfGetter($oneOfFields = ["expression"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Route.prototype, "_priority", {
                    get: $util.oneOfGetter($oneOfFields = ["priority"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                Route.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id.length)
                        writer.uint32(10).bytes(message.id);
                    if (message.created_at != null && $Object.hasOwnProperty.call(message, "created_at") && (typeof message.created_at === "object" ? message.created_at.low || message.created_at.high : message.created_at !== 0))
                        writer.uint32(16).int64(message.created_at);
                    if (message.updated_at != null && $Object.hasOwnProperty.call(message, "updated_at") && (typeof message.updated_at === "object" ? message.updated_at.low || message.updated_at.high : message.updated_at !== 0))
                        writer.uint32(24).int64(message.updated_at);
                    if (message.tags != null && $Object.hasOwnProperty.call(message, "tags"))
                        $root.holdfast.config.v1.StringList.encode(message.tags, writer.uint32(34).fork(), _depth + 1).ldelim();
                    if (message.name != null && $Object.hasOwnProperty.call(message, "name"))
                        writer.uint32(82).string(message.name);
                    if (message.protocols != null && $Object.hasOwnProperty.call(message, "protocols"))
                        $root.holdfast.config.v1.StringList.encode(message.protocols, writer.uint32(90).fork(), _depth + 1).ldelim();
                    if (message.methods != null && $Object.hasOwnProperty.call(message, "methods"))
                        $root.holdfast.config.v1.StringList.encode(message.methods, writer.uint32(98).fork(), _depth + 1).ldelim();
                    if (message.hosts != null && $Object.hasOwnProperty.call(message, "hosts"))
                        $root.holdfast.config.v1.StringList.encode(message.hosts, writer.uint32(106).fork(), _depth + 1).ldelim();
                    if (message.paths != null && $Object.hasOwnProperty.call(message, "paths"))
                        $root.holdfast.config.v1.StringList.encode(message.paths, writer.uint32(114).fork(), _depth + 1).ldelim();
                    if (message.headers != null && $Object.hasOwnProperty.call(message, "headers"))
                        $root.holdfast.config.v1.StringListMap.encode(message.headers, writer.uint32(122).fork(), _depth + 1).ldelim();
                    if (message.snis != null && $Object.hasOwnProperty.call(message, "snis"))
                        $root.holdfast.config.v1.StringList.encode(message.snis, writer.uint32(130).fork(), _depth + 1).ldelim();
                    if (message.sources != null && $Object.hasOwnProperty.call(message, "sources"))
                        $root.holdfast.config.v1.Route.SourcesList.encode(message.sources, writer.uint32(138).fork(), _depth + 1).ldelim();
                    if (message.destinations != null && $Object.hasOwnProperty.call(message, "destinations"))
                        $root.holdfast.config.v1.Route.DestinationsList.encode(message.destinations, writer.uint32(146).fork(), _depth + 1).ldelim();
                    if (message.https_redirect_status_code != null && $Object.hasOwnProperty.call(message, "https_redirect_status_code"))
                        writer.uint32(152).int64(message.https_redirect_status_code);
                    if (message.regex_priority != null && $Object.hasOwnProperty.call(message, "regex_priority"))
                        writer.uint32(160).int64(message.regex_priority);
                    if (message.strip_path != null && $Object.hasOwnProperty.call(message, "strip_path"))
                        writer.uint32(168).bool(message.strip_path);
                    if (message.path_handling != null && $Object.hasOwnProperty.call(message, "path_handling"))
                        writer.uint32(178).string(message.path_handling);
                    if (message.preserve_host != null && $Object.hasOwnProperty.call(message, "preserve_host"))
                        writer.uint32(184).bool(message.preserve_host);
                    if (message.request_buffering != null && $Object.hasOwnProperty.call(message, "request_buffering"))
                        writer.uint32(192).bool(message.request_buffering);
                    if (message.response_buffering != null && $Object.hasOwnProperty.call(message, "response_buffering"))
                        writer.uint32(200).bool(message.response_buffering);
                    if (message.service != null && $Object.hasOwnProperty.call(message, "service") && message.service.length)
                        writer.uint32(210).bytes(message.service);
                    if (message.expression != null && $Object.hasOwnProperty.call(message, "expression"))
                        writer.uint32(218).string(message.expression);
                    if (message.priority != null && $Object.hasOwnProperty.call(message, "priority"))
                        writer.uint32(224).int64(message.priority);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                Route.decode = function (reader, length, _end, _depth, _target) {
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
                    message = _target || new $root.holdfast.config.v1.Route();
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
                                    message.id = value;
                                else
                                    delete message.id;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.created_at = value;
                                else
                                    delete message.created_at;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.updated_at = value;
                                else
                                    delete message.updated_at;
                                continue;
                            }
                        case 4: {
                                if (wireType !== 2)
                                    break;
                                message.tags = $root.holdfast.config.v1.StringList.decode(reader, reader.size(), $undefined, _depth + 1, message.tags);
                                continue;
                            }
                        case 10: {
                                if (wireType !== 2)
                                    break;
                                message.name = reader.stringVerify();
                                message._name = "name";
                                continue;
                            }
                        case 11: {
                                if (wireType !== 2)
                                    break;
                                message.protocols = $root.holdfast.config.v1.StringList.decode(reader, reader.size(), $undefined, _depth + 1, message.protocols);
                                continue;
                            }
                        case 12: {
                                if (wireType !== 2)
                                    break;
                                message.methods = $root.holdfast.config.v1.StringList.decode(reader, reader.size(), $undefined, _depth + 1, message.methods);
                                continue;
                            }
                        case 13: {
                                if (wireType !== 2)
                                    break;
                                message.hosts = $root.holdfast.config.v1.StringList.decode(reader, reader.size(), $undefined, _depth + 1, message.hosts);
                                continue;
                            }
                        case 14: {
                                if (wireType !== 2)
                                    break;
                                message.paths = $root.holdfast.config.v1.StringList.decode(reader, reader.size(), $undefined, _depth + 1, message.paths);
                                continue;
                            }
                        case 15: {
                                if (wireType !== 2)
                                    break;
                                message.headers = $root.holdfast.config.v1.StringListMap.decode(reader, reader.size(), $undefined, _depth + 1, message.headers);
                                continue;
                            }
                        case 16: {
                                if (wireType !== 2)
                                    break;
                                message.snis = $root.holdfast.config.v1.StringList.decode(reader, reader.size(), $undefined, _depth + 1, message.snis);
                                continue;
                            }
                        case 17: {
                                if (wireType !== 2)
                                    break;
                                message.sources = $root.holdfast.config.v1.Route.SourcesList.decode(reader, reader.size(), $undefined, _depth + 1, message.sources);
                                continue;
                            }
                        case 18: {
                                if (wireType !== 2)
                                    break;
                                message.destinations = $root.holdfast.config.v1.Route.DestinationsList.decode(reader, reader.size(), $undefined, _depth + 1, message.destinations);
                                continue;
                            }
                        case 19: {
                                if (wireType !== 0)
                                    break;
                                message.https_redirect_status_code = reader.int64();
                                message._https_redirect_status_code = "https_redirect_status_code";
                                continue;
                            }
                        case 20: {
                                if (wireType !== 0)
                                    break;
                                message.regex_priority = reader.int64();
                                message._regex_priority = "regex_priority";
                                continue;
                            }
                        case 21: {
                                if (wireType !== 0)
                                    break;
                                message.strip_path = reader.bool();
                                message._strip_path = "strip_path";
                                continue;
                            }
                        case 22: {
                                if (wireType !== 2)
                                    break;
                                message.path_handling = reader.stringVerify();
                                message._path_handling = "path_handling";
                                continue;
                            }
                        case 23: {
                                if (wireType !== 0)
                                    break;
                                message.preserve_host = reader.bool();
                                message._preserve_host = "preserve_host";
                                continue;
                            }
                        case 24: {
                                if (wireType !== 0)
                                    break;
                                message.request_buffering = reader.bool();
                                message._request_buffering = "request_buffering";
                                continue;
                            }
                        case 25: {
                                if (wireType !== 0)
                                    break;
                                message.response_buffering = reader.bool();
                                message._response_buffering = "response_buffering";
                                continue;
                            }
                        case 26: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.service = value;
                                else
                                    delete message.service;
                                continue;
                            }
                        case 27: {
                                if (wireType !== 2)
                                    break;
                                message.expression = reader.stringVerify();
                                message._expression = "expression";
                                continue;
                            }
                        case 28: {
                                if (wireType !== 0)
                                    break;
                                message.priority = reader.int64();
                                message._priority = "priority";
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

                Route.Sources = (function() {

                    const Sources = function (properties) {
                        if (properties)
                            for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                                if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                    this[keys[i]] = properties[keys[i]];
                    };

                    Sources.prototype.ip = null;
                    Sources.prototype.port = null;

                    let $oneOfFields;

                    // Virtual OneOf for proto3 optional field
                    $Object.defineProperty(Sources.prototype, "_ip", {
                        get: $util.oneOfGetter($oneOfFields = ["ip"]),
                        set: $util.oneOfSetter($oneOfFields)
                    });

                    // Virtual OneOf for proto3 optional field
                    $Object.defineProperty(Sources.prototype, "_port", {
                        get: $util.oneOfGetter($oneOfFields = ["port"]),
                        set: $util.oneOfSetter($oneOfFields)
                    });

                    Sources.encode = function (message, writer, _depth) {
                        if (!writer)
                            writer = $Writer.create();
                        if (_depth === $undefined)
                            _depth = 0;
                        if (_depth > $util.recursionLimit)
                            throw $Error("max depth exceeded");
                        if (message.ip != null && $Object.hasOwnProperty.call(message, "ip"))
                            writer.uint32(10).string(message.ip);
                        if (message.port != null && $Object.hasOwnProperty.call(message, "port"))
                            writer.uint32(16).int64(message.port);
                        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                            for (let i = 0; i < message.$unknowns.length; ++i)
                                writer.raw(message.$unknowns[i]);
                        return writer;
                    };

                    Sources.decode = function (reader, length, _end, _depth, _target) {
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
                        message = _target || new $root.holdfast.config.v1.Route.Sources();
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
                                    message.ip = reader.stringVerify();
                                    message._ip = "ip";
                                    continue;
                                }
                            case 2: {
                                    if (wireType !== 0)
                                        break;
                                    message.port = reader.int64();
                                    message._port = "port";
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

                    return Sources;
                })();

                Route.SourcesList = (function() {

                    const SourcesList = function (properties) {
                        this.values = [];
                        if (properties)
                            for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                                if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                    this[keys[i]] = properties[keys[i]];
                    };

                    SourcesList.prototype.values = $util.emptyArray;

                    SourcesList.encode = function (message, writer, _depth) {
                        if (!writer)
                            writer = $Writer.create();
                        if (_depth === $undefined)
                            _depth = 0;
                        if (_depth > $util.recursionLimit)
                            throw $Error("max depth exceeded");
                        if (message.values != null && message.values.length)
                            for (let i = 0; i < message.values.length; ++i)
                                $root.holdfast.config.v1.Route.Sources.encode(message.values[i], writer.uint32(10).fork(), _depth + 1).ldelim();
                        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                            for (let i = 0; i < message.$unknowns.length; ++i)
                                writer.raw(message.$unknowns[i]);
                        return writer;
                    };

                    SourcesList.decode = function (reader, length, _end, _depth, _target) {
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
                        message = _target || new $root.holdfast.config.v1.Route.SourcesList();
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
                                    if (!(message.values && message.values.length))
                                        message.values = [];
                                    message.values.push($root.holdfast.config.v1.Route.Sources.decode(reader, reader.size(), $undefined, _depth + 1));
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

                    return SourcesList;
                })();

                Route.Destinations = (function() {

                    const Destinations = function (properties) {
                        if (properties)
                            for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                                if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                    this[keys[i]] = properties[keys[i]];
                    };

                    Destinations.prototype.ip = null;
                    Destinations.prototype.port = null;

                    let $oneOfFields;

                    // Virtual OneOf for proto3 optional field
                    $Object.defineProperty(Destinations.prototype, "_ip", {
                        get: $util.oneOfGetter($oneOfFields = ["ip"]),
                        set: $util.oneOfSetter($oneOfFields)
                    });

                    // Virtual OneOf for proto3 optional field
                    $Object.defineProperty(Destinations.prototype, "_port", {
                        get: $util.oneOfGetter($oneOfFields = ["port"]),
                        set: $util.oneOfSetter($oneOfFields)
                    });

                    Destinations.encode = function (message, writer, _depth) {
                        if (!writer)
                            writer = $Writer.create();
                        if (_depth === $undefined)
                            _depth = 0;
                        if (_depth > $util.recursionLimit)
                            throw $Error("max depth exceeded");
                        if (message.ip != null && $Object.hasOwnProperty.call(message, "ip"))
                            writer.uint32(10).string(message.ip);
                        if (message.port != null && $Object.hasOwnProperty.call(message, "port"))
                            writer.uint32(16).int64(message.port);
                        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                            for (let i = 0; i < message.$unknowns.length; ++i)
                                writer.raw(message.$unknowns[i]);
                        return writer;
                    };

                    Destinations.decode = function (reader, length, _end, _depth, _target) {
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
                        message = _target || new $root.holdfast.config.v1.Route.Destinations();
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
                                    message.ip = reader.stringVerify();
                                    message._ip = "ip";
                                    continue;
                                }
                            case 2: {
                                    if (wireType !== 0)
                                        break;
                                    message.port = reader.int64();
                                    message._port = "port";
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

                    return Destinations;
                })();

                Route.DestinationsList = (function() {

                    const DestinationsList = function (properties) {
                        this.values = [];
                        if (properties)
                            for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                                if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                    this[keys[i]] = properties[keys[i]];
                    };

                    DestinationsList.prototype.values = $util.emptyArray;

                    DestinationsList.encode = function (message, writer, _depth) {
                        if (!writer)
                            writer = $Writer.create();
                        if (_depth === $undefined)
                            _depth = 0;
                        if (_depth > $util.recursionLimit)
                            throw $Error("max depth exceeded");
                        if (message.values != null && message.values.length)
                            for (let i = 0; i < message.values.length; ++i)
                                $root.holdfast.config.v1.Route.Destinations.encode(message.values[i], writer.uint32(10).fork(), _depth + 1).ldelim();
                        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                            for (let i = 0; i < message.$unknowns.length; ++i)
                                writer.raw(message.$unknowns[i]);
                        return writer;
                    };

                    DestinationsList.decode = function (reader, length, _end, _depth, _target) {
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
                        message = _target || new $root.holdfast.config.v1.Route.DestinationsList();
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
                                    if (!(message.values && message.values.length))
                                        message.values = [];
                                    message.values.push($root.holdfast.config.v1.Route.Destinations.decode(reader, reader.size(), $undefined, _depth + 1));
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

                    return DestinationsList;
                })();

                return Route;
            })();

            v1.Target = (function() {

                const Target = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                Target.prototype.id = $util.newBuffer([]);
                Target.prototype.created_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                Target.prototype.updated_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                Target.prototype.tags = null;
                Target.prototype.upstream = $util.newBuffer([]);
                Target.prototype.target = null;
                Target.prototype.weight = null;
                Target.prototype.failover = null;
                Target.prototype.switches = null;

                let $oneOfFields;

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Target.prototype, "_target", {
                    get: $util.oneOfGetter($oneOfFields = ["target"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Target.prototype, "_weight", {
                    get: $util.oneOfGetter($oneOfFields = ["weight"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Target.prototype, "_failover", {
                    get: $util.oneOfGetter($oneOfFields = ["failover"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                Target.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id.length)
                        writer.uint32(10).bytes(message.id);
                    if (message.created_at != null && $Object.hasOwnProperty.call(message, "created_at") && (typeof message.created_at === "object" ? message.created_at.low || message.created_at.high : message.created_at !== 0))
                        writer.uint32(16).int64(message.created_at);
                    if (message.updated_at != null && $Object.hasOwnProperty.call(message, "updated_at") && (typeof message.updated_at === "object" ? message.updated_at.low || message.updated_at.high : message.updated_at !== 0))
                        writer.uint32(24).int64(message.updated_at);
                    if (message.tags != null && $Object.hasOwnProperty.call(message, "tags"))
                        $root.holdfast.config.v1.StringList.encode(message.tags, writer.uint32(34).fork(), _depth + 1).ldelim();
                    if (message.upstream != null && $Object.hasOwnProperty.call(message, "upstream") && message.upstream.length)
                        writer.uint32(82).bytes(message.upstream);
                    if (message.target != null && $Object.hasOwnProperty.call(message, "target"))
                        writer.uint32(90).string(message.target);
                    if (message.weight != null && $Object.hasOwnProperty.call(message, "weight"))
                        writer.uint32(96).int64(message.weight);
                    if (message.failover != null && $Object.hasOwnProperty.call(message, "failover"))
                        writer.uint32(104).bool(message.failover);
                    if (message.switches != null && $Object.hasOwnProperty.call(message, "switches"))
                        $root.holdfast.config.v1.Target.SwitchesList.encode(message.switches, writer.uint32(114).fork(), _depth + 1).ldelim();
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                Target.decode = function (reader, length, _end, _depth, _target) {
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
                    message = _target || new $root.holdfast.config.v1.Target();
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
                                    message.id = value;
                                else
                                    delete message.id;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.created_at = value;
                                else
                                    delete message.created_at;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.updated_at = value;
                                else
                                    delete message.updated_at;
                                continue;
                            }
                        case 4: {
                                if (wireType !== 2)
                                    break;
                                message.tags = $root.holdfast.config.v1.StringList.decode(reader, reader.size(), $undefined, _depth + 1, message.tags);
                                continue;
                            }
                        case 10: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.upstream = value;
                                else
                                    delete message.upstream;
                                continue;
                            }
                        case 11: {
                                if (wireType !== 2)
                                    break;
                                message.target = reader.stringVerify();
                                message._target = "target";
                                continue;
                            }
                        case 12: {
                                if (wireType !== 0)
                                    break;
                                message.weight = reader.int64();
                                message._weight = "weight";
                                continue;
                            }
                        case 13: {
                                if (wireType !== 0)
                                    break;
                                message.failover = reader.bool();
                                message._failover = "failover";
                                continue;
                            }
                        case 14: {
                                if (wireType !== 2)
                                    break;
                                message.switches = $root.holdfast.config.v1.Target.SwitchesList.decode(reader, reader.size(), $undefined, _depth + 1, message.switches);
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

                Target.Switches = (function() {

                    const Switches = function (properties) {
                        if (properties)
                            for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                                if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                    this[keys[i]] = properties[keys[i]];
                    };

                    Switches.prototype.address = null;
                    Switches.prototype.health = null;
                    Switches.prototype.at = null;

                    let $oneOfFields;

                    // Virtual OneOf for proto3 optional field
                    $Object.defineProperty(Switches.prototype, "_address", {
                        get: $util.oneOfGetter($oneOfFields = ["address"]),
                        set: $util.oneOfSetter($oneOfFields)
                    });

                    // Virtual OneOf for proto3 optional field
                    $Object.defineProperty(Switches.prototype, "_health", {
                        get: $util.oneOfGetter($oneOfFields = ["health"]),
                        set: $util.oneOfSetter($oneOfFields)
                    });

                    // Virtual OneOf for proto3 optional field
                    $Object.defineProperty(Switches.prototype, "_at", {
                        get: $util.oneOfGetter($oneOfFields = ["at"]),
                        set: $util.oneOfSetter($oneOfFields)
                    });

                    Switches.encode = function (message, writer, _depth) {
                        if (!writer)
                            writer = $Writer.create();
                        if (_depth === $undefined)
                            _depth = 0;
                        if (_depth > $util.recursionLimit)
                            throw $Error("max depth exceeded");
                        if (message.address != null && $Object.hasOwnProperty.call(message, "address"))
                            writer.uint32(10).string(message.address);
                        if (message.health != null && $Object.hasOwnProperty.call(message, "health"))
                            writer.uint32(18).string(message.health);
                        if (message.at != null && $Object.hasOwnProperty.call(message, "at"))
                            writer.uint32(24).int64(message.at);
                        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                            for (let i = 0; i < message.$unknowns.length; ++i)
                                writer.raw(message.$unknowns[i]);
                        return writer;
                    };

                    Switches.decode = function (reader, length, _end, _depth, _target) {
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
                        message = _target || new $root.holdfast.config.v1.Target.Switches();
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
                                    message.address = reader.stringVerify();
                                    message._address = "address";
                                    continue;
                                }
                            case 2: {
                                    if (wireType !== 2)
                                        break;
                                    message.health = reader.stringVerify();
                                    message._health = "health";
                                    continue;
                                }
                            case 3: {
                                    if (wireType !== 0)
                                        break;
                                    message.at = reader.int64();
                                    message._at = "at";
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

                    return Switches;
                })();

                Target.SwitchesList = (function() {

                    const SwitchesList = function (properties) {
                        this.values = [];
                        if (properties)
                            for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                                if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                    this[keys[i]] = properties[keys[i]];
                    };

                    SwitchesList.prototype.values = $util.emptyArray;

                    SwitchesList.encode = function (message, writer, _depth) {
                        if (!writer)
                            writer = $Writer.create();
                        if (_depth === $undefined)
                            _depth = 0;
                        if (_depth > $util.recursionLimit)
                            throw $Error("max depth exceeded");
                        if (message.values != null && message.values.length)
                            for (let i = 0; i < message.values.length; ++i)
                                $root.holdfast.config.v1.Target.Switches.encode(message.values[i], writer.uint32(10).fork(), _depth + 1).ldelim();
                        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                            for (let i = 0; i < message.$unknowns.length; ++i)
                                writer.raw(message.$unknowns[i]);
                        return writer;
                    };

                    SwitchesList.decode = function (reader, length, _end, _depth, _target) {
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
                        message = _target || new $root.holdfast.config.v1.Target.SwitchesList();
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
                                    if (!(message.values && message.values.length))
                                        message.values = [];
                                    message.values.push($root.holdfast.config.v1.Target.Switches.decode(reader, reader.size(), $undefined, _depth + 1));
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

                    return SwitchesList;
                })();

                return Target;
            })();

            v1.Partial = (function() {

                const Partial = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                Partial.prototype.id = $util.newBuffer([]);
                Partial.prototype.created_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                Partial.prototype.updated_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                Partial.prototype.tags = null;
                Partial.prototype.name = null;
                Partial.prototype.type = null;
                Partial.prototype.config = $util.newBuffer([]);
                Partial.prototype.config_secrets_sealed = $util.newBuffer([]);

                let $oneOfFields;

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Partial.prototype, "_name", {
                    get: $util.oneOfGetter($oneOfFields = ["name"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Partial.prototype, "_type", {
                    get: $util.oneOfGetter($oneOfFields = ["type"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                Partial.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id.length)
                        writer.uint32(10).bytes(message.id);
                    if (message.created_at != null && $Object.hasOwnProperty.call(message, "created_at") && (typeof message.created_at === "object" ? message.created_at.low || message.created_at.high : message.created_at !== 0))
                        writer.uint32(16).int64(message.created_at);
                    if (message.updated_at != null && $Object.hasOwnProperty.call(message, "updated_at") && (typeof message.updated_at === "object" ? message.updated_at.low || message.updated_at.high : message.updated_at !== 0))
                        writer.uint32(24).int64(message.updated_at);
                    if (message.tags != null && $Object.hasOwnProperty.call(message, "tags"))
                        $root.holdfast.config.v1.StringList.encode(message.tags, writer.uint32(34).fork(), _depth + 1).ldelim();
                    if (message.name != null && $Object.hasOwnProperty.call(message, "name"))
                        writer.uint32(82).string(message.name);
                    if (message.type != null && $Object.hasOwnProperty.call(message, "type"))
                        writer.uint32(90).string(message.type);
                    if (message.config != null && $Object.hasOwnProperty.call(message, "config") && message.config.length)
                        writer.uint32(98).bytes(message.config);
                    if (message.config_secrets_sealed != null && $Object.hasOwnProperty.call(message, "config_secrets_sealed") && message.config_secrets_sealed.length)
                        writer.uint32(106).bytes(message.config_secrets_sealed);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                Partial.decode = function (reader, length, _end, _depth, _target) {
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
                    message = _target || new $root.holdfast.config.v1.Partial();
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
                                    message.id = value;
                                else
                                    delete message.id;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.created_at = value;
                                else
                                    delete message.created_at;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.updated_at = value;
                                else
                                    delete message.updated_at;
                                continue;
                            }
                        case 4: {
                                if (wireType !== 2)
                                    break;
                                message.tags = $root.holdfast.config.v1.StringList.decode(reader, reader.size(), $undefined, _depth + 1, message.tags);
                                continue;
                            }
                        case 10: {
                                if (wireType !== 2)
                                    break;
                                message.name = reader.stringVerify();
                                message._name = "name";
                                continue;
                            }
                        case 11: {
                                if (wireType !== 2)
                                    break;
                                message.type = reader.stringVerify();
                                message._type = "type";
                                continue;
                            }
                        case 12: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.config = value;
                                else
                                    delete message.config;
                                continue;
                            }
                        case 13: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.config_secrets_sealed = value;
                                else
                                    delete message.config_secrets_sealed;
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

                return Partial;
            })();

            v1.Plugin = (function() {

                const Plugin = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                Plugin.prototype.id = $util.newBuffer([]);
                Plugin.prototype.created_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                Plugin.prototype.updated_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                Plugin.prototype.tags = null;
                Plugin.prototype.name = null;
                Plugin.prototype.instance_name = null;
                Plugin.prototype.config = $util.newBuffer([]);
                Plugin.prototype.service = $util.newBuffer([]);
                Plugin.prototype.route = $util.newBuffer([]);
                Plugin.prototype.consumer = $util.newBuffer([]);
                Plugin.prototype.protocols = null;
                Plugin.prototype.enabled = null;
                Plugin.prototype.partials = null;
                Plugin.prototype.consumer_group = $util.newBuffer([]);
                Plugin.prototype.condition = null;
                Plugin.prototype.ordering = null;
                Plugin.prototype.config_secrets_sealed = $util.newBuffer([]);
                Plugin.prototype.version = null;

                let $oneOfFields;

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Plugin.prototype, "_name", {
                    get: $util.oneOfGetter($oneOfFields = ["name"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Plugin.prototype, "_instance_name", {
                    get: $util.oneOfGetter($oneOfFields = ["instance_name"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Plugin.prototype, "_enabled", {
                    get: $util.oneOfGetter($oneOfFields = ["enabled"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Plugin.prototype, "_condition", {
                    get: $util.oneOfGetter($oneOfFields = ["condition"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Plugin.prototype, "_version", {
                    get: $util.oneOfGetter($oneOfFields = ["version"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                Plugin.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id.length)
                        writer.uint32(10).bytes(message.id);
                    if (message.created_at != null && $Object.hasOwnProperty.call(message, "created_at") && (typeof message.created_at === "object" ? message.created_at.low || message.created_at.high : message.created_at !== 0))
                        writer.uint32(16).int64(message.created_at);
                    if (message.updated_at != null && $Object.hasOwnProperty.call(message, "updated_at") && (typeof message.updated_at === "object" ? message.updated_at.low || message.updated_at.high : message.updated_at !== 0))
                        writer.uint32(24).int64(message.updated_at);
                    if (message.tags != null && $Object.hasOwnProperty.call(message, "tags"))
                        $root.holdfast.config.v1.StringList.encode(message.tags, writer.uint32(34).fork(), _depth + 1).ldelim();
                    if (message.name != null && $Object.hasOwnProperty.call(message, "name"))
                        writer.uint32(82).string(message.name);
                    if (message.instance_name != null && $Object.hasOwnProperty.call(message, "instance_name"))
                        writer.uint32(90).string(message.instance_name);
                    if (message.config != null && $Object.hasOwnProperty.call(message, "config") && message.config.length)
                        writer.uint32(98).bytes(message.config);
                    if (message.service != null && $Object.hasOwnProperty.call(message, "service") && message.service.length)
                        writer.uint32(106).bytes(message.service);
                    if (message.route != null && $Object.hasOwnProperty.call(message, "route") && message.route.length)
                        writer.uint32(114).bytes(message.route);
                    if (message.consumer != null && $Object.hasOwnProperty.call(message, "consumer") && message.consumer.length)
                        writer.uint32(122).bytes(message.consumer);
                    if (message.protocols != null && $Object.hasOwnProperty.call(message, "protocols"))
                        $root.holdfast.config.v1.StringList.encode(message.protocols, writer.uint32(130).fork(), _depth + 1).ldelim();
                    if (message.enabled != null && $Object.hasOwnProperty.call(message, "enabled"))
                        writer.uint32(136).bool(message.enabled);
                    if (message.partials != null && $Object.hasOwnProperty.call(message, "partials"))
                        $root.holdfast.config.v1.Plugin.PartialsList.encode(message.partials, writer.uint32(146).fork(), _depth + 1).ldelim();
                    if (message.consumer_group != null && $Object.hasOwnProperty.call(message, "consumer_group") && message.consumer_group.length)
                        writer.uint32(8010).bytes(message.consumer_group);
                    if (message.condition != null && $Object.hasOwnProperty.call(message, "condition"))
                        writer.uint32(8018).string(message.condition);
                    if (message.ordering != null && $Object.hasOwnProperty.call(message, "ordering"))
                        $root.holdfast.config.v1.Plugin.Ordering.encode(message.ordering, writer.uint32(8026).fork(), _depth + 1).ldelim();
                    if (message.config_secrets_sealed != null && $Object.hasOwnProperty.call(message, "config_secrets_sealed") && message.config_secrets_sealed.length)
                        writer.uint32(8034).bytes(message.config_secrets_sealed);
                    if (message.version != null && $Object.hasOwnProperty.call(message, "version"))
                        writer.uint32(8042).string(message.version);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                Plugin.decode = function (reader, length, _end, _depth, _target) {
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
                    message = _target || new $root.holdfast.config.v1.Plugin();
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
                                    message.id = value;
                                else
                                    delete message.id;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.created_at = value;
                                else
                                    delete message.created_at;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.updated_at = value;
                                else
                                    delete message.updated_at;
                                continue;
                            }
                        case 4: {
                                if (wireType !== 2)
                                    break;
                                message.tags = $root.holdfast.config.v1.StringList.decode(reader, reader.size(), $undefined, _depth + 1, message.tags);
                                continue;
                            }
                        case 10: {
                                if (wireType !== 2)
                                    break;
                                message.name = reader.stringVerify();
                                message._name = "name";
                                continue;
                            }
                        case 11: {
                                if (wireType !== 2)
                                    break;
                                message.instance_name = reader.stringVerify();
                                message._instance_name = "instance_name";
                                continue;
                            }
                        case 12: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.config = value;
                                else
                                    delete message.config;
                                continue;
                            }
                        case 13: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.service = value;
                                else
                                    delete message.service;
                                continue;
                            }
                        case 14: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.route = value;
                                else
                                    delete message.route;
                                continue;
                            }
                        case 15: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.consumer = value;
                                else
                                    delete message.consumer;
                                continue;
                            }
                        case 16: {
                                if (wireType !== 2)
                                    break;
                                message.protocols = $root.holdfast.config.v1.StringList.decode(reader, reader.size(), $undefined, _depth + 1, message.protocols);
                                continue;
                            }
                        case 17: {
                                if (wireType !== 0)
                                    break;
                                message.enabled = reader.bool();
                                message._enabled = "enabled";
                                continue;
                            }
                        case 18: {
                                if (wireType !== 2)
                                    break;
                                message.partials = $root.holdfast.config.v1.Plugin.PartialsList.decode(reader, reader.size(), $undefined, _depth + 1, message.partials);
                                continue;
                            }
                        case 1001: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.consumer_group = value;
                                else
                                    delete message.consumer_group;
                                continue;
                            }
                        case 1002: {
                                if (wireType !== 2)
                                    break;
                                message.condition = reader.stringVerify();
                                message._condition = "condition";
                                continue;
                            }
                        case 1003: {
                                if (wireType !== 2)
                                    break;
                                message.ordering = $root.holdfast.config.v1.Plugin.Ordering.decode(reader, reader.size(), $undefined, _depth + 1, message.ordering);
                                continue;
                            }
                        case 1004: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.config_secrets_sealed = value;
                                else
                                    delete message.config_secrets_sealed;
                                continue;
                            }
                        case 1005: {
                                if (wireType !== 2)
                                    break;
                                message.version = reader.stringVerify();
                                message._version = "version";
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

                Plugin.Partials = (function() {

                    const Partials = function (properties) {
                        if (properties)
                            for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                                if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                    this[keys[i]] = properties[keys[i]];
                    };

                    Partials.prototype.id = $util.newBuffer([]);
                    Partials.prototype.path = null;

                    let $oneOfFields;

                    // Virtual OneOf for proto3 optional field
                    $Object.defineProperty(Partials.prototype, "_path", {
                        get: $util.oneOfGetter($oneOfFields = ["path"]),
                        set: $util.oneOfSetter($oneOfFields)
                    });

                    Partials.encode = function (message, writer, _depth) {
                        if (!writer)
                            writer = $Writer.create();
                        if (_depth === $undefined)
                            _depth = 0;
                        if (_depth > $util.recursionLimit)
                            throw $Error("max depth exceeded");
                        if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id.length)
                            writer.uint32(10).bytes(message.id);
                        if (message.path != null && $Object.hasOwnProperty.call(message, "path"))
                            writer.uint32(18).string(message.path);
                        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                            for (let i = 0; i < message.$unknowns.length; ++i)
                                writer.raw(message.$unknowns[i]);
                        return writer;
                    };

                    Partials.decode = function (reader, length, _end, _depth, _target) {
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
                        message = _target || new $root.holdfast.config.v1.Plugin.Partials();
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
                                        message.id = value;
                                    else
                                        delete message.id;
                                    continue;
                                }
                            case 2: {
                                    if (wireType !== 2)
                                        break;
                                    message.path = reader.stringVerify();
                                    message._path = "path";
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

                    return Partials;
                })();

                Plugin.PartialsList = (function() {

                    const PartialsList = function (properties) {
                        this.values = [];
                        if (properties)
                            for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                                if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                    this[keys[i]] = properties[keys[i]];
                    };

                    PartialsList.prototype.values = $util.emptyArray;

                    PartialsList.encode = function (message, writer, _depth) {
                        if (!writer)
                            writer = $Writer.create();
                        if (_depth === $undefined)
                            _depth = 0;
                        if (_depth > $util.recursionLimit)
                            throw $Error("max depth exceeded");
                        if (message.values != null && message.values.length)
                            for (let i = 0; i < message.values.length; ++i)
                                $root.holdfast.config.v1.Plugin.Partials.encode(message.values[i], writer.uint32(10).fork(), _depth + 1).ldelim();
                        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                            for (let i = 0; i < message.$unknowns.length; ++i)
                                writer.raw(message.$unknowns[i]);
                        return writer;
                    };

                    PartialsList.decode = function (reader, length, _end, _depth, _target) {
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
                        message = _target || new $root.holdfast.config.v1.Plugin.PartialsList();
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
                                    if (!(message.values && message.values.length))
                                        message.values = [];
                                    message.values.push($root.holdfast.config.v1.Plugin.Partials.decode(reader, reader.size(), $undefined, _depth + 1));
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

                    return PartialsList;
                })();

                Plugin.Ordering = (function() {

                    const Ordering = function (properties) {
                        if (properties)
                            for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                                if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                    this[keys[i]] = properties[keys[i]];
                    };

                    Ordering.prototype.before = null;
                    Ordering.prototype.after = null;

                    Ordering.encode = function (message, writer, _depth) {
                        if (!writer)
                            writer = $Writer.create();
                        if (_depth === $undefined)
                            _depth = 0;
                        if (_depth > $util.recursionLimit)
                            throw $Error("max depth exceeded");
                        if (message.before != null && $Object.hasOwnProperty.call(message, "before"))
                            $root.holdfast.config.v1.Plugin.Ordering.Before.encode(message.before, writer.uint32(10).fork(), _depth + 1).ldelim();
                        if (message.after != null && $Object.hasOwnProperty.call(message, "after"))
                            $root.holdfast.config.v1.Plugin.Ordering.After.encode(message.after, writer.uint32(18).fork(), _depth + 1).ldelim();
                        if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                            for (let i = 0; i < message.$unknowns.length; ++i)
                                writer.raw(message.$unknowns[i]);
                        return writer;
                    };

                    Ordering.decode = function (reader, length, _end, _depth, _target) {
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
                        message = _target || new $root.holdfast.config.v1.Plugin.Ordering();
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
                                    message.before = $root.holdfast.config.v1.Plugin.Ordering.Before.decode(reader, reader.size(), $undefined, _depth + 1, message.before);
                                    continue;
                                }
                            case 2: {
                                    if (wireType !== 2)
                                        break;
                                    message.after = $root.holdfast.config.v1.Plugin.Ordering.After.decode(reader, reader.size(), $undefined, _depth + 1, message.after);
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

                    Ordering.Before = (function() {

                        const Before = function (properties) {
                            if (properties)
                                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                        this[keys[i]] = properties[keys[i]];
                        };

                        Before.prototype.access = null;

                        Before.encode = function (message, writer, _depth) {
                            if (!writer)
                                writer = $Writer.create();
                            if (_depth === $undefined)
                                _depth = 0;
                            if (_depth > $util.recursionLimit)
                                throw $Error("max depth exceeded");
                            if (message.access != null && $Object.hasOwnProperty.call(message, "access"))
                                $root.holdfast.config.v1.StringList.encode(message.access, writer.uint32(10).fork(), _depth + 1).ldelim();
                            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                                for (let i = 0; i < message.$unknowns.length; ++i)
                                    writer.raw(message.$unknowns[i]);
                            return writer;
                        };

                        Before.decode = function (reader, length, _end, _depth, _target) {
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
                            message = _target || new $root.holdfast.config.v1.Plugin.Ordering.Before();
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
                                        message.access = $root.holdfast.config.v1.StringList.decode(reader, reader.size(), $undefined, _depth + 1, message.access);
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

                        return Before;
                    })();

                    Ordering.After = (function() {

                        const After = function (properties) {
                            if (properties)
                                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                        this[keys[i]] = properties[keys[i]];
                        };

                        After.prototype.access = null;

                        After.encode = function (message, writer, _depth) {
                            if (!writer)
                                writer = $Writer.create();
                            if (_depth === $undefined)
                                _depth = 0;
                            if (_depth > $util.recursionLimit)
                                throw $Error("max depth exceeded");
                            if (message.access != null && $Object.hasOwnProperty.call(message, "access"))
                                $root.holdfast.config.v1.StringList.encode(message.access, writer.uint32(10).fork(), _depth + 1).ldelim();
                            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                                for (let i = 0; i < message.$unknowns.length; ++i)
                                    writer.raw(message.$unknowns[i]);
                            return writer;
                        };

                        After.decode = function (reader, length, _end, _depth, _target) {
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
                            message = _target || new $root.holdfast.config.v1.Plugin.Ordering.After();
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
                                        message.access = $root.holdfast.config.v1.StringList.decode(reader, reader.size(), $undefined, _depth + 1, message.access);
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

                        return After;
                    })();

                    return Ordering;
                })();

                return Plugin;
            })();

            v1.KeyAuthCredential = (function() {

                const KeyAuthCredential = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                KeyAuthCredential.prototype.id = $util.newBuffer([]);
                KeyAuthCredential.prototype.created_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                KeyAuthCredential.prototype.updated_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                KeyAuthCredential.prototype.tags = null;
                KeyAuthCredential.prototype.consumer = $util.newBuffer([]);
                KeyAuthCredential.prototype.key_digest = $util.newBuffer([]);
                KeyAuthCredential.prototype.expires_at = null;

                let $oneOfFields;

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(KeyAuthCredential.prototype, "_expires_at", {
                    get: $util.oneOfGetter($oneOfFields = ["expires_at"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                KeyAuthCredential.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id.length)
                        writer.uint32(10).bytes(message.id);
                    if (message.created_at != null && $Object.hasOwnProperty.call(message, "created_at") && (typeof message.created_at === "object" ? message.created_at.low || message.created_at.high : message.created_at !== 0))
                        writer.uint32(16).int64(message.created_at);
                    if (message.updated_at != null && $Object.hasOwnProperty.call(message, "updated_at") && (typeof message.updated_at === "object" ? message.updated_at.low || message.updated_at.high : message.updated_at !== 0))
                        writer.uint32(24).int64(message.updated_at);
                    if (message.tags != null && $Object.hasOwnProperty.call(message, "tags"))
                        $root.holdfast.config.v1.StringList.encode(message.tags, writer.uint32(34).fork(), _depth + 1).ldelim();
                    if (message.consumer != null && $Object.hasOwnProperty.call(message, "consumer") && message.consumer.length)
                        writer.uint32(82).bytes(message.consumer);
                    if (message.key_digest != null && $Object.hasOwnProperty.call(message, "key_digest") && message.key_digest.length)
                        writer.uint32(90).bytes(message.key_digest);
                    if (message.expires_at != null && $Object.hasOwnProperty.call(message, "expires_at"))
                        writer.uint32(96).int64(message.expires_at);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                KeyAuthCredential.decode = function (reader, length, _end, _depth, _target) {
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
                    message = _target || new $root.holdfast.config.v1.KeyAuthCredential();
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
                                    message.id = value;
                                else
                                    delete message.id;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.created_at = value;
                                else
                                    delete message.created_at;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.updated_at = value;
                                else
                                    delete message.updated_at;
                                continue;
                            }
                        case 4: {
                                if (wireType !== 2)
                                    break;
                                message.tags = $root.holdfast.config.v1.StringList.decode(reader, reader.size(), $undefined, _depth + 1, message.tags);
                                continue;
                            }
                        case 10: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.consumer = value;
                                else
                                    delete message.consumer;
                                continue;
                            }
                        case 11: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.key_digest = value;
                                else
                                    delete message.key_digest;
                                continue;
                            }
                        case 12: {
                                if (wireType !== 0)
                                    break;
                                message.expires_at = reader.int64();
                                message._expires_at = "expires_at";
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

                return KeyAuthCredential;
            })();

            v1.BasicAuthCredential = (function() {

                const BasicAuthCredential = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                BasicAuthCredential.prototype.id = $util.newBuffer([]);
                BasicAuthCredential.prototype.created_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                BasicAuthCredential.prototype.updated_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                BasicAuthCredential.prototype.tags = null;
                BasicAuthCredential.prototype.consumer = $util.newBuffer([]);
                BasicAuthCredential.prototype.username = null;
                BasicAuthCredential.prototype.password_sealed = $util.newBuffer([]);

                let $oneOfFields;

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(BasicAuthCredential.prototype, "_username", {
                    get: $util.oneOfGetter($oneOfFields = ["username"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                BasicAuthCredential.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id.length)
                        writer.uint32(10).bytes(message.id);
                    if (message.created_at != null && $Object.hasOwnProperty.call(message, "created_at") && (typeof message.created_at === "object" ? message.created_at.low || message.created_at.high : message.created_at !== 0))
                        writer.uint32(16).int64(message.created_at);
                    if (message.updated_at != null && $Object.hasOwnProperty.call(message, "updated_at") && (typeof message.updated_at === "object" ? message.updated_at.low || message.updated_at.high : message.updated_at !== 0))
                        writer.uint32(24).int64(message.updated_at);
                    if (message.tags != null && $Object.hasOwnProperty.call(message, "tags"))
                        $root.holdfast.config.v1.StringList.encode(message.tags, writer.uint32(34).fork(), _depth + 1).ldelim();
                    if (message.consumer != null && $Object.hasOwnProperty.call(message, "consumer") && message.consumer.length)
                        writer.uint32(82).bytes(message.consumer);
                    if (message.username != null && $Object.hasOwnProperty.call(message, "username"))
                        writer.uint32(90).string(message.username);
                    if (message.password_sealed != null && $Object.hasOwnProperty.call(message, "password_sealed") && message.password_sealed.length)
                        writer.uint32(106).bytes(message.password_sealed);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                BasicAuthCredential.decode = function (reader, length, _end, _depth, _target) {
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
                    message = _target || new $root.holdfast.config.v1.BasicAuthCredential();
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
                                    message.id = value;
                                else
                                    delete message.id;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.created_at = value;
                                else
                                    delete message.created_at;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.updated_at = value;
                                else
                                    delete message.updated_at;
                                continue;
                            }
                        case 4: {
                                if (wireType !== 2)
                                    break;
                                message.tags = $root.holdfast.config.v1.StringList.decode(reader, reader.size(), $undefined, _depth + 1, message.tags);
                                continue;
                            }
                        case 10: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.consumer = value;
                                else
                                    delete message.consumer;
                                continue;
                            }
                        case 11: {
                                if (wireType !== 2)
                                    break;
                                message.username = reader.stringVerify();
                                message._username = "username";
                                continue;
                            }
                        case 13: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.password_sealed = value;
                                else
                                    delete message.password_sealed;
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

                return BasicAuthCredential;
            })();

            v1.HmacAuthCredential = (function() {

                const HmacAuthCredential = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                HmacAuthCredential.prototype.id = $util.newBuffer([]);
                HmacAuthCredential.prototype.created_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                HmacAuthCredential.prototype.updated_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                HmacAuthCredential.prototype.tags = null;
                HmacAuthCredential.prototype.consumer = $util.newBuffer([]);
                HmacAuthCredential.prototype.username = null;
                HmacAuthCredential.prototype.secret_sealed = $util.newBuffer([]);

                let $oneOfFields;

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(HmacAuthCredential.prototype, "_username", {
                    get: $util.oneOfGetter($oneOfFields = ["username"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                HmacAuthCredential.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id.length)
                        writer.uint32(10).bytes(message.id);
                    if (message.created_at != null && $Object.hasOwnProperty.call(message, "created_at") && (typeof message.created_at === "object" ? message.created_at.low || message.created_at.high : message.created_at !== 0))
                        writer.uint32(16).int64(message.created_at);
                    if (message.updated_at != null && $Object.hasOwnProperty.call(message, "updated_at") && (typeof message.updated_at === "object" ? message.updated_at.low || message.updated_at.high : message.updated_at !== 0))
                        writer.uint32(24).int64(message.updated_at);
                    if (message.tags != null && $Object.hasOwnProperty.call(message, "tags"))
                        $root.holdfast.config.v1.StringList.encode(message.tags, writer.uint32(34).fork(), _depth + 1).ldelim();
                    if (message.consumer != null && $Object.hasOwnProperty.call(message, "consumer") && message.consumer.length)
                        writer.uint32(82).bytes(message.consumer);
                    if (message.username != null && $Object.hasOwnProperty.call(message, "username"))
                        writer.uint32(90).string(message.username);
                    if (message.secret_sealed != null && $Object.hasOwnProperty.call(message, "secret_sealed") && message.secret_sealed.length)
                        writer.uint32(98).bytes(message.secret_sealed);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                HmacAuthCredential.decode = function (reader, length, _end, _depth, _target) {
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
                    message = _target || new $root.holdfast.config.v1.HmacAuthCredential();
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
                                    message.id = value;
                                else
                                    delete message.id;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.created_at = value;
                                else
                                    delete message.created_at;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.updated_at = value;
                                else
                                    delete message.updated_at;
                                continue;
                            }
                        case 4: {
                                if (wireType !== 2)
                                    break;
                                message.tags = $root.holdfast.config.v1.StringList.decode(reader, reader.size(), $undefined, _depth + 1, message.tags);
                                continue;
                            }
                        case 10: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.consumer = value;
                                else
                                    delete message.consumer;
                                continue;
                            }
                        case 11: {
                                if (wireType !== 2)
                                    break;
                                message.username = reader.stringVerify();
                                message._username = "username";
                                continue;
                            }
                        case 12: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.secret_sealed = value;
                                else
                                    delete message.secret_sealed;
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

                return HmacAuthCredential;
            })();

            v1.JwtSecret = (function() {

                const JwtSecret = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                JwtSecret.prototype.id = $util.newBuffer([]);
                JwtSecret.prototype.created_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                JwtSecret.prototype.updated_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                JwtSecret.prototype.tags = null;
                JwtSecret.prototype.consumer = $util.newBuffer([]);
                JwtSecret.prototype.key = null;
                JwtSecret.prototype.secret_sealed = $util.newBuffer([]);
                JwtSecret.prototype.rsa_public_key = null;
                JwtSecret.prototype.algorithm = null;

                let $oneOfFields;

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(JwtSecret.prototype, "_key", {
                    get: $util.oneOfGetter($oneOfFields = ["key"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(JwtSecret.prototype, "_rsa_public_key", {
                    get: $util.oneOfGetter($oneOfFields = ["rsa_public_key"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(JwtSecret.prototype, "_algorithm", {
                    get: $util.oneOfGetter($oneOfFields = ["algorithm"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                JwtSecret.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id.length)
                        writer.uint32(10).bytes(message.id);
                    if (message.created_at != null && $Object.hasOwnProperty.call(message, "created_at") && (typeof message.created_at === "object" ? message.created_at.low || message.created_at.high : message.created_at !== 0))
                        writer.uint32(16).int64(message.created_at);
                    if (message.updated_at != null && $Object.hasOwnProperty.call(message, "updated_at") && (typeof message.updated_at === "object" ? message.updated_at.low || message.updated_at.high : message.updated_at !== 0))
                        writer.uint32(24).int64(message.updated_at);
                    if (message.tags != null && $Object.hasOwnProperty.call(message, "tags"))
                        $root.holdfast.config.v1.StringList.encode(message.tags, writer.uint32(34).fork(), _depth + 1).ldelim();
                    if (message.consumer != null && $Object.hasOwnProperty.call(message, "consumer") && message.consumer.length)
                        writer.uint32(82).bytes(message.consumer);
                    if (message.key != null && $Object.hasOwnProperty.call(message, "key"))
                        writer.uint32(90).string(message.key);
                    if (message.secret_sealed != null && $Object.hasOwnProperty.call(message, "secret_sealed") && message.secret_sealed.length)
                        writer.uint32(98).bytes(message.secret_sealed);
                    if (message.rsa_public_key != null && $Object.hasOwnProperty.call(message, "rsa_public_key"))
                        writer.uint32(106).string(message.rsa_public_key);
                    if (message.algorithm != null && $Object.hasOwnProperty.call(message, "algorithm"))
                        writer.uint32(114).string(message.algorithm);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                JwtSecret.decode = function (reader, length, _end, _depth, _target) {
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
                    message = _target || new $root.holdfast.config.v1.JwtSecret();
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
                                    message.id = value;
                                else
                                    delete message.id;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.created_at = value;
                                else
                                    delete message.created_at;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.updated_at = value;
                                else
                                    delete message.updated_at;
                                continue;
                            }
                        case 4: {
                                if (wireType !== 2)
                                    break;
                                message.tags = $root.holdfast.config.v1.StringList.decode(reader, reader.size(), $undefined, _depth + 1, message.tags);
                                continue;
                            }
                        case 10: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.consumer = value;
                                else
                                    delete message.consumer;
                                continue;
                            }
                        case 11: {
                                if (wireType !== 2)
                                    break;
                                message.key = reader.stringVerify();
                                message._key = "key";
                                continue;
                            }
                        case 12: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.secret_sealed = value;
                                else
                                    delete message.secret_sealed;
                                continue;
                            }
                        case 13: {
                                if (wireType !== 2)
                                    break;
                                message.rsa_public_key = reader.stringVerify();
                                message._rsa_public_key = "rsa_public_key";
                                continue;
                            }
                        case 14: {
                                if (wireType !== 2)
                                    break;
                                message.algorithm = reader.stringVerify();
                                message._algorithm = "algorithm";
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

                return JwtSecret;
            })();

            v1.Oauth2Credential = (function() {

                const Oauth2Credential = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                Oauth2Credential.prototype.id = $util.newBuffer([]);
                Oauth2Credential.prototype.created_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                Oauth2Credential.prototype.updated_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                Oauth2Credential.prototype.tags = null;
                Oauth2Credential.prototype.consumer = $util.newBuffer([]);
                Oauth2Credential.prototype.name = null;
                Oauth2Credential.prototype.client_id = null;
                Oauth2Credential.prototype.client_secret_digest = $util.newBuffer([]);
                Oauth2Credential.prototype.hash_secret = null;
                Oauth2Credential.prototype.redirect_uris = null;
                Oauth2Credential.prototype.client_type = null;

                let $oneOfFields;

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Oauth2Credential.prototype, "_name", {
                    get: $util.oneOfGetter($oneOfFields = ["name"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Oauth2Credential.prototype, "_client_id", {
                    get: $util.oneOfGetter($oneOfFields = ["client_id"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Oauth2Credential.prototype, "_hash_secret", {
                    get: $util.oneOfGetter($oneOfFields = ["hash_secret"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Oauth2Credential.prototype, "_client_type", {
                    get: $util.oneOfGetter($oneOfFields = ["client_type"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                Oauth2Credential.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id.length)
                        writer.uint32(10).bytes(message.id);
                    if (message.created_at != null && $Object.hasOwnProperty.call(message, "created_at") && (typeof message.created_at === "object" ? message.created_at.low || message.created_at.high : message.created_at !== 0))
                        writer.uint32(16).int64(message.created_at);
                    if (message.updated_at != null && $Object.hasOwnProperty.call(message, "updated_at") && (typeof message.updated_at === "object" ? message.updated_at.low || message.updated_at.high : message.updated_at !== 0))
                        writer.uint32(24).int64(message.updated_at);
                    if (message.tags != null && $Object.hasOwnProperty.call(message, "tags"))
                        $root.holdfast.config.v1.StringList.encode(message.tags, writer.uint32(34).fork(), _depth + 1).ldelim();
                    if (message.consumer != null && $Object.hasOwnProperty.call(message, "consumer") && message.consumer.length)
                        writer.uint32(82).bytes(message.consumer);
                    if (message.name != null && $Object.hasOwnProperty.call(message, "name"))
                        writer.uint32(90).string(message.name);
                    if (message.client_id != null && $Object.hasOwnProperty.call(message, "client_id"))
                        writer.uint32(98).string(message.client_id);
                    if (message.client_secret_digest != null && $Object.hasOwnProperty.call(message, "client_secret_digest") && message.client_secret_digest.length)
                        writer.uint32(106).bytes(message.client_secret_digest);
                    if (message.hash_secret != null && $Object.hasOwnProperty.call(message, "hash_secret"))
                        writer.uint32(112).bool(message.hash_secret);
                    if (message.redirect_uris != null && $Object.hasOwnProperty.call(message, "redirect_uris"))
                        $root.holdfast.config.v1.StringList.encode(message.redirect_uris, writer.uint32(122).fork(), _depth + 1).ldelim();
                    if (message.client_type != null && $Object.hasOwnProperty.call(message, "client_type"))
                        writer.uint32(130).string(message.client_type);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                Oauth2Credential.decode = function (reader, length, _end, _depth, _target) {
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
                    message = _target || new $root.holdfast.config.v1.Oauth2Credential();
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
                                    message.id = value;
                                else
                                    delete message.id;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.created_at = value;
                                else
                                    delete message.created_at;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.updated_at = value;
                                else
                                    delete message.updated_at;
                                continue;
                            }
                        case 4: {
                                if (wireType !== 2)
                                    break;
                                message.tags = $root.holdfast.config.v1.StringList.decode(reader, reader.size(), $undefined, _depth + 1, message.tags);
                                continue;
                            }
                        case 10: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.consumer = value;
                                else
                                    delete message.consumer;
                                continue;
                            }
                        case 11: {
                                if (wireType !== 2)
                                    break;
                                message.name = reader.stringVerify();
                                message._name = "name";
                                continue;
                            }
                        case 12: {
                                if (wireType !== 2)
                                    break;
                                message.client_id = reader.stringVerify();
                                message._client_id = "client_id";
                                continue;
                            }
                        case 13: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.client_secret_digest = value;
                                else
                                    delete message.client_secret_digest;
                                continue;
                            }
                        case 14: {
                                if (wireType !== 0)
                                    break;
                                message.hash_secret = reader.bool();
                                message._hash_secret = "hash_secret";
                                continue;
                            }
                        case 15: {
                                if (wireType !== 2)
                                    break;
                                message.redirect_uris = $root.holdfast.config.v1.StringList.decode(reader, reader.size(), $undefined, _depth + 1, message.redirect_uris);
                                continue;
                            }
                        case 16: {
                                if (wireType !== 2)
                                    break;
                                message.client_type = reader.stringVerify();
                                message._client_type = "client_type";
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

                return Oauth2Credential;
            })();

            v1.MtlsAuthCredential = (function() {

                const MtlsAuthCredential = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                MtlsAuthCredential.prototype.id = $util.newBuffer([]);
                MtlsAuthCredential.prototype.created_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                MtlsAuthCredential.prototype.updated_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                MtlsAuthCredential.prototype.tags = null;
                MtlsAuthCredential.prototype.consumer = $util.newBuffer([]);
                MtlsAuthCredential.prototype.subject_name = null;
                MtlsAuthCredential.prototype.ca_certificate = $util.newBuffer([]);

                let $oneOfFields;

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(MtlsAuthCredential.prototype, "_subject_name", {
                    get: $util.oneOfGetter($oneOfFields = ["subject_name"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                MtlsAuthCredential.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id.length)
                        writer.uint32(10).bytes(message.id);
                    if (message.created_at != null && $Object.hasOwnProperty.call(message, "created_at") && (typeof message.created_at === "object" ? message.created_at.low || message.created_at.high : message.created_at !== 0))
                        writer.uint32(16).int64(message.created_at);
                    if (message.updated_at != null && $Object.hasOwnProperty.call(message, "updated_at") && (typeof message.updated_at === "object" ? message.updated_at.low || message.updated_at.high : message.updated_at !== 0))
                        writer.uint32(24).int64(message.updated_at);
                    if (message.tags != null && $Object.hasOwnProperty.call(message, "tags"))
                        $root.holdfast.config.v1.StringList.encode(message.tags, writer.uint32(34).fork(), _depth + 1).ldelim();
                    if (message.consumer != null && $Object.hasOwnProperty.call(message, "consumer") && message.consumer.length)
                        writer.uint32(82).bytes(message.consumer);
                    if (message.subject_name != null && $Object.hasOwnProperty.call(message, "subject_name"))
                        writer.uint32(90).string(message.subject_name);
                    if (message.ca_certificate != null && $Object.hasOwnProperty.call(message, "ca_certificate") && message.ca_certificate.length)
                        writer.uint32(98).bytes(message.ca_certificate);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                MtlsAuthCredential.decode = function (reader, length, _end, _depth, _target) {
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
                    message = _target || new $root.holdfast.config.v1.MtlsAuthCredential();
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
                                    message.id = value;
                                else
                                    delete message.id;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.created_at = value;
                                else
                                    delete message.created_at;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.updated_at = value;
                                else
                                    delete message.updated_at;
                                continue;
                            }
                        case 4: {
                                if (wireType !== 2)
                                    break;
                                message.tags = $root.holdfast.config.v1.StringList.decode(reader, reader.size(), $undefined, _depth + 1, message.tags);
                                continue;
                            }
                        case 10: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.consumer = value;
                                else
                                    delete message.consumer;
                                continue;
                            }
                        case 11: {
                                if (wireType !== 2)
                                    break;
                                message.subject_name = reader.stringVerify();
                                message._subject_name = "subject_name";
                                continue;
                            }
                        case 12: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.ca_certificate = value;
                                else
                                    delete message.ca_certificate;
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

                return MtlsAuthCredential;
            })();

            v1.Acl = (function() {

                const Acl = function (properties) {
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                Acl.prototype.id = $util.newBuffer([]);
                Acl.prototype.created_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                Acl.prototype.updated_at = $util.Long ? $util.Long.fromBits(0,0,false) : 0;
                Acl.prototype.tags = null;
                Acl.prototype.consumer = $util.newBuffer([]);
                Acl.prototype.group = null;

                let $oneOfFields;

                // Virtual OneOf for proto3 optional field
                $Object.defineProperty(Acl.prototype, "_group", {
                    get: $util.oneOfGetter($oneOfFields = ["group"]),
                    set: $util.oneOfSetter($oneOfFields)
                });

                Acl.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id.length)
                        writer.uint32(10).bytes(message.id);
                    if (message.created_at != null && $Object.hasOwnProperty.call(message, "created_at") && (typeof message.created_at === "object" ? message.created_at.low || message.created_at.high : message.created_at !== 0))
                        writer.uint32(16).int64(message.created_at);
                    if (message.updated_at != null && $Object.hasOwnProperty.call(message, "updated_at") && (typeof message.updated_at === "object" ? message.updated_at.low || message.updated_at.high : message.updated_at !== 0))
                        writer.uint32(24).int64(message.updated_at);
                    if (message.tags != null && $Object.hasOwnProperty.call(message, "tags"))
                        $root.holdfast.config.v1.StringList.encode(message.tags, writer.uint32(34).fork(), _depth + 1).ldelim();
                    if (message.consumer != null && $Object.hasOwnProperty.call(message, "consumer") && message.consumer.length)
                        writer.uint32(82).bytes(message.consumer);
                    if (message.group != null && $Object.hasOwnProperty.call(message, "group"))
                        writer.uint32(90).string(message.group);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                Acl.decode = function (reader, length, _end, _depth, _target) {
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
                    message = _target || new $root.holdfast.config.v1.Acl();
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
                                    message.id = value;
                                else
                                    delete message.id;
                                continue;
                            }
                        case 2: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.created_at = value;
                                else
                                    delete message.created_at;
                                continue;
                            }
                        case 3: {
                                if (wireType !== 0)
                                    break;
                                if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                                    message.updated_at = value;
                                else
                                    delete message.updated_at;
                                continue;
                            }
                        case 4: {
                                if (wireType !== 2)
                                    break;
                                message.tags = $root.holdfast.config.v1.StringList.decode(reader, reader.size(), $undefined, _depth + 1, message.tags);
                                continue;
                            }
                        case 10: {
                                if (wireType !== 2)
                                    break;
                                if ((value = reader.bytes()).length)
                                    message.consumer = value;
                                else
                                    delete message.consumer;
                                continue;
                            }
                        case 11: {
                                if (wireType !== 2)
                                    break;
                                message.group = reader.stringVerify();
                                message._group = "group";
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

                return Acl;
            })();

            v1.BytesList = (function() {

                const BytesList = function (properties) {
                    this.values = [];
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                BytesList.prototype.values = $util.emptyArray;

                BytesList.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.values != null && message.values.length)
                        for (let i = 0; i < message.values.length; ++i)
                            writer.uint32(10).bytes(message.values[i]);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                BytesList.decode = function (reader, length, _end, _depth, _target) {
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
                    message = _target || new $root.holdfast.config.v1.BytesList();
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
                                if (!(message.values && message.values.length))
                                    message.values = [];
                                message.values.push(reader.bytes());
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

                return BytesList;
            })();

            v1.IntegerList = (function() {

                const IntegerList = function (properties) {
                    this.values = [];
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                IntegerList.prototype.values = $util.emptyArray;

                IntegerList.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.values != null && message.values.length)
                        writer.uint32(10).int64s(message.values);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                IntegerList.decode = function (reader, length, _end, _depth, _target) {
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
                    message = _target || new $root.holdfast.config.v1.IntegerList();
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
                                if (wireType === 2) {
                                    if (!(message.values && message.values.length))
                                        message.values = [];
                                    reader.int64s(message.values);
                                    continue;
                                }
                                if (wireType !== 0)
                                    break;
                                if (!(message.values && message.values.length))
                                    message.values = [];
                                message.values.push(reader.int64());
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

                return IntegerList;
            })();

            v1.StringList = (function() {

                const StringList = function (properties) {
                    this.values = [];
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                StringList.prototype.values = $util.emptyArray;

                StringList.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.values != null && message.values.length)
                        for (let i = 0; i < message.values.length; ++i)
                            writer.uint32(10).string(message.values[i]);
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                StringList.decode = function (reader, length, _end, _depth, _target) {
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
                    message = _target || new $root.holdfast.config.v1.StringList();
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
                                if (!(message.values && message.values.length))
                                    message.values = [];
                                message.values.push(reader.stringVerify());
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

                return StringList;
            })();

            v1.StringListMap = (function() {

                const StringListMap = function (properties) {
                    this.entries = {};
                    if (properties)
                        for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                            if (properties[keys[i]] != null && keys[i] !== "__proto__")
                                this[keys[i]] = properties[keys[i]];
                };

                StringListMap.prototype.entries = $util.emptyObject;

                StringListMap.encode = function (message, writer, _depth) {
                    if (!writer)
                        writer = $Writer.create();
                    if (_depth === $undefined)
                        _depth = 0;
                    if (_depth > $util.recursionLimit)
                        throw $Error("max depth exceeded");
                    if (message.entries != null && $Object.hasOwnProperty.call(message, "entries"))
                        for (let keys = $Object.keys(message.entries), i = 0; i < keys.length; ++i) {
                            writer.uint32(10).fork().uint32(10).string(keys[i]);
                            $root.holdfast.config.v1.StringList.encode(message.entries[keys[i]], writer.uint32(18).fork(), _depth + 1).ldelim().ldelim();
                        }
                    if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                        for (let i = 0; i < message.$unknowns.length; ++i)
                            writer.raw(message.$unknowns[i]);
                    return writer;
                };

                StringListMap.decode = function (reader, length, _end, _depth, _target) {
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
                    message = _target || new $root.holdfast.config.v1.StringListMap();
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
                                if (message.entries === $util.emptyObject)
                                    message.entries = {};
                                let end2 = reader.size() + reader.pos;
                                if (end2 > reader.len)
                                    throw $RangeError("index out of range");
                                reader.len = end2;
                                key = "";
                                value = null;
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
                                        value = $root.holdfast.config.v1.StringList.decode(reader, reader.size(), $undefined, _depth + 1, value);
                                        continue;
                                    }
                                    reader.skipType(wireType, _depth, tag2);
                                }
                                if (reader.pos !== end2)
                                    throw $RangeError("index out of range");
                                reader.len = end;
                                if (key === "__proto__")
                                    $util.makeProp(message.entries, key);
                                message.entries[key] = value || new $root.holdfast.config.v1.StringList();
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

                return StringListMap;
            })();

            return v1;
        })();

        return config;
    })();

    return holdfast;
})();

export {
  $root as default
};
