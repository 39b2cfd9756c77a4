// Two programs that are loaded and wait, and what comes of it when both are told to begin.
import { joinIcePeers, openIcePeer } from "@whither/lab";

const HOUR_MS = 3_600_000;
/** One that takes longer has failed. */
export const PATIENCE_MS = 20_000;

const nowMs = () => Number(process.hrtime.bigint()) / 1e6;

/** Both ends, on the hosts of a cell; `signallingMs` is how long words take, one way. */
export async function openEnds({ lab, prefix }, { hosts, kind, signallingMs = 0, words = [] }) {
	const start = (name) => openIcePeer(kind, { namespace: lab.host(name).namespace, lifeMs: HOUR_MS, prefix, words });
	const opened = await Promise.allSettled(hosts.map(start));
	const peers = opened.flatMap(({ status, value }) => (status === "fulfilled" ? [value] : []));
	const close = () => Promise.all(peers.map((peer) => peer.close()));
	const fault = opened.find(({ status }) => status === "rejected");
	if (fault !== undefined) {
		await close();
		throw fault.reason;
	}
	joinIcePeers(peers[0], peers[1], { delayMs: signallingMs });
	return { peers, close };
}

/** A pair with a relay in it is one, whichever end's. */
function wayOf({ local, remote }) {
	return [local.type, remote.type].includes("relay") ? "relay" : "direct";
}

/** How long ours may go on from a relay to a direct way. */
const CHANGE_MS = 1000;

/** Whether both ends have come to a direct way, of those that may change. */
async function comesToDirect(peers, marks) {
	const isDirect = (peer, index) => {
		const last = peer.lines.slice(marks[index]).findLast(isSelected);
		return last !== undefined && wayOf(last.selected) === "direct";
	};
	const until = nowMs() + CHANGE_MS;
	while (nowMs() < until) {
		if (peers.every(isDirect)) return true;
		await new Promise((resolve) => setTimeout(resolve, 5));
	}
	return false;
}

const isSelected = ({ selected }) => selected !== undefined;

/**
 * One meeting: from both having been told to begin until both are connected, and until both have nominated one, by the one
 * clock that processes share. Where a direct `way` has to be found, a relay may be `first` for a moment.
 */
export async function meet({ peers }, { lab }, { way = null, order = {} } = {}) {
	const marks = peers.map((peer) => peer.lines.length);
	const servers = lab.servers(4);
	const startedAt = nowMs();
	for (const [index, peer] of peers.entries()) {
		const role = index === 0 ? "controlling" : "controlled";
		peer.tell({ order: { role, ...servers, families: [4], pacingMs: 5, ...order } });
	}
	try {
		const settle = async (peer, index) => {
			const patience = { timeoutMs: PATIENCE_MS, since: marks[index] };
			const connectedAt = await peer.connected(patience);
			const { atMs } = await peer.until("a selected pair", isSelected, patience);
			return { connectedAt, selectedAt: Math.max(connectedAt, atMs) };
		};
		const moments = await Promise.all(peers.map(settle));
		const last = (name) => Math.max(...moments.map((moment) => moment[name])) - startedAt;
		const said = peers.flatMap((peer, index) => peer.lines.slice(marks[index]).filter(isSelected));
		const first = said.some(({ selected }) => wayOf(selected) === "relay") ? "relay" : "direct";
		const isBetter = way === "direct" && first === "relay" && (await comesToDirect(peers, marks));
		return { ms: last("connectedAt"), selectedMs: last("selectedAt"), first, way: isBetter ? "direct" : first };
	} catch (error) {
		return { failure: error.message };
	}
}

/** Both end the session they have, and may be ordered again. */
export async function part({ peers }) {
	const marks = peers.map((peer) => peer.lines.length);
	for (const peer of peers) peer.tell({ close: true });
	const isClosed = ({ closed }) => closed === true;
	await Promise.all(peers.map((peer, index) => peer.until("closed", isClosed, { since: marks[index] })));
}
