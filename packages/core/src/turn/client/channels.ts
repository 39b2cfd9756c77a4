import { CHANNEL_NUMBERS, type StunAddress } from "@whither/wire";
import { type Instant, SECOND } from "../../machine.ts";
import { TURN_LIFETIMES } from "../lifetimes.ts";
import { isPassing } from "./failure.ts";
import type { Outlet } from "./outlet.ts";
import { peerKey } from "./peer.ts";
import { ASK_AGAIN_AFTER } from "./permissions.ts";
import { type RequestEnd, type Requests, refusalOf } from "./requests.ts";

/** Nine minutes: one before it expires. */
const REBOUND_AFTER = 540 * SECOND;

const LASTS = TURN_LIFETIMES.channelSeconds * SECOND;
const KEPT_APART = LASTS + TURN_LIFETIMES.channelQuarantineSeconds * SECOND;

interface Channel {
	readonly peer: StunAddress;
	readonly number: number;
	/** It is used and renewed. */
	wanted: boolean;
	/** The server has said so; until when, at least. */
	boundUntil: Instant;
	/** When it is to be asked for again. */
	dueAt: Instant;
	asking: boolean;
	/** Until when number and peer can go together only (RFC 8656 §12). */
	keptUntil: Instant;
}

/** Channels and their peers: bound, renewed, and numbers kept apart long enough after their end (RFC 8656 §12). */
export class Channels {
	readonly #requests: Requests;
	readonly #outlet: Outlet;
	readonly #byPeer = new Map<string, Channel>();
	readonly #byNumber = new Map<number, Channel>();
	#next: number = CHANNEL_NUMBERS.first;
	/** Not after the first of them is due: it may say so for one that was let go since. */
	#dueAt: Instant = Number.POSITIVE_INFINITY;

	constructor(requests: Requests, outlet: Outlet) {
		this.#requests = requests;
		this.#outlet = outlet;
	}

	/** When some are to be renewed. */
	get dueAt(): Instant {
		return this.#dueAt;
	}

	/** The number to send to this peer by; null: none yet, or no more. */
	numberOf(peer: StunAddress, now: Instant): number | null {
		const channel = this.#byPeer.get(peerKey(peer));
		return channel?.wanted === true && now < channel.boundUntil ? channel.number : null;
	}

	/**
	 * Whose data comes on this number. Deviation: RFC 8656 §12.6 drops what comes on a channel that is not bound; the server
	 * may have bound it before its answer is here.
	 */
	peerOf(number: number, now: Instant): StunAddress | null {
		const channel = this.#byNumber.get(number);
		return channel !== undefined && (channel.asking || now < channel.boundUntil) ? channel.peer : null;
	}

	bind(peer: StunAddress, now: Instant): void {
		const channel = this.#byPeer.get(peerKey(peer)) ?? this.#newChannel(peer, now);
		if (channel === null) this.#outlet.tell({ kind: "unbound", peer, why: "noChannelNumber", error: null });
		else if (channel.wanted) this.#outlet.ignore("alreadyBound");
		else {
			channel.wanted = true;
			// One that was let go and is still bound is at once of use again.
			if (now < channel.boundUntil) this.#outlet.tell({ kind: "bound", peer, channel: channel.number });
			if (!channel.asking) this.#ask(channel, now);
		}
	}

	unbind(peer: StunAddress): void {
		const channel = this.#byPeer.get(peerKey(peer));
		if (channel?.wanted !== true) this.#outlet.ignore("notBound");
		else channel.wanted = false;
	}

	overdue(now: Instant): void {
		if (now < this.#dueAt) return;
		const kept = [...this.#byPeer.values()].filter(({ wanted, asking }) => wanted && !asking);
		this.#dueAt = Number.POSITIVE_INFINITY;
		for (const channel of kept) {
			if (channel.dueAt <= now) this.#ask(channel, now);
			else this.#dueAt = Math.min(this.#dueAt, channel.dueAt);
		}
	}

	/** What was asked on the way that we have left is asked anew. */
	askAgain(now: Instant): void {
		for (const channel of [...this.#byPeer.values()]) if (channel.asking) this.#ask(channel, now);
	}

	#newChannel(peer: StunAddress, now: Instant): Channel | null {
		const number = this.#freeNumber(now);
		if (number === null) return null;
		const channel: Channel = {
			...{ peer, number, wanted: false, asking: false },
			...{ boundUntil: 0, dueAt: 0, keptUntil: Number.POSITIVE_INFINITY },
		};
		this.#byPeer.set(peerKey(peer), channel);
		this.#byNumber.set(number, channel);
		return channel;
	}

	#freeNumber(now: Instant): number | null {
		const { first, last } = CHANNEL_NUMBERS;
		for (let tried = first; tried <= last; tried++) {
			const number = this.#next;
			this.#next = number === last ? first : number + 1;
			const holder = this.#byNumber.get(number);
			if (holder === undefined) return number;
			if (!holder.wanted && !holder.asking && holder.keptUntil <= now) {
				this.#remove(holder);
				return number;
			}
		}
		return null;
	}

	#remove(channel: Channel): void {
		this.#byNumber.delete(channel.number);
		if (this.#byPeer.get(peerKey(channel.peer)) === channel) this.#byPeer.delete(peerKey(channel.peer));
	}

	#ask(channel: Channel, now: Instant): void {
		const { number, peer } = channel;
		channel.asking = true;
		const attributes = [
			{ name: "channelNumber", value: number },
			{ name: "xorPeerAddress", value: peer },
		] as const;
		const question = { key: `bind ${number}`, method: "channelBind", attributes } as const;
		this.#requests.ask(question, now, (end, at) => this.#ended(channel, end, now, at));
	}

	#ended(channel: Channel, end: RequestEnd, askedAt: Instant, now: Instant): void {
		const { peer, number } = channel;
		channel.asking = false;
		// Whatever came of it: the server may have bound it as late as now.
		channel.keptUntil = now + KEPT_APART;
		if (end.kind === "success") {
			if (channel.wanted && channel.boundUntil <= askedAt) this.#outlet.tell({ kind: "bound", peer, channel: number });
			channel.boundUntil = askedAt + LASTS;
			channel.dueAt = askedAt + REBOUND_AFTER;
		} else if (isPassing(end.why) && now + ASK_AGAIN_AFTER < channel.boundUntil) channel.dueAt = now + ASK_AGAIN_AFTER;
		else {
			if (channel.wanted) this.#outlet.tell({ kind: "unbound", peer, ...refusalOf(end) });
			channel.wanted = false;
			channel.boundUntil = 0;
			// A number that the server will not have for this peer is left alone; the peer may get another.
			if (end.error !== null) this.#byPeer.delete(peerKey(peer));
		}
		if (channel.wanted) this.#dueAt = Math.min(this.#dueAt, channel.dueAt);
	}
}
