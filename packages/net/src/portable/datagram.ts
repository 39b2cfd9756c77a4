/**
 * Datagrams on `node:dgram`. What it does not give: the kernel's stamps, ICMP errors about what an unconnected socket sent,
 * and which of our addresses a datagram came to; TTLs are set for the whole socket.
 */
import type { Socket, SocketType } from "node:dgram";
import { networkInterfaces } from "node:os";
import type { Family, SystemError } from "@whither/core";
import type { Clock } from "../clock.ts";
import { isSystemError, sendError } from "../errors.ts";
import { isLinkLocal, unzoned, zoned } from "../transport/socket-address.ts";
import type {
	DatagramGroup,
	DatagramListener,
	DatagramRequest,
	DatagramTransport,
	OutgoingDatagram,
	TransportAddress,
} from "../transport/transport.ts";
import { nodeError } from "./node-error.ts";

type Dgram = typeof import("node:dgram");

/** Loaded by the first use, and without `import`, which could not be waited for here. */
function dgram(): Dgram {
	return process.getBuiltinModule("node:dgram");
}

/** What is to stay on its link has the highest TTL there is (RFC 6762 section 11). */
const LINK_TTL = 255;

/** The kind of socket for one family. */
const TYPES: Readonly<Record<Family, SocketType>> = { 4: "udp4", 6: "udp6" };

/** Any address of ours. */
export const ANY_ADDRESS: Readonly<Record<Family, string>> = { 4: "0.0.0.0", 6: "::" };

/**
 * A socket bound at once: addresses are numeric, so the look-up that would put binding and sending off is left out. The
 * error of the call that failed otherwise.
 */
export function openBoundSocket(request: DatagramRequest): Socket | SystemError {
	const { family, address, port, zone, receiveBufferBytes, group } = request;
	const lookup = (host: string, _: unknown, done: (error: null, address: string, family: number) => void) =>
		done(null, host, family);
	const socket = dgram().createSocket({
		type: TYPES[family],
		ipv6Only: family === 6,
		reuseAddr: group !== undefined,
		lookup,
		...(receiveBufferBytes === undefined ? {} : { recvBufferSize: receiveBufferBytes }),
	});
	let failed: SystemError | null = null;
	let bound = false;
	const onError = (error: Error): void => {
		failed ??= nodeError(error, "bind", address);
	};
	socket.on("error", onError);
	socket.once("listening", () => {
		bound = true;
	});
	socket.bind({ port, address: zoned(address ?? ANY_ADDRESS[family], zone), exclusive: true });
	if (!bound) {
		close(socket);
		return failed ?? nodeError({ code: "EADDRNOTAVAIL" }, "bind", address);
	}
	socket.off("error", onError);
	return socket;
}

/** The same memory without Buffer's ways: its `slice` makes no copy. */
export function plainBytes(buffer: Buffer): Uint8Array {
	return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

/** Closing a socket whose binding failed throws in some versions. */
export function close(socket: Socket): void {
	try {
		socket.close();
	} catch {
		// It is closed already.
	}
}

/** Opens one, or says which call failed. */
export function openPortableDatagram(
	request: DatagramRequest,
	listener: DatagramListener,
	clock: Clock,
): DatagramTransport | SystemError {
	const socket = openBoundSocket(request);
	if (isSystemError(socket)) return socket;
	const failed = request.group === undefined ? null : joinGroup(socket, request.family, request.group);
	if (failed !== null) {
		close(socket);
		return failed;
	}
	let open = true;
	socket.on("message", (bytes, { address, port }) => {
		const at = clock.now();
		const from = unzoned(address, port);
		if (open) listener.received([{ from, to: null, bytes: plainBytes(bytes), at, stamp: "user" }]);
	});
	socket.on("error", (error) => {
		if (open) listener.failed(nodeError(error, "recvmsg"), null);
	});
	const { address, port } = socket.address();
	const sendOne = ({ to, bytes }: OutgoingDatagram): void => {
		const done = (error: Error | null): void => {
			if (error !== null && open) listener.failed(toldSendError(error, to), to);
		};
		try {
			// Copied: what cannot leave at once is sent later, from the same memory.
			socket.send(new Uint8Array(bytes), to.port, zoned(to.address, to.zone), done);
		} catch (thrown) {
			queueMicrotask(() => done(thrown as Error));
		}
	};
	return {
		local: unzoned(address, port),
		send: (datagrams) => {
			if (open) datagrams.forEach(sendOne);
		},
		close: () => {
			if (!open) return;
			open = false;
			close(socket);
		},
	};
}

/** As `groupOptions`; without a kernel's help the socket hears also what others of this machine have joined. */
function joinGroup(
	socket: Socket,
	family: Family,
	{ address, interface: name, ours }: DatagramGroup,
): SystemError | null {
	const link = family === 4 ? ours : zoned("::", process.platform === "win32" ? zoneNumber(name) : name);
	try {
		socket.addMembership(address, link);
		socket.setMulticastInterface(link);
		socket.setMulticastLoopback(true);
		socket.setMulticastTTL(LINK_TTL);
		socket.setTTL(LINK_TTL);
		return null;
	} catch (thrown) {
		return nodeError(thrown, "addMembership", address);
	}
}

/** Windows knows interfaces by number alone. */
function zoneNumber(name: string): string {
	const found = networkInterfaces()[name]?.find(({ family }) => family === "IPv6");
	return String(found?.family === "IPv6" ? found.scopeid : 0);
}

/** EPERM and EACCES mean of a send that a local firewall or the routing refused. */
function toldSendError(error: Error, to: TransportAddress): SystemError {
	const { call, errno, ...rest } = nodeError(error, "send", to.address);
	return errno === 0 ? { call, errno, ...rest } : sendError(call, errno, to.address);
}

/**
 * A server's. Node tells nobody which of our addresses a datagram came to, so a socket for all of them is one for each that
 * this machine has now, on one port.
 */
export function openPortableServer(
	request: DatagramRequest,
	listener: DatagramListener,
	clock: Clock,
): DatagramTransport | SystemError {
	if (request.address !== null || request.group !== undefined) return openPortableDatagram(request, listener, clock);
	const sockets = new Map<string, DatagramTransport>();
	let { port } = request;
	const closeAll = (): void => {
		for (const socket of sockets.values()) socket.close();
	};
	for (const [address, zone] of ownAddresses(request.family)) {
		const told: DatagramListener = {
			received: (datagrams) => listener.received(datagrams.map((one) => ({ ...one, to: address }))),
			failed: (error, to) => listener.failed(error, to),
		};
		const place = { ...request, address, port, ...(zone === undefined ? {} : { zone }) };
		const socket = openPortableDatagram(place, told, clock);
		if (isSystemError(socket)) {
			closeAll();
			return socket;
		}
		port = socket.local.port;
		sockets.set(address, socket);
	}
	const [first] = sockets.values();
	return {
		local: { address: ANY_ADDRESS[request.family], port },
		send: (datagrams) => {
			for (const one of datagrams) (sockets.get(one.from ?? "") ?? first)?.send([one]);
		},
		close: closeAll,
	};
}

/** This machine's addresses of one family, with the interface of those that need it. */
function ownAddresses(family: Family): readonly (readonly [address: string, zone: string | undefined])[] {
	return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
		addresses
			.filter((one) => one.family === (family === 4 ? "IPv4" : "IPv6"))
			.map(({ address }) => [address, isLinkLocal(address) ? name : undefined] as const),
	);
}
