/** Where does the time go? The link that adds most to the round trip. `node examples/slow-hop.ts HOST` */
import { DEMO, simulated, trace, verdict } from "whither";

const host = process.argv[2];
const run =
	host === undefined ? trace(DEMO.trace.to, { world: simulated(DEMO), queries: 5 }) : trace(host, { queries: 5 });
const result = await run.result;

// The smallest round trip of a hop is the one that waited least in queues and in slow control planes.
const best = result.hops.flatMap((hop) => {
	const rtts = hop.probes.flatMap((probe) => probe.rttNs ?? []);
	return rtts.length === 0
		? []
		: [{ ttl: hop.ttl, from: hop.probes.find((probe) => probe.from)?.from, rttNs: Math.min(...rtts) }];
});

// A hop slower than one behind it is a router slow to answer, not a slow link: count only what later hops share.
const lasting = best.map((hop, index) => ({
	...hop,
	rttNs: Math.min(...best.slice(index).map((later) => later.rttNs)),
}));
const steps = lasting.map((hop, index) => ({ ...hop, addedNs: hop.rttNs - (lasting[index - 1]?.rttNs ?? 0) }));
const slowest = steps.reduce((worst, step) => (step.addedNs > worst.addedNs ? step : worst));

console.log(`hop ${slowest.ttl} (${slowest.from}) adds ${(slowest.addedNs / 1e6).toFixed(1)} ms`);
console.log(verdict(result).sentence);
