// The near end: sends a stream in segments, quiet and traced in turn. Usage: node near.mjs JSON, see run.mjs.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { openMediaSocket, traceFlow } from "whither";
import { stampedPacket } from "./packets.mjs";

const { family, remote, perSecond, seconds, segments, kind } = JSON.parse(process.argv[2]);
const media = openMediaSocket({ family }, { received: () => {} });
const { clock } = media;
const lent = kind === "dgram" ? await boundDgram() : media;
const failed = [];

async function boundDgram() {
	const socket = createSocket(family === 4 ? "udp4" : "udp6");
	socket.bind(0);
	await once(socket, "listening");
	return socket;
}

function send(packet) {
	if (lent === media) {
		const error = media.send(remote, packet);
		if (error !== null) failed.push(error.errnoName);
	} else lent.send(packet, remote.port, remote.address, (error) => error && failed.push(error.message));
}

/** Sends one segment; resolves when all of it has left. */
function stream(segment) {
	const startedAt = clock.now();
	const total = perSecond * seconds;
	let next = 0;
	return new Promise((resolve) => {
		const timer = setInterval(() => {
			for (let now = clock.now(); next < total && now - startedAt >= (next / perSecond) * 1e9; now = clock.now()) {
				const lateNs = now - startedAt - (next / perSecond) * 1e9;
				send(stampedPacket(segment, next++, { sentAt: clock.toUnix(now), lateNs }));
			}
			if (next < total) return;
			clearInterval(timer);
			resolve();
		}, 1);
	});
}

async function traceUntil(done, options) {
	let [traces, probes, hops] = [0, 0, 0];
	for (let ended = false; !ended; ) {
		done.then(() => {
			ended = true;
		});
		const result = await traceFlow(lent, remote, options).result;
		traces++;
		probes += result.counters.sent;
		hops = result.hops.length;
	}
	return { traces, probes, hops };
}

const report = [];
for (const [segment, options] of segments.entries()) {
	const done = stream(segment);
	report.push(options === null ? null : await traceUntil(done, options));
	await done;
	// A lent dgram socket is Node's again.
	await wait(kind === "dgram" ? 1_200 : 100);
}
console.log(JSON.stringify({ report, failed, sentAgain: media.counters.sentAgain }));
media.close();
if (lent !== media) lent.close();
