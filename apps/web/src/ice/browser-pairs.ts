/** What `RTCPeerConnection.getStats()` says of candidates and pairs, in the words of our own results. Pure. */
import { isDecodeError, parseIceCandidate } from "@whither/wire";
import type { MeetCandidate, MeetPair } from "../../../../packages/whither/src/api/meet/result.ts";

/** One moment of a browser's connection. */
export interface BrowserIce {
	/** By the browser's own name for each; the best first. */
	readonly pairs: readonly { readonly id: string; readonly pair: MeetPair }[];
	readonly local: readonly MeetCandidate[];
	readonly remote: readonly MeetCandidate[];
	/** Null: none is. */
	readonly selectedId: string | null;
}

/** Before there is anything. */
export const NO_ICE: BrowserIce = { pairs: [], local: [], remote: [], selectedId: null };

type Stat = Readonly<Record<string, unknown>>;

const STATES: Readonly<Record<string, MeetPair["state"]>> = {
	frozen: "frozen",
	waiting: "waiting",
	"in-progress": "inProgress",
	inprogress: "inProgress",
	succeeded: "succeeded",
	failed: "failed",
	cancelled: "failed",
};
const TYPES: readonly MeetCandidate["type"][] = ["host", "srflx", "prflx", "relay"];

/** Reads the values of a report, whichever browser made it. */
export function readStats(stats: Iterable<unknown>): BrowserIce {
	const all = new Map([...stats].map((stat) => [String((stat as Stat).id), stat as Stat]));
	const of = (type: string) => [...all.values()].filter((stat) => stat.type === type);
	const chosen = of("transport").map(({ selectedCandidatePairId: id }) => id)[0];
	const pairs = of("candidate-pair").map((stat) => {
		const id = String(stat.id);
		return { id, pair: pairOf(stat, all, chosen === undefined ? stat.selected === true : chosen === id) };
	});
	pairs.sort((one, other) => Number(other.pair.priority) - Number(one.pair.priority));
	return {
		pairs,
		local: of("local-candidate").map(candidateOf),
		remote: of("remote-candidate").map(candidateOf),
		selectedId: pairs.find(({ pair }) => pair.selected)?.id ?? null,
	};
}

function pairOf(stat: Stat, all: ReadonlyMap<string, Stat>, selected: boolean): MeetPair {
	const local = candidateOf(all.get(String(stat.localCandidateId)) ?? {});
	const remote = candidateOf(all.get(String(stat.remoteCandidateId)) ?? {});
	const state = STATES[String(stat.state)] ?? "waiting";
	const rtt = stat.currentRoundTripTime;
	return {
		...{ local, remote, type: `${local.type}/${remote.type}`, state, selected },
		readable: numberOf(stat.requestsReceived) > 0,
		writable: typeof stat.writable === "boolean" ? stat.writable : state === "succeeded",
		nominated: stat.nominated === true,
		priority: decimal(stat.priority),
		rttNs: typeof rtt === "number" && rtt > 0 ? Math.round(rtt * 1e9) : null,
		requestsSent: numberOf(stat.requestsSent) + numberOf(stat.consentRequestsSent),
		retransmissions: numberOf(stat.retransmissionsSent),
		responsesReceived: numberOf(stat.responsesReceived),
		requestsReceived: numberOf(stat.requestsReceived),
		responsesSent: numberOf(stat.responsesSent),
		...{ icmpErrors: 0, failure: null },
	};
}

function candidateOf(stat: Stat): MeetCandidate {
	const type = TYPES.find((each) => each === stat.candidateType) ?? "host";
	const related = textOf(stat.relatedAddress);
	return {
		type,
		address: textOf(stat.address) ?? textOf(stat.ip) ?? HIDDEN,
		port: numberOf(stat.port),
		protocol: stat.protocol === "tcp" ? "tcp" : "udp",
		base: related === null ? null : { address: related, port: numberOf(stat.relatedPort) },
	};
}

/** The candidate of a line that a browser tells; none where it cannot be read. */
export function toldBy(text: string): readonly MeetCandidate[] {
	const line = parseIceCandidate(text);
	if (isDecodeError(line)) return [];
	const { type, address, port, transport, related } = line;
	return [{ type, address, port, protocol: transport, base: related }];
}

/** What stands where a browser does not say its address. */
export const HIDDEN = "hidden.local";

/** Whether an address is one that the browser keeps to itself: a name of multicast DNS. */
export function isHidden(address: string): boolean {
	return address.endsWith(".local");
}

function textOf(value: unknown): string | null {
	return typeof value === "string" && value !== "" ? value : null;
}

function numberOf(value: unknown): number {
	return typeof value === "number" && Number.isFinite(value) ? value : 0;
}

/** Chromium's counts of 64 bits are rounded numbers. */
function decimal(value: unknown): string {
	return typeof value === "number" && Number.isFinite(value) ? BigInt(Math.round(value)).toString() : "0";
}
