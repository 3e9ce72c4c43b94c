import protobuf = require('protobufjs/minimal.js');
export = protobuf;
