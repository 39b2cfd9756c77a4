import { decodeStun, isDecodeError, isSameEndpoint, type StunAddress, type StunMessage } from "@whither/wire";
import type { Deadline, Instant, Machine } from "../../machine.ts";
import { hasUnknownRequired } from "../../stun/answers.ts";
import { wishOf } from "./allocate.ts";
import { Allocation } from "./allocation.ts";
import { Channels } from "./channels.ts";
import type { TurnClientConfig, TurnClientInput, TurnClientOutput } from "./client-io.ts";
import { Connections } from "./connections.ts";
import { IndicationIds } from "./indication-ids.ts";
import { Keepalive } from "./keepalive.ts";
import { Outlet } from "./outlet.ts";
import { canonicalAddress, canonicalPeer } from "./peer.ts";
import { Permissions } from "./permissions.ts";
import { RelayedData } from "./relayed-data.ts";
import { Requests, refusalOf } from "./requests.ts";

type Received = Extract<TurnClientInput, { readonly type: "received" }>;

/**
 * An allocation on a TURN server (RFC 8656): asked for, kept alive with its permissions and channels, used and closed, over
 * one socket or connection of the driver's, over TCP to peers as well (RFC 6062), and from another address if ours changes
 * (RFC 8016). For another allocation make another client.
 */
export class TurnClient implements Machine<TurnClientInput, TurnClientOutput> {
	readonly #outlet: Outlet;
	readonly #requests: Requests;
	readonly #allocation: Allocation;
	readonly #permissions: Permissions;
	readonly #channels: Channels;
	readonly #connections: Connections;
	readonly #data: RelayedData;
	readonly #keepalive: Keepalive;

	/** Throws RangeError for a wish that contradicts itself. */
	constructor(config: TurnClientConfig) {
		const wish = wishOf(config);
		const framing = config.leg === "tcp" || config.leg === "tls" ? "stream" : "datagram";
		const outlet = new Outlet(config.server, config.local ?? 0);
		this.#outlet = outlet;
		this.#requests = new Requests(config, outlet, (end, now) => this.#allocation.mismatched(refusalOf(end), now));
		this.#permissions = new Permissions(this.#requests, outlet);
		this.#channels = new Channels(this.#requests, outlet);
		this.#connections = new Connections(this.#requests, outlet);
		this.#allocation = new Allocation(wish, this.#requests, outlet, (now) => {
			this.#permissions.renewAll(now);
			this.#channels.askAgain(now);
		});
		const parts = { outlet, permissions: this.#permissions, channels: this.#channels };
		const ids = new IndicationIds(config.secret);
		this.#data = new RelayedData(ids, framing, parts);
		this.#keepalive = new Keepalive(config, framing, outlet, ids);
	}

	get deadline(): Deadline | null {
		const own = this.#allocation.deadline;
		let first = this.#requests.deadline ?? own;
		if (own.at < first.at) first = own;
		if (this.#isUsable()) {
			if (this.#permissions.dueAt < first.at) first = { at: this.#permissions.dueAt, why: "permissions" };
			if (this.#channels.dueAt < first.at) first = { at: this.#channels.dueAt, why: "channels" };
			if (this.#keepalive.dueAt < first.at) first = { at: this.#keepalive.dueAt, why: "keepalive" };
		}
		return first.at === Number.POSITIVE_INFINITY ? null : first;
	}

	step(input: TurnClientInput, now: Instant): readonly TurnClientOutput[] {
		if (input.type === "received") this.#hear(input, now);
		else if (input.type === "send") this.#send(input, now);
		else if (input.type === "allocate") this.#allocation.allocate(now);
		else if (input.type === "refresh") this.#allocation.refresh(now);
		else if (input.type === "close") this.#allocation.close(now);
		else if (input.type === "move") this.#allocation.move(input.local, now);
		else if (input.type === "credentials") this.#requests.credentials = input.credentials;
		else if (input.type === "unreachable") this.#unreachable(input, now);
		else if (input.type === "closed") this.#closed(input.local ?? this.#outlet.local, now);
		else if (input.type !== "timer") this.#about(input, now);
		this.#overdue(now);
		const outputs = this.#outlet.take();
		this.#keepalive.left(outputs, now);
		return outputs;
	}

	#overdue(now: Instant): void {
		// The allocation first: what has expired is not to be asked for again.
		this.#allocation.overdue(now);
		const { deadline } = this.#requests;
		if (deadline !== null && deadline.at <= now) this.#requests.hear({ type: "timer" }, now);
		if (!this.#isUsable()) return;
		this.#permissions.overdue(now);
		this.#channels.overdue(now);
		this.#keepalive.overdue(now);
	}

	#isUsable(): boolean {
		return this.#allocation.phase === "allocated" && this.#allocation.connected;
	}

	/** Why nothing can be asked of the relay now, if it cannot. */
	#hindrance(): "notAllocated" | "disconnected" | null {
		if (this.#allocation.phase !== "allocated") return "notAllocated";
		return this.#allocation.connected ? null : "disconnected";
	}

	#about(
		input: Extract<
			TurnClientInput,
			{ readonly type: "permit" | "forget" | "bind" | "unbind" | "connect" | "bindConnection" }
		>,
		now: Instant,
	): void {
		const hindrance = this.#hindrance();
		if (hindrance !== null) this.#outlet.ignore(hindrance);
		else if (input.type === "permit") this.#permit(input.addresses, now);
		else if (input.type === "forget") this.#permissions.forget(canonicalAddress(input.address) ?? input.address);
		else if (input.type === "bindConnection") this.#connections.bind(input.connectionId, input.local, now);
		else {
			const peer = canonicalPeer(input.peer);
			if (peer === null) this.#outlet.ignore("badAddress");
			else if (input.type === "unbind") this.#channels.unbind(peer);
			else if (input.type === "bind") this.#bind(peer, now);
			else this.#connect(peer, now);
		}
	}

	#permit(texts: readonly string[], now: Instant): void {
		const addresses: string[] = [];
		for (const text of texts) {
			const address = canonicalAddress(text);
			if (address === null) this.#outlet.ignore("badAddress");
			else if (this.#allocation.reaches(address)) addresses.push(address);
			else this.#permissions.refuse(address, { why: "familyMismatch", error: null });
		}
		this.#permissions.permit(addresses, now);
	}

	/** The channel brings a permission for five minutes; what keeps it is the one beside it. */
	#bind(peer: StunAddress, now: Instant): void {
		if (this.#allocation.transport === "tcp") {
			this.#outlet.ignore("otherTransport");
			return;
		}
		this.#permit([peer.address], now);
		if (this.#isPermitted(peer.address)) this.#channels.bind(peer, now);
		else this.#outlet.tell({ kind: "unbound", peer, why: "familyMismatch", error: null });
	}

	#connect(peer: StunAddress, now: Instant): void {
		if (this.#allocation.transport === "udp") this.#outlet.ignore("otherTransport");
		else if (this.#allocation.reaches(peer.address)) this.#connections.connect(peer, now);
		else this.#outlet.tell({ kind: "connectFailed", peer, why: "familyMismatch", error: null });
	}

	#send(input: Extract<TurnClientInput, { readonly type: "send" }>, now: Instant): void {
		const hindrance = this.#hindrance();
		if (hindrance !== null) this.#outlet.ignore(hindrance);
		else if (this.#allocation.transport === "tcp") this.#outlet.ignore("otherTransport");
		else {
			// Most senders name a peer as it stands in the tables: then nothing has to be parsed.
			const known = this.#permissions.stateOf(input.peer.address) !== undefined && input.peer.port > 0;
			const peer = known ? input.peer : canonicalPeer(input.peer);
			if (peer === null) this.#outlet.ignore("badAddress");
			else this.#sendTo(peer, input.data, now, input.dontFragment === true);
		}
	}

	#sendTo(peer: StunAddress, data: Uint8Array, now: Instant, dontFragment: boolean): void {
		if (this.#permissions.stateOf(peer.address) === undefined) this.#permit([peer.address], now);
		if (this.#isPermitted(peer.address)) this.#data.send(peer, data, now, dontFragment);
		else this.#outlet.ignore("refused");
	}

	/** Or asked for: the server's answer may come behind what it lets through. */
	#isPermitted(address: string): boolean {
		const state = this.#permissions.stateOf(address);
		return state === "granted" || state === "asked";
	}

	#hear(input: Received, now: Instant): void {
		const first = input.bytes[0] ?? 0;
		// Class bits of an indication (RFC 8489 §5), or the first two bits of ChannelData.
		const isChannel = first >>> 6 === 1;
		const isIndication = first < 0x40 && (first & 0x01) === 0 && ((input.bytes[1] ?? 0) & 0x10) !== 0;
		if (!isChannel && !isIndication) this.#requests.hear({ ...input, local: input.local ?? this.#outlet.local }, now);
		else if (!this.#isFromServer(input)) this.#outlet.ignore("notFromServer");
		else if (this.#allocation.phase !== "allocated") this.#outlet.ignore("notAllocated");
		else if (isChannel) this.#data.hearChannel(input.bytes, now);
		else this.#hearIndication(input.bytes);
	}

	#isFromServer({ from, local }: Received): boolean {
		return this.#allocation.isAt(local ?? this.#outlet.local) && isSameEndpoint(from, this.#outlet.server);
	}

	#hearIndication(bytes: Uint8Array): void {
		const message: StunMessage | null = asMessage(bytes);
		const isPermitted = (address: string) => this.#isPermitted(address);
		if (message === null) this.#outlet.ignore("notStun");
		else if (hasUnknownRequired(message)) this.#outlet.ignore("badIndication");
		else if (message.method === "data") this.#data.hearIndication(message, isPermitted);
		else if (message.method === "connectionAttempt") this.#connections.attempted(message, isPermitted);
		else this.#outlet.ignore("badIndication");
	}

	#unreachable(input: Extract<TurnClientInput, { readonly type: "unreachable" }>, now: Instant): void {
		const { type, code, to = this.#outlet.server, local = this.#outlet.local } = input;
		this.#requests.hear({ type, to, local, code }, now);
	}

	#closed(local: number, now: Instant): void {
		if (local === this.#outlet.local) this.#allocation.disconnect(now);
		this.#requests.hear({ type: "closed", local }, now);
	}
}

function asMessage(bytes: Uint8Array): StunMessage | null {
	const message = decodeStun(bytes);
	return isDecodeError(message) ? null : message;
}
