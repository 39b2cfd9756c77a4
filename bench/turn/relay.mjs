// Parts "relay" and "flow": processor time for each packet that a server has relayed.
import { compared, inTurn, print, verdict } from "./rounds.mjs";

const SESSIONS = 20;
const SIZES = [160, 1200];
/** From clients; as many come back. */
const PER_SECOND = 20_000;
/** Of each session at a time: enough to keep a server busy, too few to overflow its sockets. */
export const WINDOW = 8;
const MOST = 1.0;

/** What a sender of much data hands over at once; the kernel of the servers gets it as one, as from a device that gathers. */
const SEGMENTS = 16;
const FLOW_WINDOW = 256;
const FLOW_BYTES = 1200;
const FLOW_MOST = 0.5;

function relayFigures({ seconds, relayed, lost, processorNs }) {
	return {
		us: processorNs / relayed / 1e3,
		lossPercent: (100 * lost) / (relayed + lost),
		perSecond: relayed / seconds,
		corePercent: processorNs / seconds / 1e7,
	};
}

function relayRows({ perSecond = PER_SECOND, seconds }) {
	return SIZES.flatMap((bytes) => [
		{
			name: `${bytes} B, ${2 * perSecond}/s, one by one`,
			order: { work: "paced", count: SESSIONS, bytes, perSecond, seconds },
			most: MOST,
		},
		{
			name: `${bytes} B, as many as go through`,
			order: { work: "saturated", count: SESSIONS, bytes, window: WINDOW, seconds },
			most: MOST,
		},
	]);
}

function flowRows({ seconds }) {
	const row = (name, toPeer, segments, most) => ({
		name,
		order: { work: "heavyFlow", bytes: FLOW_BYTES, toPeer, segments, window: FLOW_WINDOW, seconds },
		most,
	});
	return [
		row(`to the peer, ${SEGMENTS} at once`, true, SEGMENTS, FLOW_MOST),
		row(`to the client, ${SEGMENTS} at once`, false, SEGMENTS, FLOW_MOST),
		row("to the peer, one by one", true, 1, MOST),
	];
}

async function measureRows(context, rows) {
	const figures = [];
	for (const { name, order, most } of rows) {
		const seen = await inTurn(context, async ({ server, pid }) =>
			relayFigures(await context.load.ask({ ...order, server, pid })),
		);
		figures.push({ name, most, ...compared(seen, "us") });
	}
	return figures;
}

const COLUMNS = [
	"",
	"coturn us",
	"whither us",
	"x coturn",
	"limit",
	"",
	"loss %",
	"whither",
	"packets/s",
	"whither",
	"core %",
	"whither",
];

function show(heading, figures) {
	const rows = figures.map(({ name, most, coturn, whither, ratio }) => [
		name,
		...[coturn?.us, whither?.us, ratio, most, verdict(ratio, { most })],
		...[coturn?.lossPercent, whither?.lossPercent, coturn?.perSecond, whither?.perSecond],
		...[coturn?.corePercent, whither?.corePercent],
	]);
	print(`${heading}: processor time for each packet relayed`, COLUMNS, rows);
	return figures;
}

/** Twenty sessions, relayed both ways. */
export async function measureRelay(context) {
	return show(`${SESSIONS} sessions`, await measureRows(context, relayRows(context)));
}

/** One session with much data one way. */
export async function measureFlow(context) {
	return show(`One flow of ${FLOW_BYTES} B`, await measureRows(context, flowRows(context)));
}
