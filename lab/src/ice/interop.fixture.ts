/** What tests of ours against others' agents share: two programs on two hosts, one session after the other, and what came of each. */
import type { IcePairReport, IceRole } from "@whither/core";
import { expect } from "vitest";
import type { IcePeerKind, IcePeerOrder, IcePeerOutput, IcePeerSelection } from "../peers/ice/lines.ts";
import { type IcePeer, openIcePeer } from "../peers/ice/peer.ts";
import { type IceSignallingOptions, joinIcePeers } from "../peers/ice/signalling.ts";
import type { IceLab } from "./ice-lab.ts";

/** Ta that ours offers; who does not agree to it is not asked more often than RFC 8445 §14.2 has it. */
export const OFFERED_PACING_MS = 5;
export const USUAL_PACING_MS = 50;

/** What one session is to be like: orders beside the role, and how words are carried. */
export interface SessionOrder extends IceSignallingOptions {
	/** Of ours; the other has the other one. */
	readonly role: IceRole;
	readonly ours: Omit<IcePeerOrder, "role">;
	readonly theirs: Omit<IcePeerOrder, "role">;
	/** False: the other is known to send on another pair than the one that both sides have to choose. */
	readonly agrees?: boolean;
	/** That ours has to come to, if not at once; whatever comes when absent. */
	readonly way?: "direct" | "relay";
}

/** What each side has said in one session. */
export interface SessionSide {
	readonly peer: IcePeer;
	readonly lines: readonly IcePeerOutput[];
	readonly selected: IcePeerSelection | undefined;
}

/** A session that got as far as both sides being connected. */
export interface Session {
	readonly ours: SessionSide & { readonly pairs: readonly IcePairReport[] };
	readonly theirs: SessionSide;
}

type HostName = "lanA" | "lanA2" | "lanB";

/** Ours and another program, loaded once, on the hosts of a lab. */
export class Couple {
	readonly kind: IcePeerKind;
	readonly #lab: IceLab;
	readonly #hosts: readonly [HostName, HostName];
	readonly #words: readonly string[];
	#peers: IcePeer[] = [];

	constructor(
		lab: IceLab,
		kind: IcePeerKind,
		hosts: readonly [HostName, HostName] = ["lanA", "lanB"],
		words: readonly string[] = [],
	) {
		this.#lab = lab;
		this.kind = kind;
		this.#hosts = hosts;
		this.#words = words;
	}

	/** Those that run; new ones where a session has ended badly. */
	async #both(): Promise<readonly [IcePeer, IcePeer]> {
		const kinds = ["whither", this.kind] as const;
		if (this.#peers.length === 0)
			this.#peers = await Promise.all(
				kinds.map((kind, index) => {
					const namespace = this.#lab.host(this.#hosts[index] ?? "lanA").namespace;
					return openIcePeer(kind, { namespace, words: index === 0 ? ["events"] : this.#words });
				}),
			);
		const [ours, theirs] = this.#peers;
		if (ours === undefined || theirs === undefined) throw new Error("no peers");
		return [ours, theirs];
	}

	/** Has both meet, lets `then` look at it while it stands, and ends it. */
	async meet(
		order: SessionOrder,
		then: (session: Session, peers: readonly [IcePeer, IcePeer]) => Promise<void>,
	): Promise<void> {
		const peers = await this.#both();
		const marks = peers.map(({ lines }) => lines.length);
		const leave = joinIcePeers(peers[0], peers[1], order);
		try {
			const roles =
				order.role === "controlling"
					? (["controlling", "controlled"] as const)
					: (["controlled", "controlling"] as const);
			// Whoever only answers is told first, so that an offer finds it.
			peers[1].tell({ order: { role: roles[1], ...order.theirs } });
			peers[0].tell({ order: { role: roles[0], pacingMs: OFFERED_PACING_MS, ...order.ours } });
			await settled(peers, marks);
			// A peer that controls may begin with a relay and go on to a better way, as Chromium does.
			const isThere = ({ selected }: IcePeerOutput) => selected !== undefined && wayOf(selected) === order.way;
			if (order.way !== undefined) await peers[0].until(`a ${order.way} way`, isThere, { since: marks[0] ?? 0 });
			if (order.agrees !== false) await agreed(peers, marks);
			await then(await this.#look(peers, marks), peers);
			await part(peers);
		} catch (error) {
			await this.close();
			throw error;
		} finally {
			leave();
		}
	}

	async #look(peers: readonly [IcePeer, IcePeer], marks: readonly number[]): Promise<Session> {
		const pairs = await pairsOf(peers[0]);
		const [ours, theirs] = peers.map((peer, index) => {
			const lines = peer.lines.slice(marks[index]);
			return { peer, lines, selected: lines.findLast(({ selected }) => selected !== undefined)?.selected };
		});
		if (ours === undefined || theirs === undefined) throw new Error("no peers");
		return { ours: { ...ours, pairs }, theirs };
	}

	async close(): Promise<void> {
		await Promise.all(this.#peers.splice(0).map((peer) => peer.close()));
	}
}

/** Both are connected, and ours sends on a pair that is selected. */
export async function settled(peers: readonly [IcePeer, IcePeer], marks: readonly number[]): Promise<void> {
	const [since, theirs] = [marks[0] ?? 0, marks[1] ?? 0];
	await Promise.all([
		peers[0].connected({ since }),
		peers[1].connected({ since: theirs }),
		peers[0].until("a selected pair", ({ selected }) => selected !== undefined, { since }),
	]);
}

async function pairsOf(peer: IcePeer): Promise<readonly IcePairReport[]> {
	const since = peer.lines.length;
	peer.tell({ askPairs: true });
	return (await peer.until("pairs", ({ pairs }) => pairs !== undefined, { since })).pairs ?? [];
}

async function part(peers: readonly IcePeer[]): Promise<void> {
	const marks = peers.map(({ lines }) => lines.length);
	for (const peer of peers) peer.tell({ close: true });
	await Promise.all(
		peers.map((peer, index) => peer.until("closed", ({ closed }) => closed === true, { since: marks[index] ?? 0 })),
	);
}

/** A pair with a relay in it is one, whichever end's. */
export function wayOf({ local, remote }: IcePeerSelection): "direct" | "relay" {
	return local.type === "relay" || remote.type === "relay" ? "relay" : "direct";
}

/** Longest that both may take to agree. */
const AGREEMENT_MS = 5000;
const ASKED_EVERY_MS = 20;

/** Of a session: restarts ICE from one side, and waits until both are on a new pair, that may be the same as before. */
export async function restarted(
	peers: readonly [IcePeer, IcePeer],
	{ by, agrees }: { readonly by: "ours" | "theirs"; readonly agrees: boolean },
): Promise<void> {
	const [ours, theirs] = peers;
	const marks = peers.map(({ lines }) => lines.length);
	const [since, later] = [marks[0] ?? 0, marks[1] ?? 0];
	(by === "ours" ? ours : theirs).tell({ restart: true });
	const describes = ({ description }: IcePeerOutput) => description !== undefined;
	await Promise.all([
		ours.until("new credentials", describes, { since }),
		theirs.until("new credentials", describes, { since: later }),
		ours.until("a new pair", ({ selected }) => selected !== undefined, { since }),
	]);
	// Some tell no state, since they have never been anything but connected.
	if (agrees) await agreed(peers, marks);
}

/** Both send to the place that the other sends from, as soon as both say so. Some hide addresses that they were not told. */
async function agreed(peers: readonly [IcePeer, IcePeer], marks: readonly number[]): Promise<void> {
	const last = (index: 0 | 1) =>
		peers[index].lines.slice(marks[index]).findLast(({ selected }) => selected !== undefined)?.selected;
	const until = performance.now() + AGREEMENT_MS;
	for (;;) {
		for (const peer of peers) await pairsOf(peer);
		const [ours, theirs] = [last(0)?.local, last(1)?.remote];
		if (ours !== undefined && ours.port === theirs?.port && [ours.address, null].includes(theirs.address)) return;
		await new Promise((resolve) => setTimeout(resolve, ASKED_EVERY_MS));
		if (performance.now() > until) throw new Error(`no agreement\n${peers.map((peer) => peer.describe()).join("\n")}`);
	}
}

/** What our own books say of the pair in use. */
export function expectStatistics({ ours }: Session): void {
	const selected = ours.pairs.filter((pair) => pair.selected);
	expect(selected, ours.peer.describe()).toHaveLength(1);
	const [pair] = selected;
	expect(pair).toMatchObject({ state: "succeeded", nominated: true, writable: true });
	expect(pair?.responsesReceived).toBeGreaterThan(0);
	expect(pair?.requestsReceived).toBe(pair?.responsesSent);
	expect(pair?.requestsSent).toBeGreaterThanOrEqual(pair?.responsesReceived ?? 0);
	expect(pair?.rttNs).toBeGreaterThan(0);
}

/** Milliseconds between every two checks that are no retransmissions, by the clock that our agent goes by. */
export function pacesMs({ ours }: Session): number[] {
	const asked = new Map<number, number>();
	const moments: number[] = [];
	for (const { event } of ours.lines) {
		if (event?.kind !== "pair") continue;
		const { id, requestsSent, retransmissions } = event.pair as IcePairReport;
		const checks = requestsSent - retransmissions;
		if (checks > (asked.get(id) ?? 0)) moments.push(event.at);
		asked.set(id, checks);
	}
	moments.sort((a, b) => a - b);
	return moments.slice(1).map((at, index) => (at - (moments[index] ?? 0)) / 1e6);
}

const SAID_AGAIN_MS = 250;

/** Words of each reach the other. */
export async function expectData(session: Session, [ours, theirs]: readonly [IcePeer, IcePeer]): Promise<void> {
	if (!theirs.facts.carriesData) return;
	for (const [from, to] of [
		[ours, theirs],
		[theirs, ours],
	] as const) {
		const words = `from ${from.kind} ${session.ours.lines.length}`;
		const since = to.lines.length;
		// A datagram may be lost, but not each of them.
		const send = () => from.tell({ send: words });
		const repeat = setInterval(send, SAID_AGAIN_MS);
		send();
		await to.until(words, ({ data }) => data === words, { since }).finally(() => clearInterval(repeat));
	}
}
