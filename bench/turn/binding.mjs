// Part "binding": how many Binding requests a server answers in a second, of its processor's time and of everybody's.
import { compared, inTurn, print, verdict } from "./rounds.mjs";

const SOCKETS = 64;
/** Of each socket at a time. */
const WINDOW = 4;
const LEAST = 1.2;

const COLUMNS = ["", "coturn /cpu s", "whither", "x coturn", "least", "", "coturn /s", "whither", "lost %", "whither"];

/** Measures and prints; returns the figures. Ours without its caps, which are lower than what is asked here. */
export async function measureBinding(context) {
	const servers = await Promise.all(context.kinds.map((kind) => context.start(kind, { isUncapped: true })));
	try {
		return await measureBoth({ ...context, servers });
	} finally {
		for (const running of servers) await running.close();
	}
}

async function measureBoth(context) {
	const figures = [];
	for (const fingerprint of [false, true]) {
		const order = { work: "bindings", sockets: SOCKETS, window: WINDOW, fingerprint, seconds: context.seconds };
		const seen = await inTurn(context, async ({ server, pid }) => {
			const { answered, lost, seconds, processorNs } = await context.load.ask({ ...order, server, pid });
			return {
				perProcessorSecond: (answered / processorNs) * 1e9,
				perSecond: answered / seconds,
				lossPercent: (100 * lost) / (answered + lost),
			};
		});
		const name = fingerprint ? "with FINGERPRINT" : "plain";
		figures.push({ name, least: LEAST, ...compared(seen, "perProcessorSecond") });
	}
	const rows = figures.map(({ name, least, coturn, whither, ratio }) => [
		name,
		...[coturn?.perProcessorSecond, whither?.perProcessorSecond, ratio, least, verdict(ratio, { least })],
		...[coturn?.perSecond, whither?.perSecond, coturn?.lossPercent, whither?.lossPercent],
	]);
	print(`Binding requests answered, ${SOCKETS} sockets at ${SOCKETS} addresses`, COLUMNS, rows);
	return figures;
}
