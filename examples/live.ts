/** Watch a path for ten rounds and say which hops lose packets. `node examples/live.ts HOST`; without HOST, in the simulated internet. */
import { DEMO, live, simulated } from "whither";

const host = process.argv[2];
const rounds = 10;
const run =
	host === undefined
		? live(DEMO.trace.to, { world: simulated(DEMO), rounds })
		: live(host, { names: true, intervalMs: 500, rounds });

for await (const event of run) {
	if (event.type === "start")
		console.log(`${event.target.name} by ${event.method}, ${event.intervalNs / 1e6} ms a round`);
}

const { summary } = await run.result;
for (const { ttl, answerers, received, sent, rtt, lossMeaning } of summary.hops) {
	const who = answerers.map(({ name, address }) => name ?? address).join(", ") || "nobody";
	const took = rtt === null ? "" : `, ${(rtt.avgNs / 1e6).toFixed(1)} ms (95 %: ${(rtt.p95Ns / 1e6).toFixed(1)})`;
	console.log(`${ttl}: ${who}, ${received} of ${sent}${took}${lossMeaning === "none" ? "" : `, ${lossMeaning}`}`);
}
