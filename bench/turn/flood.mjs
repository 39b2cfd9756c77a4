// Part "flood": what strangers can do to a server's memory and to a session that has nothing to do with them.
import { percentile } from "../trace/figures.mjs";
import { print, verdict } from "./rounds.mjs";

const FLOODS = [
	{ name: "a million forged Allocates", kind: "allocates", count: 1_000_000, perSecond: 100_000 },
	{ name: "wrong passwords, with nonces", kind: "wrongPasswords", count: 300_000, perSecond: 50_000 },
	{ name: "garbage, 200000/s for 10 s", kind: "garbage", count: 2_000_000, perSecond: 200_000 },
];
/** Sent first: a heap of JavaScript grows to its size once, whoever has it work. */
const WARM_UP = 500_000;
/** A server that grows by so much is left alone. */
const MOST_BYTES = 2 ** 30;
/** What counts as flat: a heap's young generation. */
const FLAT_MB = 16;
const LOSS_PERCENT = 1;
/** The session's packets, one each way. */
const INTERVAL_MS = 5;

async function measureOnce({ load }, running, flood) {
	const { server, pid } = running;
	const order = { work: "flood", ...flood, server, pid, mostBytes: MOST_BYTES, intervalMs: INTERVAL_MS };
	const { sent, perSecond, before, most, processorNs, watched } = await load.ask(order);
	const ways = [...watched.toPeer, ...watched.toClient];
	return {
		sent,
		perSecond,
		us: processorNs / sent / 1e3,
		grownMb: (most - before) / 2 ** 20,
		beforeMb: before / 2 ** 20,
		lossPercent: (100 * watched.lost) / watched.sent,
		p50Us: percentile(ways, 0.5) / 1e3,
		p99Us: percentile(ways, 0.99) / 1e3,
	};
}

const COLUMNS = [
	"",
	"server",
	"sent",
	"a second",
	"us each",
	"MB started",
	"before",
	"grown",
	"limit",
	"",
	"session loss %",
	"limit",
	"",
	"way p50 us",
	"p99",
];

/** Each server has been started for it, for coturn does not come back from it. Returns the figures. */
export async function measureFlood(context) {
	const figures = [];
	for (const flood of FLOODS) {
		for (const kind of context.kinds) {
			const running = await context.start(kind);
			try {
				// coturn does not come back from so many.
				const first = kind === "whither" ? await measureOnce(context, running, { ...flood, count: WARM_UP }) : null;
				const seen = await measureOnce(context, running, flood);
				figures.push({ name: flood.name, kind, startedMb: (first ?? seen).beforeMb, ...seen });
			} finally {
				await running.close();
			}
		}
	}
	const rows = figures.map(
		({ name, kind, sent, perSecond, us, startedMb, beforeMb, grownMb, lossPercent, p50Us, p99Us }) => {
			const ours = kind === "whither";
			const judged = (value, most) => [most, ours ? verdict(value, { most }) : ""];
			const memory = [startedMb, beforeMb, grownMb, ...judged(grownMb, FLAT_MB)];
			return [
				name,
				kind,
				sent,
				perSecond,
				us,
				...memory,
				lossPercent,
				...judged(lossPercent, LOSS_PERCENT),
				p50Us,
				p99Us,
			];
		},
	);
	print("Floods, with an authenticated session beside them", COLUMNS, rows);
	return figures;
}
