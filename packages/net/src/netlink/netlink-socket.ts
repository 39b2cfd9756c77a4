/** A netlink socket: questions and orders to the kernel, which has answered by the time that the send returns. */

import type { SystemError } from "@whither/core";
import { concatBytes } from "@whither/wire";
import { systemError } from "../errors.ts";
import { AF_NETLINK, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_RAW } from "../native/constants.ts";
import { ERRNO } from "../native/errno.ts";
import type { Workspace } from "../native/workspace.ts";
import { decodeNetlink, NETLINK, type NetlinkMessage, netlinkErrno } from "./messages.ts";

/** struct sockaddr_nl: family, padding, port id 0 (the kernel chooses), and a bit for each multicast group. */
const SOCKADDR_NL_BYTES = 12;
const GROUPS_OFFSET = 8;

/** Owns one descriptor. What is read lies in the thread's scratch memory, good until the next call that uses it. */
export class NetlinkSocket {
	readonly fd: number;
	readonly #workspace: Workspace;
	#sequence = 0;

	private constructor(workspace: Workspace, fd: number) {
		this.#workspace = workspace;
		this.fd = fd;
	}

	/**
	 * A bound socket of one netlink family (NETLINK_ROUTE, NETLINK_NETFILTER), or the error of the call that failed. One
	 * that hears groups (RTMGRP_...) is for hearing alone: what it is told stands between answers.
	 */
	static open(workspace: Workspace, protocol: number, groups = 0): NetlinkSocket | SystemError {
		const { libc, scratch } = workspace;
		const fd = libc.socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
		if (fd < 0) return systemError("socket AF_NETLINK", libc.errno());
		scratch.bytes.fill(0, 0, SOCKADDR_NL_BYTES);
		scratch.view.setUint16(0, AF_NETLINK, true);
		scratch.view.setUint32(GROUPS_OFFSET, groups, true);
		if (libc.bind(fd, scratch.address, SOCKADDR_NL_BYTES) === 0) return new NetlinkSocket(workspace, fd);
		const error = systemError("bind AF_NETLINK", libc.errno());
		libc.close(fd);
		return error;
	}

	/** Sends messages as one datagram; the errno, 0 when it went. */
	send(messages: readonly Uint8Array[]): number {
		const { libc, outgoing } = this.#workspace;
		outgoing.clear();
		// Joined here, since a datagram is one iovec of the batch.
		outgoing.append({ name: null, data: concatBytes(messages), control: [] });
		return libc.sendmmsg(this.fd, outgoing.address(), 1, 0) === 1 ? 0 : libc.errno();
	}

	/** The messages of the next datagram; null when none waits; an errno where reading failed. */
	receive(): readonly NetlinkMessage[] | number | null {
		const { libc, scratch } = this.#workspace;
		const length = libc.read(this.fd, scratch.address, scratch.bytes.length);
		if (length >= 0) return decodeNetlink(scratch.bytes.subarray(0, length));
		const errno = libc.errno();
		return errno === ERRNO.EAGAIN || errno === ERRNO.EINTR ? null : errno;
	}

	/**
	 * Asks one question and hands each message of the answer to `take`, to its end; the errno that the kernel answered
	 * with, or that of the call, 0 when all went well.
	 */
	ask(encode: (sequence: number) => Uint8Array, take: (message: NetlinkMessage) => void): number {
		this.#sequence = (this.#sequence + 1) >>> 0;
		const sequence = this.#sequence;
		const message = encode(sequence);
		const isDump = (new DataView(message.buffer).getUint16(6, true) & NETLINK.dump) === NETLINK.dump;
		const errno = this.send([message]);
		if (errno !== 0) return errno;
		for (;;) {
			const answers = this.receive();
			if (answers === null) return 0;
			if (typeof answers === "number") return answers;
			for (const answer of answers) {
				if (answer.sequence !== sequence) continue;
				if (answer.type === NETLINK.done) return 0;
				const refused = netlinkErrno(answer);
				if (refused !== null) return refused;
				take(answer);
				if (!isDump) return 0;
			}
		}
	}

	close(): void {
		this.#workspace.libc.close(this.fd);
	}
}
