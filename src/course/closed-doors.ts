// Loaded before anything else into the process that runs a submission. Node's permission model closes files, processes, workers and
// native code; this closes what it leaves open, and takes the orders over a plain pipe: a channel of Node's own would let a submission
// upset the process at its other end.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { ORDER_DESCRIPTOR } from './order-descriptor.js';

const net = require('node:net') as typeof import('node:net');
const dgram = require('node:dgram') as typeof import('node:dgram');
const dns = require('node:dns') as Record<string, unknown>;
const v8 = require('node:v8') as Record<string, unknown>;

const orders = new net.Socket({ fd: ORDER_DESCRIPTOR, readable: true, writable: false });
createInterface({ input: orders })
  .on('line', (line) => process.emit('message', JSON.parse(line), undefined))
  .on('close', () => process.emit('disconnect'));

function close(owner: object, name: string): void {
  const closed = () => {
    throw new Error(`${name} is closed to a submission`);
  };
  if (name in owner)
    Object.defineProperty(owner, name, { value: closed, writable: false, configurable: false });
}

close(net.Socket.prototype, 'connect');
close(net.Server.prototype, 'listen');
for (const name of Object.keys(net)) if (name.startsWith('_')) close(net, name);
close(dgram, 'createSocket');
close(dgram.Socket.prototype, 'bind');
close(dgram.Socket.prototype, 'send');
for (const owner of [dns, dns.promises as object])
  for (const name of Object.keys(owner)) if (/^(lookup|resolve|reverse)/.test(name)) close(owner, name);
for (const name of ['setFlagsFromString', 'startupSnapshot']) close(v8, name);
close(require('node:trace_events') as object, 'createTracing');
close(require('node:module') as object, 'enableCompileCache');
// Signals to the grader, its debugger, users, handles of open pipes. Last: modules of Node's own replace some of these when loaded.
require('node:worker_threads');
for (const name of Object.getOwnPropertyNames(process))
  if (
    /^_(debug|kill|getActive|linked)/.test(name) ||
    /^(kill|abort|chdir|setu?g?id|sete[ug]id|setgroups|initgroups|dlopen|execve)$/.test(name)
  )
    close(process, name);

// Nothing in the box changes. What changes in folders above it would upset the compiler, which watches these too.
const { sys } = createRequire(require.resolve('tslab/package.json'))('@tslab/typescript-for-tslab') as {
  sys: Record<'watchFile' | 'watchDirectory', () => { close(): void }>;
};
sys.watchFile = sys.watchDirectory = () => ({ close: () => {} });
