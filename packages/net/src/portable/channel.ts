/**
 * A channel on Node's own sockets, for machines where the kernel's calls cannot be had. Routers' answers never reach it:
 * what it measures is the target, by its datagrams and by its refusals, and how many hops away that is, since probes whose
 * TTL runs out before it stay unanswered. Times are ours, and TTLs are set for the whole socket before each probe.
 */

import type { ChannelInput, IcmpErrorReply, Instant, PacketReply, ProbeSend, SystemError } from "@whither/core";
import { IP_PROTOCOL } from "@whither/wire";
import type { Channel, ChannelRequest } from "../channel/channel.ts";
import { DelayedCall } from "../delayed-call.ts";
import { isSystemError, isTransient, sendError } from "../errors.ts";
import { ERRNO } from "../native/errno.ts";
import type { Watch } from "../native/libc.ts";
import { isLinkLocal } from "../transport/socket-address.ts";
import { close, plainBytes } from "./datagram.ts";
import { nodeError } from "./node-error.ts";
import { type Connected, openConnected } from "./route.ts";

/** Port Unreachable, the only ICMP error that tells a socket who refused: nobody but the target should (RFC 1122 section 3.2.2.1). */
const REFUSED = { 4: { type: 3, code: 3 }, 6: { type: 1, code: 4 } } as const;
/** What Linux and macOS, and what Windows calls it. */
const REFUSALS: ReadonlySet<string> = new Set(["ECONNREFUSED", "ECONNRESET"]);
/** Sockets of one probe each that are kept open; the oldest is closed first. */
const MOST_OWN_SOCKETS = 512;

/** Opens a channel for UDP probes; `unsupportedPlatform`, with the order in `call`, for what Node's sockets cannot obey. */
export function openPortableChannel(request: ChannelRequest): Channel | SystemError {
	const refused = refusedOrder(request);
	if (refused !== null) return unsupported(refused);
	const found = connectTo(request, request.sourcePort ?? 0);
	if (isSystemError(found)) return found;
	return new PortableChannel(request, found);
}

/** The first of the orders that needs the kernel's own calls; null: none does. */
function refusedOrder(request: ChannelRequest): string | null {
	const { transport, protocol, destinationPorts } = request.need;
	if (transport !== "udp" || protocol !== IP_PROTOCOL.udp) return "method";
	if (destinationPorts === "counted") return "method";
	if (request.interface !== null && !isLinkLocal(request.target)) return "--interface";
	const orders: readonly (readonly [boolean, string])[] = [
		[request.tos !== 0, "--tos"],
		[request.flowLabel !== 0, "--flowlabel"],
		[request.dontFragment, "--dont-fragment"],
		[request.bypassRouting, "--bypass-routing"],
		[request.gateways.length > 0, "--gateway"],
		[request.looseMatch, "--loose-match"],
		[request.capture, "--pcap"],
		[request.fwmark !== null, "--fwmark"],
	];
	return orders.find(([wanted]) => wanted)?.[1] ?? null;
}

/** `call` says what cannot be done, `address` where. */
export function unsupported(what: string): SystemError {
	return {
		code: "unsupportedPlatform",
		call: `portable ${what}`,
		address: process.platform,
		errno: ERRNO.ENOSYS,
		// No call was made.
		errnoName: "",
	};
}

/** A socket connected to the target. */
function connectTo(request: ChannelRequest, sourcePort: number): Connected | SystemError {
	const { family, target: address, source, port } = request;
	const zone = isLinkLocal(address) ? (request.interface ?? undefined) : undefined;
	return openConnected({ family, address, port, zone, source, sourcePort });
}

class PortableChannel implements Channel {
	readonly kind = "portable";
	readonly source: string;
	readonly mtu = null;
	readonly pollFd = null;
	readonly #request: ChannelRequest;
	readonly #shared: Connected | null;
	/** Sockets of one probe each, by its sequence. */
	readonly #own = new Map<number, Connected>();
	readonly #inputs: ChannelInput[] = [];
	#readable: (() => void) | null = null;
	readonly #timer: DelayedCall;
	#waking: NodeJS.Immediate | null = null;
	#closed = false;

	constructor(request: ChannelRequest, first: Connected) {
		this.#request = request;
		this.#timer = new DelayedCall(request.clock, () => this.#readable?.());
		this.source = first.address;
		this.#shared = request.need.ports === "perProbe" ? null : first;
		if (this.#shared === null) close(first.socket);
		else this.#listen(first, null);
	}

	get sourcePorts(): readonly number[] {
		return this.#shared === null ? [] : [this.#shared.port];
	}

	watch(readable: () => void): Watch {
		this.#readable = readable;
		return {
			close: () => {
				this.#readable = null;
			},
		};
	}

	send(probes: readonly ProbeSend[]): void {
		for (const probe of probes) {
			const place = this.#shared ?? this.#openOwn(probe.sequence);
			if (isSystemError(place)) this.#fail(probe.sequence, place);
			else this.#sendOne(place, probe);
		}
	}

	read(): readonly ChannelInput[] {
		return this.#inputs.splice(0);
	}

	arm(at: Instant | null): void {
		this.#timer.arm(this.#closed ? null : at);
	}

	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#timer.arm(null);
		if (this.#waking !== null) clearImmediate(this.#waking);
		for (const { socket } of this.#own.values()) close(socket);
		if (this.#shared !== null) close(this.#shared.socket);
	}

	#openOwn(sequence: number): Connected | SystemError {
		const { sourcePort } = this.#request;
		const opened = connectTo(this.#request, sourcePort === null ? 0 : sourcePort + this.#own.size);
		if (isSystemError(opened)) return opened;
		const [oldest] = this.#own;
		if (oldest !== undefined && this.#own.size >= MOST_OWN_SOCKETS) {
			this.#own.delete(oldest[0]);
			close(oldest[1].socket);
		}
		this.#own.set(sequence, opened);
		this.#listen(opened, sequence);
		return opened;
	}

	/** A connected socket sends at once, so the TTL that is set now is this probe's. */
	#sendOne({ socket, port }: Connected, { sequence, ttl, packet, tos }: ProbeSend): void {
		if (tos !== undefined && tos !== this.#request.tos) {
			this.#fail(sequence, unsupported("--tos"));
			return;
		}
		const at = this.#request.clock.now();
		const sourcePort = this.#shared === null ? port : null;
		try {
			socket.setTTL(ttl);
			socket.send(packet.bytes, (error) => {
				if (error === null) this.#push({ type: "sent", sequence, at, stamp: "user", sourcePort });
				else this.#sendFailed({ sequence, from: port }, error);
			});
		} catch (thrown) {
			this.#sendFailed({ sequence, from: port }, thrown);
		}
	}

	#sendFailed({ sequence, from }: { readonly sequence: number; readonly from: number }, thrown: unknown): void {
		const { errno, call, ...rest } = nodeError(thrown, "send", this.#request.target);
		// The refusal of an earlier probe, which took this one's place on the way out.
		if (REFUSALS.has(rest.errnoName)) this.#refused(from, this.#shared === null ? sequence : null);
		this.#fail(sequence, errno === 0 ? { errno, call, ...rest } : sendError(call, errno, this.#request.target));
	}

	#fail(sequence: number, error: SystemError): void {
		this.#push({
			type: "sendFailed",
			sequence,
			error,
			transient: isTransient(error.errno) || REFUSALS.has(error.errnoName),
		});
	}

	#listen({ socket, port }: Connected, owner: number | null): void {
		socket.on("message", (bytes, from) =>
			this.#push({ type: "reply", reply: this.#answer(bytes, { from, port, owner }) }),
		);
		socket.on("error", (error: NodeJS.ErrnoException) => {
			if (REFUSALS.has(error.code ?? "")) this.#refused(port, owner);
		});
	}

	#answer(
		bytes: Buffer,
		{
			from,
			port,
			owner,
		}: { readonly from: { readonly port: number }; readonly port: number; readonly owner: number | null },
	): PacketReply {
		return {
			type: "packet",
			...this.#head(owner),
			protocol: IP_PROTOCOL.udp,
			sourcePort: from.port,
			destinationPort: port,
			segment: null,
			payload: plainBytes(bytes).slice(),
		};
	}

	/** Nothing is quoted: where all probes share a socket, the tracer works out which of them it was. */
	#refused(sourcePort: number, owner: number | null): void {
		const { family, target, port: destinationPort } = this.#request;
		const quoted: IcmpErrorReply["quoted"] = {
			protocol: IP_PROTOCOL.udp,
			source: null,
			destination: target,
			sourcePort,
			destinationPort,
			segment: null,
			payload: new Uint8Array(0),
			bytes: null,
			ip: null,
		};
		const head = this.#head(owner);
		this.#push({
			type: "reply",
			reply: { type: "icmpError", ...head, icmp: REFUSED[family], mtu: null, quoted, extensions: [] },
		});
	}

	#head(owner: number | null) {
		const at = this.#request.clock.now();
		return { at, stamp: "user", from: this.#request.target, ttl: null, tos: null, socket: owner } as const;
	}

	#push(input: ChannelInput): void {
		if (this.#closed) return;
		this.#inputs.push(input);
		this.#waking ??= setImmediate(() => {
			this.#waking = null;
			this.#readable?.();
		});
	}
}
