/**
 * Tells when addresses come and go: the kernel says so where it can be asked, else Node is asked again every two seconds.
 * Whatever was said, all addresses are read anew and compared, so that nothing is missed where messages were lost.
 */
import type { SystemError } from "@whither/core";
import { type Backend, openBackend } from "../backend.ts";
import { isSystemError } from "../errors.ts";
import { NETLINK_ROUTE, RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR, RTMGRP_LINK } from "../native/constants.ts";
import type { Workspace } from "../native/workspace.ts";
import { NetlinkSocket } from "../netlink/netlink-socket.ts";
import { unwatchSocket, watchSocket } from "../transport/poller.ts";
import type { HostAddress } from "./host-address.ts";
import { hostAddressesBy } from "./host-addresses.ts";

/** What has changed since the last time, and all there are now. */
export interface HostAddressChange {
	readonly all: readonly HostAddress[];
	/** New, or of an interface that has come up. */
	readonly added: readonly HostAddress[];
	/** As they were: gone, or their interface is down. What is bound to them reaches nobody any more. */
	readonly removed: readonly HostAddress[];
}

/** Who is told. */
export interface HostAddressListener {
	changed(change: HostAddressChange): void;
}

/** A watch under way. */
export interface HostAddressWatch {
	/** Those there are, as far as has been told. */
	readonly addresses: readonly HostAddress[];
	/** Nothing more is told. Until then the process is kept alive. */
	close(): void;
}

/** How often Node is asked. */
const POLL_MS = 2_000;
/** How many messages are taken for one change. */
const MOST_MESSAGES = 256;

/** Begins to watch; what is there at the beginning is not told but in `addresses`. */
export function watchHostAddresses(
	listener: HostAddressListener,
	backend: Backend | SystemError = openBackend(),
): HostAddressWatch | SystemError {
	if (isSystemError(backend)) return backend;
	// Hears first and reads then: what comes between is heard.
	const watch = new Watch(backend, listener);
	const failed = watch.open();
	if (failed === null) return watch;
	watch.close();
	return failed;
}

class Watch implements HostAddressWatch {
	readonly #backend: Backend;
	readonly #listener: HostAddressListener;
	#addresses: readonly HostAddress[] = [];
	#stop: () => void = () => {};
	#open = true;

	constructor(backend: Backend, listener: HostAddressListener) {
		this.#backend = backend;
		this.#listener = listener;
	}

	get addresses(): readonly HostAddress[] {
		return this.#addresses;
	}

	open(): SystemError | null {
		const backend = this.#backend;
		const changed = (): void => this.#look();
		const stop = backend.name === "native" ? hearKernel(backend.workspace, changed) : pollNode(changed);
		if (isSystemError(stop)) return stop;
		this.#stop = stop;
		const addresses = hostAddressesBy(backend);
		if (isSystemError(addresses)) return addresses;
		this.#addresses = addresses;
		return null;
	}

	close(): void {
		if (!this.#open) return;
		this.#open = false;
		this.#stop();
	}

	#look(): void {
		const all = this.#open ? hostAddressesBy(this.#backend) : this.#addresses;
		// What cannot be read now is read when it is said again that something has changed.
		if (isSystemError(all)) return;
		const change = changeOf(this.#addresses, all);
		this.#addresses = all;
		if (change !== null) this.#listener.changed(change);
	}
}

/** What is between two readings; null: nothing. One that is preferred no more, or again, is told by `all` alone. */
export function changeOf(before: readonly HostAddress[], all: readonly HostAddress[]): HostAddressChange | null {
	const [was, is] = [before, all].map((list) => new Set(list.filter(({ up }) => up).map(keyOf)));
	const added = all.filter((one) => one.up && !was?.has(keyOf(one)));
	const removed = before.filter((one) => one.up && !is?.has(keyOf(one)));
	const same = before.length === all.length && before.every((one, index) => isSame(one, all[index]));
	return same ? null : { all, added, removed };
}

function keyOf({ address, interface: name }: HostAddress): string {
	return `${address} ${name}`;
}

function isSame(one: HostAddress, other: HostAddress | undefined): boolean {
	return other !== undefined && keyOf(one) === keyOf(other) && one.up === other.up && one.preferred === other.preferred;
}

/** Returns how to stop. What comes while it is read belongs to the same change. */
function hearKernel(workspace: Workspace, changed: () => void): (() => void) | SystemError {
	const groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
	const socket = NetlinkSocket.open(workspace, NETLINK_ROUTE, groups);
	if (isSystemError(socket)) return socket;
	const failed = watchSocket(workspace, socket.fd, () => {
		// An error is ENOBUFS: more was said than the socket holds, which is a change as well.
		for (let round = 0; round < MOST_MESSAGES && socket.receive() !== null; round++);
		changed();
	});
	const stop = (): void => {
		unwatchSocket(socket.fd);
		socket.close();
	};
	if (failed === null) return stop;
	socket.close();
	return failed;
}

function pollNode(changed: () => void): () => void {
	const timer = setInterval(changed, POLL_MS);
	return () => clearInterval(timer);
}
