/** What native datagram sockets have alike: how they are opened, and addresses as the kernel wants them. */
import type { SystemError } from "@whither/core";
import { stampOption } from "../channel/socket-options.ts";
import { isSystemError, systemError } from "../errors.ts";
import { IPV6_V6ONLY, SO_RCVBUF, SO_RCVBUFFORCE, SOCK_DGRAM, SOL_IPV6, SOL_SOCKET } from "../native/constants.ts";
import { ERRNO } from "../native/errno.ts";
import { decodeSockaddr, encodeSockaddr, SOCKADDR_LENGTH } from "../native/sockaddr.ts";
import { bindSocket, localAddress, openSocket, prepared, type SocketOption, setOptions } from "../native/socket.ts";
import { SOCKADDR_BYTES } from "../native/structs.ts";
import type { Workspace } from "../native/workspace.ts";
import type { DatagramRequest, TransportAddress } from "./transport.ts";

/** A bound descriptor, which the caller closes. */
export interface NativeSocket {
	readonly fd: number;
	readonly local: TransportAddress;
}

/** Opens and binds one, with these options beside those that every one has. */
export function openNativeSocket(
	workspace: Workspace,
	request: DatagramRequest,
	more: readonly SocketOption[],
): NativeSocket | SystemError {
	const { family, address, port, zone } = request;
	const scope = scopeOf(workspace, zone);
	if (isSystemError(scope)) return scope;
	const opened = openSocket(workspace, { family, type: SOCK_DGRAM, protocol: 0 });
	const fd = prepared(workspace, opened, (fd) => {
		const failed = setOptions(workspace, fd, [...basicOptions(request), ...more]);
		return failed ?? bindSocket(workspace, fd, { family, address, port, scope });
	});
	if (isSystemError(fd)) return fd;
	const local = localAddress(workspace, fd);
	if (!isSystemError(local)) return { fd, local: { address: local.address, port: local.port } };
	workspace.libc.close(fd);
	return local;
}

function basicOptions({ family, receiveBufferBytes: value }: DatagramRequest): readonly SocketOption[] {
	const options: SocketOption[] = [stampOption("receive")];
	if (family === 6) options.push({ label: "IPV6_V6ONLY", level: SOL_IPV6, name: IPV6_V6ONLY, value: 1 });
	if (value === undefined) return options;
	return [
		...options,
		{ label: "SO_RCVBUF", level: SOL_SOCKET, name: SO_RCVBUF, value, need: "try" },
		{ label: "SO_RCVBUFFORCE", level: SOL_SOCKET, name: SO_RCVBUFFORCE, value, need: "try" },
	];
}

/** The index of the interface that a zone names, by its name or its number; 0: none. */
export function scopeOf(workspace: Workspace, zone: string | undefined): number | SystemError {
	if (zone === undefined) return 0;
	if (/^\d+$/.test(zone)) return Number(zone);
	const index = workspace.libc.if_nametoindex(zone);
	return index === 0 ? systemError("if_nametoindex", ERRNO.ENODEV, zone) : index;
}

/** A socket address for a message; throws on an address that is not one of the family. */
export function socketName(
	workspace: Workspace,
	family: 4 | 6,
	{ address, port, zone }: TransportAddress,
): { readonly bytes: Uint8Array; readonly length: number } {
	const bytes = new Uint8Array(SOCKADDR_BYTES);
	const scope = scopeOf(workspace, zone);
	encodeSockaddr(bytes, { family, address, port, scope: isSystemError(scope) ? 0 : scope });
	return { bytes, length: SOCKADDR_LENGTH[family] };
}

/** A message's socket address as a value; null when it is none of ours. */
export function transportAddress(name: Uint8Array): TransportAddress | null {
	const from = decodeSockaddr(name);
	if (from === null) return null;
	const { address, port, scope } = from;
	return scope === 0 ? { address, port } : { address, port, zone: String(scope) };
}
