/**
 * Lends a `node:dgram` socket to traces. As long as it is lent Node neither reads it nor sends on it: with errors to be had
 * on a socket, Node 20 loses a datagram for each of them and spins until somebody has read them, and newer versions end the
 * process. So we do both on a second descriptor of the same socket, and hand everything that is not for a trace to the
 * socket's own listeners.
 */
import type { Socket } from "node:dgram";
import { networkInterfaces } from "node:os";
import type { Family, SystemError } from "@whither/core";
import { mediaOptions } from "../channel/socket-options.ts";
import { createClock } from "../clock.ts";
import { isSystemError, systemError } from "../errors.ts";
import { F_DUPFD_CLOEXEC, SO_RCVBUF, SO_RCVBUFFORCE, SO_TIMESTAMPING, SOL_SOCKET } from "../native/constants.ts";
import { ERRNO } from "../native/errno.ts";
import { readOption, setOption, setOptions, takeError } from "../native/socket.ts";
import { openWorkspace, type Workspace } from "../native/workspace.ts";
import { unzoned, zoned } from "../transport/socket-address.ts";
import type { TransportAddress } from "../transport/transport.ts";
import { familyOf, guardSend } from "./dgram-send.ts";
import { LiveSocket } from "./live-socket.ts";
import type { IncomingMedia, MediaSocket } from "./media-socket.ts";

/** A socket on loan. */
export interface DgramLoan {
	/** What to trace on. */
	readonly socket: MediaSocket;
	/**
	 * Ends this part of the loan. A second after the last part has ended, when late answers have come that are nobody's
	 * else, Node reads and sends again as before.
	 */
	giveBack(): void;
}

/** The part of Node's own handle that is needed; it is not documented, and may change. */
interface NodeHandle {
	readonly fd: number;
	recvStart(): number;
	recvStop(): number;
}

/** How long a socket is kept after its last trace: what probes still bring about is not for its owner. */
const LATE_ANSWERS_MS = 1_000;

/** A loan that several traces may share. */
interface SharedLoan {
	readonly socket: MediaSocket;
	readonly end: () => void;
	users: number;
	ending: NodeJS.Timeout | null;
}

const loans = new WeakMap<Socket, SharedLoan>();

/**
 * Lends a bound socket, whose thread this must be; several may borrow it at one time. Errors: `unsupportedPlatform` where
 * Node does not give the descriptor away or there is no libc to call, `systemCall` with EINVAL or EBADF for one that is not
 * bound or closed. If the socket is closed while it is lent, the traces on it end with an error.
 */
export function lendDgram(socket: Socket): DgramLoan | SystemError {
	const loan = loans.get(socket) ?? openLoan(socket);
	if (isSystemError(loan)) return loan;
	loans.set(socket, loan);
	loan.users++;
	if (loan.ending !== null) clearTimeout(loan.ending);
	loan.ending = null;
	let lent = true;
	const giveBack = (): void => {
		if (!lent) return;
		lent = false;
		loan.users--;
		if (loan.users === 0) loan.ending = setTimeout(loan.end, LATE_ANSWERS_MS);
	};
	return { socket: loan.socket, giveBack };
}

function openLoan(socket: Socket): SharedLoan | SystemError {
	const workspace = openWorkspace();
	if (isSystemError(workspace)) return workspace;
	const handle = handleOf(socket);
	if (isSystemError(handle)) return handle;
	const fd = workspace.libc.fcntl(handle.fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0) return systemError("fcntl F_DUPFD_CLOEXEC", workspace.libc.errno());
	const family = familyOf(socket);
	const restore = rememberOptions(workspace, fd, family);
	const giveUp = (error: SystemError): SystemError => {
		restore();
		workspace.libc.close(fd);
		return error;
	};
	const failed = setOptions(workspace, fd, mediaOptions(family));
	if (failed !== null) return giveUp(failed);
	const peer = peerOf(socket);
	const listener = { received: (datagram: IncomingMedia) => emitMessage(socket, family, datagram) };
	const parts = { workspace, fd, family, listener, clock: createClock(workspace), ...(peer === null ? {} : { peer }) };
	const live = LiveSocket.open(parts);
	if (isSystemError(live)) return giveUp(live);
	handle.recvStop();
	return startLoan({ socket, live, peer, handle, restore });
}

interface LoanParts {
	readonly socket: Socket;
	readonly live: LiveSocket;
	readonly peer: TransportAddress | null;
	readonly handle: NodeHandle;
	readonly restore: () => void;
}

function startLoan({ socket, live, peer, handle, restore }: LoanParts): SharedLoan {
	const guard = guardSend({ socket, peer, send: (to, bytes) => live.send(to, bytes) });
	let lent = true;
	const end = (ending: "returned" | "closed"): void => {
		if (!lent) return;
		lent = false;
		if (loan.ending !== null) clearTimeout(loan.ending);
		loans.delete(socket);
		socket.off("close", onClose);
		guard.remove();
		live.stopReading();
		restore();
		live.close();
		if (ending === "returned") handle.recvStart();
	};
	const onClose = (): void => end("closed");
	socket.once("close", onClose);
	const loan: SharedLoan = { socket: live, end: () => end("returned"), users: 0, ending: null };
	return loan;
}

/**
 * Puts the socket's options back as they are now. Without IP_RECVERR the kernel forgets the errors that were not read, but
 * not the one that is pending, which Node's next call would fail with.
 */
function rememberOptions(workspace: Workspace, fd: number, family: Family): () => void {
	const buffers: readonly number[] = [SO_RCVBUF, SO_RCVBUFFORCE];
	const stamping = { label: "SO_TIMESTAMPING", level: SOL_SOCKET, name: SO_TIMESTAMPING };
	const ours = [
		...mediaOptions(family).filter((option) => option.level !== SOL_SOCKET || !buffers.includes(option.name)),
		stamping,
	];
	const before = ours.map((option) => ({
		...option,
		value: readOption(workspace, fd, option.level, option.name) ?? 0,
		need: "try" as const,
	}));
	return () => {
		for (const option of before) setOption(workspace, fd, option);
		takeError(workspace, fd);
	};
}

/** Node keeps it in a state of its own, and behind a getter that warns. */
function handleOf(socket: Socket): NodeHandle | SystemError {
	try {
		socket.address();
	} catch (thrown) {
		const closed = (thrown as NodeJS.ErrnoException).code === "ERR_SOCKET_DGRAM_NOT_RUNNING";
		return systemError("lend dgram", closed ? ERRNO.EBADF : ERRNO.EINVAL);
	}
	const state = Object.getOwnPropertySymbols(socket).find(({ description }) => description === "state symbol");
	const held = state === undefined ? undefined : (Reflect.get(socket, state) as { handle?: unknown }).handle;
	const handle = (held ?? Reflect.get(socket, "_handle")) as Partial<NodeHandle> | null | undefined;
	const isWhole =
		typeof handle?.fd === "number" &&
		handle.fd >= 0 &&
		typeof handle.recvStart === "function" &&
		typeof handle.recvStop === "function";
	return isWhole ? (handle as NodeHandle) : { ...systemError("lend dgram", ERRNO.ENOSYS), code: "unsupportedPlatform" };
}

function peerOf(socket: Socket): TransportAddress | null {
	try {
		const { address, port } = socket.remoteAddress();
		return unzoned(address, port);
	} catch {
		return null;
	}
}

/** As Node itself would: rinfo has the name of a link-local sender's interface in its address. */
function emitMessage(socket: Socket, family: Family, { from, bytes }: IncomingMedia): void {
	const message = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
	const address = zoned(from.address, from.zone === undefined ? undefined : interfaceName(Number(from.zone)));
	socket.emit("message", message, { address, family: `IPv${family}`, port: from.port, size: bytes.length });
}

function interfaceName(scope: number): string {
	const found = Object.entries(networkInterfaces()).find(([, addresses = []]) =>
		addresses.some((one) => one.family === "IPv6" && one.scopeid === scope),
	);
	return found?.[0] ?? String(scope);
}
