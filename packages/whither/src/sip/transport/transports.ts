/** All ways that SIP goes from this machine: UDP, TCP and TLS (RFC 3261 §18). */
import type { SystemError } from "@whither/core";
import type { StreamServer } from "@whither/net/transport";
import { addressFamily } from "@whither/wire";
import { SipConnections } from "./connections.ts";
import { SipDatagrams } from "./datagrams.ts";
import type { SipHop } from "./hop.ts";
import type { SipSurroundings } from "./surroundings.ts";
import type {
	SipPlace,
	SipTlsOrder,
	SipTransportFailure,
	SipTransportListener,
	SipTransportOrder,
} from "./transport-io.ts";
import { streamFailureName } from "./words.ts";

/** RFC 5626 §4.4: NATs forget a binding of UDP after 30 s. */
const KEEPALIVE_MS = 25_000;
/** RFC 3261 §19.1.2. */
const TLS_PORT = 5061;
/** Where nothing else is asked for. */
const EVERYWHERE: readonly SipPlace[] = [
	{ transport: "udp", address: null, port: 0 },
	{ transport: "tcp", address: null, port: 0 },
];

/** What is open. */
export class SipTransports {
	/** How others reach us, best first. Of TLS without a certificate: what answers say, for nobody can connect there. */
	readonly local: readonly SipHop[];
	readonly #machine: SipSurroundings;
	readonly #datagrams: SipDatagrams;
	readonly #connections: SipConnections;
	readonly #servers: readonly StreamServer[];
	#isNeeded = false;
	#stopTicking: () => void = () => {};

	private constructor(machine: SipSurroundings, parts: OpenParts) {
		this.#machine = machine;
		this.#datagrams = parts.datagrams;
		this.#servers = parts.servers;
		this.local = withTlsClient(parts.local);
		this.#connections = new SipConnections({
			machine,
			tls: parts.tls,
			listener: parts.listener,
			isNeeded: () => this.#isNeeded,
		});
		parts.accepted.by = this.#connections;
		this.#tick();
	}

	/** Opens every place, or none. */
	static async open(
		order: SipTransportOrder,
		listener: SipTransportListener,
		machine: SipSurroundings,
	): Promise<SipTransports | SipTransportFailure> {
		const { places = EVERYWHERE, tls = {} } = order;
		const addresses = machine.addresses(order);
		if ("errnoName" in addresses) return { code: "system", error: addresses };
		const wanted = places.flatMap((place) => placesOf(place, addresses));
		if (wanted.length === 0) return { code: "noAddress" };
		const datagrams = new SipDatagrams(machine, listener);
		const parts: OpenParts = { datagrams, servers: [], local: [], tls, listener, accepted: { by: null } };
		for (const place of wanted) {
			const failure = await openPlace(place, parts, machine);
			if (failure === null || (place.isOneOfAll && isGone(failure))) continue;
			closeAll(parts);
			return failure;
		}
		if (parts.local.length === 0) return { code: "noAddress" };
		return new SipTransports(machine, parts);
	}

	send(bytes: Uint8Array, to: SipHop): void {
		if (to.transport === "udp") this.#datagrams.send(bytes, to);
		else this.#connections.send(bytes, to);
	}

	/** Whether calls or a registration depend on what stands: it is kept up as long as they do. */
	need(isNeeded: boolean): void {
		if (this.#isNeeded && !isNeeded) this.#datagrams.release();
		this.#isNeeded = isNeeded;
	}

	/** Ends all, what was sent on connections first. */
	close(): void {
		this.#stopTicking();
		closeAll({ datagrams: this.#datagrams, servers: this.#servers });
		this.#connections.close();
	}

	#tick(): void {
		this.#stopTicking = this.#machine.after(KEEPALIVE_MS, () => {
			if (this.#isNeeded) this.#datagrams.keepUp();
			this.#connections.tick(this.#machine.now());
			this.#tick();
		});
	}
}

interface OpenParts {
	readonly datagrams: SipDatagrams;
	readonly servers: StreamServer[];
	readonly local: SipHop[];
	readonly tls: SipTlsOrder;
	readonly listener: SipTransportListener;
	/** Who takes connections, once there is somebody. */
	readonly accepted: { by: SipConnections | null };
}

function closeAll({ datagrams, servers }: { datagrams: SipDatagrams; servers: readonly StreamServer[] }): void {
	datagrams.close();
	for (const server of servers) server.close();
}

/** A place of a known address. `isOneOfAll`: nobody has asked for that very one. */
type NumericPlace = SipPlace & { readonly address: string; readonly isOneOfAll: boolean };

/** An address may go, or be somebody else's, between the look at all of them and its use. */
function isGone(failure: SipTransportFailure): boolean {
	return failure.code === "cannotListen" && streamFailureName(failure.error) === "EADDRNOTAVAIL";
}

function placesOf(place: SipPlace, addresses: readonly string[]): readonly NumericPlace[] {
	const { address } = place;
	if (address !== null) return [{ ...place, address, isOneOfAll: false }];
	return addresses.map((each) => ({ ...place, address: each, isOneOfAll: true }));
}

async function openPlace(
	place: NumericPlace,
	parts: OpenParts,
	machine: SipSurroundings,
): Promise<SipTransportFailure | null> {
	const { isOneOfAll: _, ...asked } = place;
	const { transport, address, port } = asked;
	if (transport === "udp") return told(asked, parts, parts.datagrams.open({ address, port }));
	const { certificate = "", key = "" } = parts.tls;
	if (transport === "tls" && (certificate === "" || key === "")) return { code: "noCertificate", place: asked };
	const server = await machine.listen({ transport, address, port }, parts.tls, (stream) => {
		if (parts.accepted.by !== null) return parts.accepted.by.accept(stream, transport);
		stream.destroy();
		return { opened: () => {}, received: () => {}, closed: () => {} };
	});
	if (!("local" in server)) return { code: "cannotListen", place: asked, error: server };
	parts.servers.push(server);
	return told(asked, parts, server.local);
}

function told(
	place: SipPlace & { readonly address: string },
	parts: OpenParts,
	opened: { readonly port: number } | SystemError,
): SipTransportFailure | null {
	if ("errnoName" in opened) return { code: "cannotListen", place, error: opened };
	parts.local.push({ transport: place.transport, address: place.address, port: opened.port, ours: place.address });
	return null;
}

/** TLS that we can speak without being spoken to. */
function withTlsClient(local: readonly SipHop[]): readonly SipHop[] {
	const has = ({ address }: SipHop) => local.some((hop) => hop.transport === "tls" && hop.address === address);
	const streams = local.filter((hop) => hop.transport === "tcp" && !has(hop));
	return [...local, ...streams.map((hop) => ({ ...hop, transport: "tls" as const, port: TLS_PORT }))];
}

/** The families that there are sockets of. */
export function familiesOf(local: readonly SipHop[]): readonly (4 | 6)[] {
	const families = local.map(({ address }) => addressFamily(address));
	return ([4, 6] as const).filter((family) => families.includes(family));
}
