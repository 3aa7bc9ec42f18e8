'use strict';
// The inside of a JavaScript job. Descriptor 3 brings the order and takes the reports: frames with four bytes of length
// in front, plain data as tagged JSON, as in protocol.py. The candidate shares this process and may forge every report,
// but only to what its function could have returned anyway: no wanted value ever comes here.
const fs = require('fs');
const vm = require('vm');

const CHANNEL = 3;
const DEEPEST = 100;
const MOST_ITEMS = 200000;
const MOST_BITS = 14283n;
const ES_MODULE = /^\s*(import\b(?!\s*\()|export\b)/m;

class NotPlain extends Error {}

function readExactly(size) {
  const buffer = Buffer.alloc(size);
  let at = 0;
  while (at < size) {
    const got = fs.readSync(CHANNEL, buffer, at, size - at, null);
    if (got === 0) process.exit(96);
    at += got;
  }
  return buffer;
}

function tell(message) {
  const payload = Buffer.from(message, 'latin1');
  const frame = Buffer.alloc(4 + payload.length);
  frame.writeUInt32BE(payload.length, 0);
  payload.copy(frame, 4);
  for (let at = 0; at < frame.length; ) at += fs.writeSync(CHANNEL, frame, at);
}

function ascii(text) {
  const quoted = JSON.stringify(text); // lone surrogates come out escaped
  return quoted.replace(/[\u007f-\uffff]/g, (it) => '\\u' + it.charCodeAt(0).toString(16).padStart(4, '0'));
}

class Tagger {
  constructor() {
    this.items = MOST_ITEMS;
  }

  tag(value, depth) {
    if (value === null) return 'null';
    switch (typeof value) {
      case 'boolean':
        return String(value);
      case 'string':
        return ascii(value);
      case 'number':
        return number(value);
      case 'bigint':
        return large(value);
      case 'object':
        return this.container(value, depth);
      default:
        throw new NotPlain(`${typeof value} is not plain data`);
    }
  }

  container(value, depth) {
    if (depth === 0) throw new NotPlain('nested too deeply');
    if (Array.isArray(value)) {
      this.count(value.length);
      const parts = [];
      for (let at = 0; at < value.length; at++) parts.push(this.tag(value[at], depth - 1));
      return ['["l"', ...parts].join(',') + ']';
    }
    const prototype = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) {
      throw new NotPlain(`an object of class ${prototype.constructor && prototype.constructor.name} is not plain data`);
    }
    const keys = Object.keys(value);
    this.count(2 * keys.length);
    let text = '["d"';
    for (const key of keys) text += ',' + ascii(key) + ',' + this.tag(value[key], depth - 1);
    return text + ']';
  }

  count(more) {
    this.items -= more;
    if (this.items < 0) throw new NotPlain('too many items');
  }
}

function number(value) {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  if (Object.is(value, -0)) return '-0.0';
  if (Number.isSafeInteger(value)) return String(value);
  const text = String(value);
  return /[.e]/.test(text) ? text : text + '.0'; // whole, but beyond what is exact: a float on the other side
}

function large(value) {
  const text = (value < 0n ? -value : value).toString(16);
  if (BigInt(text.length) * 4n > MOST_BITS) throw new NotPlain('a BigInt is too large');
  return `["i",${ascii((value < 0n ? '-' : '') + text)}]`;
}

function describe(mishap) {
  try {
    if (mishap instanceof Error) return `${mishap.name}: ${mishap.message}`.slice(0, 2000);
    return `thrown: ${String(mishap)}`.slice(0, 2000);
  } catch {
    return 'thrown: something that cannot be shown';
  }
}

function nameOf(mishap) {
  try {
    return String((mishap && mishap.name) || typeof mishap).slice(0, 200);
  } catch {
    return 'Error';
  }
}

function end(status, detail) {
  tell(`["t","end",${ascii(status)},${ascii(detail)},null]`);
  process.reallyExit(0);
}

async function load(source) {
  globalThis.require = require;
  globalThis.module = { exports: {} };
  globalThis.exports = globalThis.module.exports;
  globalThis.__filename = '/candidate.js';
  globalThis.__dirname = '/';
  let script;
  try {
    script = new vm.Script(source, { filename: 'candidate.js' });
  } catch (mishap) {
    if (!ES_MODULE.test(source)) throw mishap;
    return import('data:text/javascript;base64,' + Buffer.from(source).toString('base64'));
  }
  script.runInThisContext();
  return globalThis.module.exports;
}

function resolve(name, exported) {
  const [first, ...rest] = name.split('.');
  let found;
  if (exported && Object.prototype.hasOwnProperty.call(exported, first)) found = exported[first];
  else if (exported && typeof exported.default === 'function' && exported.default.name === first) found = exported.default;
  else if (typeof exported === 'function' && exported.name === first) found = exported;
  else found = vm.runInThisContext(first);
  for (const part of rest) found = found[part];
  if (typeof found !== 'function') throw new TypeError(`${name} is not a function`);
  return found;
}

async function answer(call, values) {
  let value;
  try {
    value = await call(...values);
  } catch (mishap) {
    const name = ascii(nameOf(mishap));
    return tell(`["t","answer","raised","Exception",${name},["t",${ascii(describe(mishap))}]]`);
  }
  tell(`["t","answer","value",${new Tagger().tag(value, DEEPEST)}]`);
}

async function main() {
  const order = JSON.parse(readExactly(readExactly(4).readUInt32BE(0)).toString('utf8'));
  let call;
  if (order.entry_point === null) {
    process.on('uncaughtException', (mishap) => end('raised', describe(mishap)));
    await load(order.source);
    return;
  }
  try {
    call = resolve(order.entry_point, await load(order.source));
  } catch (mishap) {
    end('error', describe(mishap));
  }
  for (const values of order.calls) {
    try {
      await answer(call, values);
    } catch (mishap) {
      end(mishap instanceof NotPlain ? 'not_plain' : 'error', describe(mishap));
    }
  }
  end('ok', '');
}

main().catch((mishap) => end(mishap instanceof SyntaxError ? 'error' : 'raised', describe(mishap)));
