// The far end: answers STUN, and writes down how long each packet of the stream was on its way by the kernel's stamp of its
// arrival. Usage: node far.mjs FAMILY PORT; ends with its input and prints a JSON object, segment to delays in nanoseconds.
import { openMediaSocket } from "whither";
import { bindingSuccess, readStamp } from "./packets.mjs";

const [family = "4", port = "9000"] = process.argv.slice(2);
const delays = {};

const socket = openMediaSocket(
	{ family: Number(family), port: Number(port) },
	{
		received: ({ from, kind, bytes, at }) => {
			if (kind === "stun") socket.send(from, bindingSuccess(bytes));
			if (kind !== "rtp") return;
			const { segment, sentAt, lateNs } = readStamp(bytes);
			delays[segment] ??= { delayNs: [], lateNs: [] };
			delays[segment].delayNs.push(Number(socket.clock.toUnix(at) - sentAt));
			delays[segment].lateNs.push(lateNs);
		},
	},
);
console.log("ready");
process.stdin.resume().once("end", () => {
	console.log(JSON.stringify({ delays, dropped: socket.counters.dropped }));
	socket.close();
});
