/** A browser's own connection as the page watches it: its figures as they change, and what became of each pair. */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { MeetCandidate } from "../../../../packages/whither/src/api/meet/result.ts";
import { type Lanes, withPairs } from "../model/lanes.ts";
import { type BrowserIce, NO_ICE, readStats, toldBy } from "./browser-pairs.ts";

/** One that is watched. */
export interface WatchedConnection {
	readonly peer: RTCPeerConnection;
	readonly ice: ReadonlySignal<BrowserIce>;
	readonly lanes: ReadonlySignal<Lanes>;
	readonly state: ReadonlySignal<RTCIceConnectionState>;
	/** Candidates of ours as they were told; figures have those alone that are part of a pair. */
	readonly told: ReadonlySignal<readonly MeetCandidate[]>;
	/** Was it ever connected? */
	readonly wasConnected: ReadonlySignal<boolean>;
	/** Milliseconds since the beginning. */
	readonly now: () => number;
	/** Ends it; what is known stays. */
	close(): void;
}

/** While something may happen at any time, and from then on. */
const OFTEN_MS = 50;
const SELDOM_MS = 1_000;
const HURRY_MS = 6_000;

/** Begins one; `candidate` is told each of ours as it is found, null at the end. */
export function watchConnection(
	configuration: RTCConfiguration,
	candidate: (line: string | null) => void,
): WatchedConnection {
	const peer = new RTCPeerConnection(configuration);
	const began = performance.now();
	const now = () => performance.now() - began;
	const ice = signal<BrowserIce>(NO_ICE);
	const lanes = signal<Lanes>([]);
	const state = signal<RTCIceConnectionState>("new");
	const wasConnected = signal(false);
	const told = signal<readonly MeetCandidate[]>([]);
	let timer: ReturnType<typeof setTimeout> | null = null;
	let isOver = false;
	const look = async () => {
		const stats = await peer.getStats().catch(() => null);
		if (stats === null || isOver) return;
		const values: unknown[] = [];
		stats.forEach((value) => {
			values.push(value);
		});
		ice.value = readStats(values);
		lanes.value = withPairs(lanes.value, ice.value.pairs, now());
	};
	const lookAgain = async () => {
		await look();
		if (!isOver) timer = setTimeout(lookAgain, now() < HURRY_MS || state.value === "checking" ? OFTEN_MS : SELDOM_MS);
	};
	peer.addEventListener("icecandidate", ({ candidate: found }) => {
		// Firefox and Chromium say the end of a generation by an empty one, and the end of all by null.
		if (found === null) candidate(null);
		else if (found.candidate !== "") {
			told.value = [...told.value, ...toldBy(found.candidate)];
			candidate(found.candidate);
		}
	});
	peer.addEventListener("iceconnectionstatechange", () => {
		state.value = peer.iceConnectionState;
		if (state.value === "connected" || state.value === "completed") wasConnected.value = true;
		void look();
	});
	void lookAgain();
	return {
		...{ peer, ice, lanes, state, told, wasConnected, now },
		close: () => {
			isOver = true;
			if (timer !== null) clearTimeout(timer);
			peer.close();
			state.value = "closed";
		},
	};
}
