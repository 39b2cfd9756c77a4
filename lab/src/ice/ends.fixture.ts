/** Two of our own agents in the lab, one process each, and what came of their meeting. */
import { expect } from "vitest";
import type { IcePeerEnd, IcePeerOrder, IcePeerOutput, IcePeerSelection } from "../peers/ice/lines.ts";
import { type IcePeer, openIcePeer } from "../peers/ice/peer.ts";
import { joinIcePeers } from "../peers/ice/signalling.ts";
import type { IceLab, IceNode } from "./ice-lab.ts";

/** What both are ordered with, but for the role: the first controls. */
export type SharedOrder = Omit<IcePeerOrder, "role">;

/** Two programs, joined by signalling; each can be ordered again once it has parted. */
export interface IceEnds {
	readonly a: IcePeer;
	readonly b: IcePeer;
	/** Both begin; a side's own order is laid over the shared one. */
	begin(order: SharedOrder, own?: { readonly a?: SharedOrder; readonly b?: SharedOrder }): void;
	/** Both have ended their sessions. */
	part(): Promise<void>;
	/** Lines of the session that there is, or was last. */
	lines(end: "a" | "b"): readonly IcePeerOutput[];
	/** Resolves with what an end says of the session, as soon as it does, even if it has already. */
	until(
		end: "a" | "b",
		what: string,
		matches: (line: IcePeerOutput) => boolean,
		timeoutMs?: number,
	): Promise<IcePeerOutput>;
	close(): Promise<void>;
}

const ENDS = ["a", "b"] as const;
/** A program lives as long as its test file at most. */
const LIFE_MS = 300_000;

/** Starts both, which takes a second. They tell all that happens to them. */
export async function openIceEnds(
	lab: IceLab,
	nodes: readonly [IceNode, IceNode] = ["lanA", "lanB"],
): Promise<IceEnds> {
	const start = (node: IceNode) =>
		openIcePeer("whither", { namespace: lab.host(node).namespace, words: ["events"], lifeMs: LIFE_MS });
	const opened = await Promise.allSettled(nodes.map(start));
	const peers = opened.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
	const [a, b] = peers;
	if (a === undefined || b === undefined) {
		for (const peer of peers) await peer.kill();
		throw opened.find((one) => one.status === "rejected")?.reason;
	}
	const ends = { a, b };
	const marks = { a: 0, b: 0 };
	const mark = () => {
		for (const end of ENDS) marks[end] = ends[end].lines.length;
	};
	joinIcePeers(a, b);
	const until: IceEnds["until"] = (end, what, matches, timeoutMs = 20_000) =>
		ends[end].until(what, matches, { since: marks[end], timeoutMs });
	return {
		...{ a, b, until },
		begin: (order, own = {}) => {
			mark();
			a.tell({ order: { role: "controlling", ...order, ...own.a } });
			b.tell({ order: { role: "controlled", ...order, ...own.b } });
		},
		part: async () => {
			for (const peer of peers) peer.tell({ close: true });
			await Promise.all(ENDS.map((end) => until(end, "closed", ({ closed }) => closed === true)));
		},
		lines: (end) => ends[end].lines.slice(marks[end]),
		close: async () => {
			await Promise.all(peers.map((peer) => peer.close()));
		},
	};
}

/** Both ends of the pair as either sees them, and what that is. */
export interface Met {
	readonly a: IcePeerSelection;
	readonly b: IcePeerSelection;
	readonly way: "direct" | "relay";
}

/** How long after both are connected a relay may still give way to a direct pair. */
const BETTER_MS = 3000;

/**
 * Resolves when both are completed, and text has got through both ways on the pair that they have chosen. Where a way without
 * relay is `wanted` they may begin on one with a relay, and change as soon as the other is found to work.
 */
export async function meeting(ends: IceEnds, wanted: Met["way"] | null, timeoutMs = 20_000): Promise<Met> {
	const isOver = ({ state }: IcePeerOutput) => state === "completed" || state === "failed" || state === "closed";
	for (const end of ENDS) {
		const { state } = await ends.until(end, "completed", isOver, timeoutMs);
		if (state !== "completed") throw new Error(`${end} is ${state}\n${ends.a.describe()}\n${ends.b.describe()}`);
	}
	if (wanted === "direct")
		for (const end of ENDS)
			if (isRelayed(selected(ends, end)))
				await ends.until(
					end,
					"a way without relay",
					(line) => line.selected !== undefined && !isRelayed(line.selected),
					BETTER_MS,
				);
	await talk(ends);
	const [a, b] = [selected(ends, "a"), selected(ends, "b")];
	return { a, b, way: isRelayed(a) || isRelayed(b) ? "relay" : "direct" };
}

function isRelayed({ local, remote }: IcePeerSelection): boolean {
	return local.type === "relay" || remote.type === "relay";
}

let said = 0;

/** Each hears what the other says from now on. */
export async function talk(ends: IceEnds, timeoutMs = 5000): Promise<void> {
	const text = `word ${++said}`;
	ends.a.tell({ send: `${text} of a` });
	ends.b.tell({ send: `${text} of b` });
	await ends.until("b", `${text} of a`, ({ data }) => data === `${text} of a`, timeoutMs);
	await ends.until("a", `${text} of b`, ({ data }) => data === `${text} of b`, timeoutMs);
}

function selected(ends: IceEnds, end: "a" | "b"): IcePeerSelection {
	const found = ends.lines(end).findLast((line) => line.selected !== undefined)?.selected;
	if (found === undefined) throw new Error(`${end} has selected nothing`);
	return found;
}

/** The pair is one: what one calls its own, the other sends to. */
export function expectAgreement({ a, b }: Met, ends: IceEnds): void {
	const place = ({ address, port, transport }: IcePeerEnd) => `${transport} ${address} ${port}`;
	const words = () => `${ends.a.describe()}\n${ends.b.describe()}`;
	const [own, other] = [
		[place(a.local), place(a.remote)],
		[place(b.remote), place(b.local)],
	];
	if (own.join() !== other.join()) expect(own, words()).toEqual(other);
}
