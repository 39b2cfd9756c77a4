/** Boxes and what is between them without packets, links or time: only who can send to whom, and as whom he is seen. */
import type { Family } from "@whither/core";
import { ANY_ENDPOINT, ANY_PORT, EndpointNumbers, pairKey } from "../endpoint-numbers.ts";
import { NatBindings } from "../nat-bindings.ts";
import type { Endpoint } from "../program.ts";
import { Random } from "../random.ts";
import { type Box, OPEN } from "./box.ts";

/** A packet: who it seems to be from, and where it goes. */
interface Sent {
	readonly from: Endpoint;
	readonly to: Endpoint;
}

/** What else there is to say of one. */
interface RegionFacts {
	readonly family?: Family;
	readonly isIsolated?: boolean;
}

/** What lies inside a box, down to other boxes and hosts; the outermost is the world. */
export class Region {
	readonly #box: Box;
	readonly #outside: Region | null;
	/** As whom a NAT's inside is seen. */
	readonly #address: string;
	/** Nobody reaches his neighbour. */
	readonly #isIsolated: boolean;
	/** It takes nothing from outside that seems to be from itself (RFC 1122 §3.2.1.3). */
	readonly #knowsItself: boolean;
	readonly #bindings: NatBindings | null;
	readonly #numbers = new EndpointNumbers();
	readonly #flows = new Set<number>();
	readonly #inner: Region[] = [];
	readonly #hosts = new Map<string, (sent: Sent) => void>();

	constructor(address: string, outside: Region | null, box: Box = OPEN, about: RegionFacts = {}) {
		this.#address = address;
		this.#outside = outside;
		this.#box = box;
		this.#isIsolated = about.isIsolated === true;
		this.#knowsItself = about.family === 4;
		if (outside !== null) outside.#inner.push(this);
		const life = { lifetimeNs: Number.POSITIVE_INFINITY, dmz: null, forwards: [] };
		this.#bindings = box.kind === "nat" ? new NatBindings({ ...box, ...life }, new Random(1)) : null;
	}

	/** A host that hears what comes to its address. */
	host(address: string, hear: (sent: Sent) => void): void {
		this.#hosts.set(address, hear);
	}

	/** From a host in here. */
	send(sent: Sent): void {
		if (this.#hosts.has(sent.to.address)) {
			if (!this.#isIsolated) this.#deliver(sent);
		} else if (!this.#goDown(sent, null)) this.#goUp(sent);
	}

	#deliver(sent: Sent): boolean {
		const hear = this.#hosts.get(sent.to.address);
		hear?.(sent);
		return hear !== undefined;
	}

	/** By the box to the outside, if there is one. */
	#goUp({ from, to }: Sent): void {
		const box = this.#box;
		if (this.#outside === null || box.kind === "blocked") return;
		if (this.#bindings === null) {
			if (box.kind === "firewall") this.#flows.add(this.#flow(from, to));
			this.#outside.#pass({ from, to }, this);
		} else if (to.address === this.#address) this.#turnBack({ from, to }, this.#bindings);
		else {
			const port = this.#bindings.outwards(from, to, 0)?.outsidePort ?? 0;
			this.#outside.#pass({ from: { address: this.#address, port }, to }, this);
		}
	}

	/** What has come out of an inner region. */
	#pass(sent: Sent, from: Region): void {
		if (!this.#deliver(sent) && !this.#goDown(sent, from)) this.#goUp(sent);
	}

	/** Into a region within, by its address or, where nothing is translated, that of a host there. */
	#goDown(sent: Sent, from: Region | null): boolean {
		const { to } = sent;
		for (const region of this.#inner) {
			if (region === from) continue;
			if (region.#bindings !== null && to.address === region.#address) {
				if (region.#knowsItself && sent.from.address === region.#address) return true;
				const found = region.#bindings.inwards(to.port, sent.from, 0);
				if (typeof found !== "string") region.#arrive({ from: sent.from, to: found.inside });
				return true;
			}
			if (region.#bindings === null && region.#has(to.address)) {
				if (region.#letsIn(sent)) region.#arrive(sent);
				return true;
			}
		}
		return false;
	}

	#arrive(sent: Sent): void {
		if (!this.#deliver(sent)) this.#goDown(sent, null);
	}

	/** Whether packets to an address come in here. */
	#has(address: string): boolean {
		if (this.#hosts.has(address)) return true;
		return this.#inner.some((region) =>
			region.#bindings === null ? region.#has(address) : region.#address === address,
		);
	}

	#letsIn({ from, to }: Sent): boolean {
		if (this.#box.kind === "blocked") return false;
		return this.#box.kind === "open" || this.#flows.has(this.#flow(to, from));
	}

	#flow(inside: Endpoint, remote: Endpoint): number {
		const filtering = this.#box.kind === "firewall" ? this.#box.filtering : "endpointIndependent";
		const number = this.#numbers.of(inside.address, inside.port);
		if (filtering === "endpointIndependent") return pairKey(number, ANY_ENDPOINT);
		const port = filtering === "addressDependent" ? ANY_PORT : remote.port;
		return pairKey(number, this.#numbers.of(remote.address, port));
	}

	/** RFC 4787 §6, as the simulated NATs do it: nothing that turns back is filtered. */
	#turnBack({ from, to }: Sent, bindings: NatBindings): void {
		const hairpin = this.#box.kind === "nat" ? this.#box.hairpin : "none";
		const sender = hairpin === "none" ? null : bindings.outwards(from, to, 0);
		if (sender === null) return;
		const receiver = bindings.atOutside(to.port, 0);
		if (receiver === null) return;
		const seenAs = hairpin === "internalSource" ? from : { address: this.#address, port: sender.outsidePort };
		this.#arrive({ from: seenAs, to: receiver.inside });
	}
}
