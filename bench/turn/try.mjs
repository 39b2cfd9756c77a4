import { openPlace, startLoad } from "./place.mjs";
import { awaitServer, startServer } from "./servers.mjs";

const place = await openPlace();
const load = startLoad(place);
const kind = process.argv[2];
try {
	const running = await awaitServer(await startServer(place, kind), load);
	const { server, pid } = running;
	for (const text of process.argv.slice(3)) {
		const r = await load.ask({ server, pid, ...JSON.parse(text) });
		if (r.watched)
			for (const k of ["direct", "toPeer", "toClient"]) {
				const d = r.watched[k].sort((a, b) => a - b);
				r.watched[k] = [d.length, d[d.length >> 1], d[Math.floor(d.length * 0.99)]];
			}
		console.log(
			text,
			JSON.stringify(r),
			r.relayed
				? `us/packet ${r.processorNs / r.relayed / 1e3}, relayed/s ${r.relayed / r.seconds}, cpu ${r.processorNs / r.seconds / 1e9}`
				: r.answered
					? `us/answer ${r.processorNs / r.answered / 1e3} answered/s ${r.answered / r.seconds}`
					: "",
		);
	}
	await running.close();
} finally {
	load.close();
	await place.lab.close();
}
