/**
 * Trace the path of a stream while it flows, on its own socket. `node examples/trace-flow.ts ADDRESS PORT`; without
 * these, towards a far end in this program that sends everything back.
 */
import { openMediaSocket, traceFlow } from "whither";

const far = openMediaSocket(
	{ family: 4, address: "127.0.0.1" },
	{ received: ({ from, bytes }) => void far.send(from, bytes) },
);
const [address = far.local.address, port = String(far.local.port)] = process.argv.slice(2);
const remote = { address, port: Number(port) };

let heard = 0;
const socket = openMediaSocket({ family: address.includes(":") ? 6 : 4 }, { received: () => void heard++ });
let sent = 0;
const stream = setInterval(() => {
	const packet = new Uint8Array(172);
	packet.set([0x80, 0, sent >> 8, sent & 0xff]);
	const error = socket.send(remote, packet);
	if (error === null) sent++;
	else console.log(`packet ${sent} did not leave: ${error.errnoName}`);
}, 20);

const run = traceFlow(socket, remote, { method: remote.port === far.local.port ? "udp" : "stun", names: true });
for await (const event of run) {
	if (event.type === "start") console.log(`from port ${event.source.port}, as the stream does`);
	if (event.type !== "hop") continue;
	const [probe] = event.hop.probes;
	const time = probe?.rttNs == null ? "*" : `${(probe.rttNs / 1e6).toFixed(2)} ms`;
	console.log(`${event.hop.ttl}: ${probe?.from ?? "nobody"} ${time}`);
}
console.log(`${(await run.result).stopReason} by channel ${(await run.result).channel}`);
// A second of the stream, come what may.
await new Promise((resolve) => setTimeout(resolve, 1_000));
clearInterval(stream);
await new Promise((resolve) => setTimeout(resolve, 100));
console.log(`${sent} packets sent, ${heard} came back`);
for (const one of [socket, far]) one.close();
