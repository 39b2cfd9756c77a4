/**
 * `send` of a lent `node:dgram` socket. Node's own would lose a datagram for every ICMP error that is pending; this one has
 * its arguments and its callback, and loses none.
 */
import type { Socket } from "node:dgram";
import { isIPv4, isIPv6 } from "node:net";
import type { Family, SystemError } from "@whither/core";
import { unzoned } from "../transport/socket-address.ts";
import type { TransportAddress } from "../transport/transport.ts";

/** What it sends through. */
export interface DgramSender {
	readonly socket: Socket;
	/** Where it is connected to; null: it is not. */
	readonly peer: TransportAddress | null;
	send(to: TransportAddress, bytes: Uint8Array): SystemError | null;
}

type Callback = (error: Error | null, bytes: number) => void;

interface Datagram {
	readonly to: TransportAddress;
	readonly bytes: Uint8Array;
	readonly callback: Callback | null;
}

/** The device takes no more at the moment: how long until it is asked again. */
const WAIT_MS = 1;

/**
 * Puts itself before a socket's own `send`, which still sends what it alone understands: names to be looked up, and faulty
 * arguments. `remove` takes it away, after a last attempt at what waits.
 */
export function guardSend(sender: DgramSender): { remove(): void } {
	const { socket } = sender;
	const original = socket.send;
	const waiting: Datagram[] = [];
	let timer: NodeJS.Timeout | null = null;

	const sendWaiting = (): void => {
		timer = null;
		for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
			if (!sendOne(sender, next)) {
				timer = setTimeout(sendWaiting, WAIT_MS);
				return;
			}
			waiting.shift();
		}
	};
	const guarded = (...args: unknown[]): void => {
		const datagram = plainDatagram(args, sender);
		if (datagram === null) Reflect.apply(original, socket, args);
		else if (waiting.length > 0 || !sendOne(sender, datagram)) {
			// Copied: the caller may use the memory again once it has been sent.
			waiting.push({ ...datagram, bytes: datagram.bytes.slice() });
			timer ??= setTimeout(sendWaiting, WAIT_MS);
		}
	};
	socket.send = guarded as Socket["send"];
	return {
		remove: () => {
			// On the prototype it stands already.
			Reflect.deleteProperty(socket, "send");
			if (socket.send !== original) socket.send = original;
			if (timer !== null) clearTimeout(timer);
			for (const datagram of waiting.splice(0)) settle(datagram, sender.send(datagram.to, datagram.bytes));
		},
	};
}

/** False where it must wait. */
function sendOne({ send }: DgramSender, datagram: Datagram): boolean {
	const error = send(datagram.to, datagram.bytes);
	if (error?.code === "noBuffers") return false;
	settle(datagram, error);
	return true;
}

function settle({ to, bytes, callback }: Datagram, error: SystemError | null): void {
	if (callback !== null) process.nextTick(callback, error === null ? null : nodeException(error, to), bytes.length);
}

/** The error as Node words its own. */
function nodeException({ errno, errnoName }: SystemError, { address, port }: TransportAddress): Error {
	const facts = { errno: -errno, code: errnoName, syscall: "send", address, port };
	return Object.assign(new Error(`send ${errnoName} ${address}:${port}`), facts);
}

/**
 * The datagram that arguments of `send` describe (msg[, offset, length][, port][, address][, callback]); null where Node's
 * own is to see to them.
 */
function plainDatagram(args: readonly unknown[], { socket, peer }: DgramSender): Datagram | null {
	const rest = [...args];
	const last = rest.at(-1);
	const callback = typeof last === "function" ? (last as Callback) : null;
	if (callback !== null) rest.pop();
	while (rest.length > 1 && rest.at(-1) === undefined) rest.pop();
	const whole = bytesOf(rest.shift());
	const bytes = whole === null ? null : partOf(whole, rest, peer !== null);
	if (bytes === null) return null;
	if (peer !== null) return rest.length === 0 ? { to: peer, bytes, callback } : null;
	const [port, address] = rest;
	const isPort = typeof port === "number" && Number.isInteger(port) && port > 0 && port < 65_536;
	const isOurs = typeof address === "string" && (familyOf(socket) === 4 ? isIPv4(address) : isIPv6(address));
	if (!isPort || !isOurs || rest.length > 2) return null;
	return { to: unzoned(address, port), bytes, callback };
}

/** Of a bound socket. */
export function familyOf(socket: Socket): Family {
	return socket.address().family === "IPv6" ? 6 : 4;
}

/** Takes offset and length, where they are given, off the arguments; null: out of range. */
function partOf(whole: Uint8Array, rest: unknown[], connected: boolean): Uint8Array | null {
	const [offset, length] = rest;
	const isPart = typeof offset === "number" && typeof length === "number" && (connected || rest.length > 2);
	if (!isPart) return whole;
	rest.splice(0, 2);
	const fits = offset >= 0 && length >= 0 && offset + length <= whole.length;
	return fits ? whole.subarray(offset, offset + length) : null;
}

function bytesOf(message: unknown): Uint8Array | null {
	if (typeof message === "string") return Buffer.from(message);
	if (ArrayBuffer.isView(message)) return new Uint8Array(message.buffer, message.byteOffset, message.byteLength);
	if (!Array.isArray(message)) return null;
	const parts = message.map(bytesOf);
	return parts.every((part) => part !== null) ? Buffer.concat(parts) : null;
}
