// Part "stun": a whole STUN trace as an ordinary user from behind a NAT, 30 hops and 60 ms away, IPv4 and IPv6.
import { chainScenario, coturnObstacle, openCoturn, openLab, runWhither } from "@whither/lab";
import { formatTable, medians } from "./figures.mjs";

const ROUTERS = 29;
const RTT_MS = 60;
const LIMIT = 1.1;
const FAMILIES = [4, 6];

/** The first router is a home's: everyone behind it has its address. */
const NAT = { 1: { nat: { kind: "masquerade", outside: "r2" } } };

/**
 * `simulated`: our own server, every hop 2 ms farther. `kernel`: real routers, the whole delay on the first link, and coturn
 * behind them.
 */
const WORLDS = [
	{
		name: "our server, simulated routers",
		world: "tun",
		scenario: () => scenarioWith({ linkDelayMs: 1 }, { udp: "stun" }),
	},
	{
		name: "coturn, real routers",
		world: "kernel",
		hasCoturn: true,
		scenario: () => farFirstLink(scenarioWith({}, {})),
	},
];

function scenarioWith(delays, target) {
	return chainScenario({ routers: ROUTERS, router: NAT, target, ...delays });
}

function farFirstLink(scenario) {
	const links = scenario.links.map((link, index) => (index === 0 ? { ...link, delayMs: RTT_MS / 2 } : link));
	return { ...scenario, links };
}

/** coturn on the target's addresses, answering Binding requests alone. */
function startCoturn(lab) {
	const addresses = FAMILIES.map((family) => lab.addressOf("target", family));
	return openCoturn({ namespace: lab.namespaceOf("target"), addresses });
}

async function measureOnce(lab, family) {
	const args = ["--json", "-n", "--stun", lab.addressOf("target", family)];
	const outcome = await runWhither(args, { namespace: lab.namespaceOf("client"), user: "nobody" });
	const result = JSON.parse(outcome.stdout);
	const rtts = result.hops.flatMap(({ probes }) =>
		probes.flatMap(({ rttNs }) => (rttNs === null ? [] : [rttNs / 1e6])),
	);
	const traceMs = result.durationNs / 1e6;
	const retransmits = result.hops
		.flatMap(({ probes }) => probes)
		.reduce((sum, probe) => sum + (probe.retransmissions ?? 0), 0);
	return {
		traceMs,
		rttMs: Math.max(...rtts),
		ratio: traceMs / Math.max(...rtts),
		sent: result.counters.sent,
		retransmits,
		hops: result.hops.length,
		reached: result.reached,
		seenAs: result.source.publicAddress,
	};
}

/** The first round warms up and is dropped. */
async function measureWorld({ world, scenario, hasCoturn = false }, rounds) {
	const missing = hasCoturn ? coturnObstacle() : null;
	if (missing !== null) return FAMILIES.map((family) => ({ family, missing }));
	const lab = await openLab(scenario(), { world, realtime: true });
	const coturn = hasCoturn ? await startCoturn(lab) : null;
	const runs = new Map(FAMILIES.map((family) => [family, []]));
	try {
		for (let round = 0; round <= rounds; round++) {
			for (const [family, done] of runs) done.push(await measureOnce(lab, family));
		}
	} finally {
		await coturn?.close();
		await lab.close();
	}
	return [...runs].map(([family, done]) => {
		const { reached, seenAs } = done.at(-1);
		const numbers = done.slice(1).map(({ reached: _, seenAs: __, ...rest }) => rest);
		return { family, reached, seenAs, ...medians(numbers) };
	});
}

const COLUMNS = ["server", "family", "trace ms", "x largest RTT", "limit", "hops", "packets", "sent again", "outcome"];

/** Measures and prints; returns the figures. */
export async function measureStun(rounds) {
	const figures = [];
	for (const row of WORLDS) {
		for (const seen of await measureWorld(row, rounds)) figures.push({ server: row.name, ...seen });
	}
	const cells = figures.map(({ server, family, missing, ...seen }) => {
		if (missing !== undefined) return [`${server}: not measured, ${missing}`];
		const { traceMs, ratio, hops, sent, retransmits, reached, seenAs } = seen;
		const outcome = reached ? `reached, seen as ${seenAs}` : "not reached";
		return [server, `IPv${family}`, traceMs, ratio, LIMIT, hops, sent, retransmits, outcome];
	});
	console.log(`\n30 hops, ${RTT_MS} ms, through a NAT, as uid 65534, by STUN`);
	console.log(formatTable(COLUMNS, cells));
	return figures;
}
