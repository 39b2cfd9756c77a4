// Part "latency": what a relay at half load adds to the way of a packet, by the kernel's stamps at both ends.
import { median, percentile } from "../trace/figures.mjs";
import { WINDOW } from "./relay.mjs";
import { compared, inTurn, print, verdict } from "./rounds.mjs";

const SESSIONS = 20;
const BYTES = 160;
const LIMITS = { p50: 60, p99: 250 };
/** How long it is asked what a server can do. */
const PROBE_SECONDS = 0.5;
const INTERVAL_MS = 1;
/** From clients; the generator has to send, echo and receive on one core. */
const MOST_PER_SECOND = 40_000;

/** Half of what goes through in a second of the server's processor time, there and back. */
async function halfLoad({ load }, { server, pid }) {
	const order = { work: "saturated", count: SESSIONS, bytes: BYTES, window: WINDOW, seconds: PROBE_SECONDS };
	const { relayed, processorNs } = await load.ask({ ...order, server, pid });
	return Math.min(MOST_PER_SECOND, Math.round((relayed / processorNs) * 1e9 * 0.5 * 0.5));
}

async function measureOnce(context, running) {
	const { server, pid } = running;
	const perSecond = await halfLoad(context, running);
	const order = { work: "latency", count: SESSIONS, bytes: BYTES, perSecond, intervalMs: INTERVAL_MS };
	const { watched, ...rest } = await context.load.ask({ ...order, seconds: context.seconds, server, pid });
	const way = median(watched.direct);
	const added = (delays, share) => (percentile(delays, share) - way) / 1e3;
	return {
		wayUs: way / 1e3,
		up50: added(watched.toPeer, 0.5),
		up99: added(watched.toPeer, 0.99),
		down50: added(watched.toClient, 0.5),
		down99: added(watched.toClient, 0.99),
		perSecond: rest.relayed / rest.seconds,
		corePercent: rest.processorNs / rest.seconds / 1e7,
		lossPercent: (100 * watched.lost) / watched.sent,
	};
}

const COLUMNS = ["added us", "coturn", "whither", "x coturn", "limit", ""];

/** Measures and prints; returns the figures. */
export async function measureLatency(context) {
	const seen = await inTurn(context, (running) => measureOnce(context, running));
	const names = {
		up50: "to the peer, p50",
		down50: "to the client, p50",
		up99: "to the peer, p99",
		down99: "to the client, p99",
	};
	const figures = Object.entries(names).map(([key, name]) => {
		const { coturn, whither, ratio } = compared(seen, key);
		const most = key.endsWith("50") ? LIMITS.p50 : LIMITS.p99;
		return { name, most, coturn, whither, ratio, key };
	});
	const [{ coturn, whither }] = figures;
	const beside = ["perSecond", "corePercent", "lossPercent", "wayUs"].map((key) => [
		key,
		coturn?.[key],
		whither?.[key],
	]);
	const words = {
		perSecond: "load, packets/s",
		corePercent: "of a core, %",
		lossPercent: "loss, %",
		wayUs: "the way itself",
	};
	print("Added latency at half load", COLUMNS, [
		...figures.map(({ name, most, key, ratio, ...servers }) => {
			const ours = servers.whither?.[key];
			return [name, servers.coturn?.[key], ours, ratio, most, verdict(ours, { most })];
		}),
		...beside.map(([key, ...values]) => [words[key], ...values, "", "", ""]),
	]);
	return figures;
}
