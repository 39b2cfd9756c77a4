/** Print each hop as it is complete. `node examples/events.ts HOST`; without HOST, in the simulated internet. */
import { DEMO, simulated, trace } from "whither";

const host = process.argv[2];
const run = host === undefined ? trace(DEMO.trace.to, { world: simulated(DEMO) }) : trace(host, { names: true });

for await (const event of run) {
	if (event.type === "start") console.log(`to ${event.target.name} from ${event.source.address} by ${event.method}`);
	if (event.type !== "hop") continue;
	const answers = event.hop.probes.filter((probe) => probe.status === "reply");
	const who = [...new Set(answers.map((probe) => probe.name ?? probe.from))].join(", ");
	console.log(`${event.hop.ttl}: ${who || "nobody"} (${answers.length} of ${event.hop.probes.length})`);
}

const { stopReason, durationNs } = await run.result;
console.log(`${stopReason} after ${(durationNs / 1e6).toFixed(1)} ms`);
