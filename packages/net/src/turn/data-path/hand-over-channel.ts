/**
 * What a worker hears the others by: two sockets that know each other and have no name, so that nobody outside of the
 * process can reach them. Threads share descriptors; whoever opened them closes them when all workers have ended.
 */
import type { SystemError } from "@whither/core";
import { sendBufferOptions } from "../../channel/socket-options.ts";
import { isSystemError, systemError } from "../../errors.ts";
import { AF_UNIX, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_NONBLOCK } from "../../native/constants.ts";
import { setOptions } from "../../native/socket.ts";
import type { Workspace } from "../../native/workspace.ts";

/** What waits for one worker at most, with the kernel's own part of it; more is dropped, as by a full link. */
const BUFFER_BYTES = 4 * 1024 * 1024;

/** Descriptors: the worker reads from one, all others write to the other. */
export interface HandOverChannel {
	readonly instance: number;
	readonly read: number;
	readonly write: number;
}

/** Opens one for each of these instances, or none. */
export function openChannels(
	workspace: Workspace,
	instances: readonly number[],
): readonly HandOverChannel[] | SystemError {
	const channels: HandOverChannel[] = [];
	for (const instance of instances) {
		const channel = openChannel(workspace, instance);
		if (isSystemError(channel)) {
			closeChannels(workspace, channels);
			return channel;
		}
		channels.push(channel);
	}
	return channels;
}

function openChannel(workspace: Workspace, instance: number): HandOverChannel | SystemError {
	const { libc, scratch } = workspace;
	if (libc.socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, scratch.address) < 0)
		return systemError("socketpair", libc.errno());
	const channel = { instance, read: scratch.view.getInt32(0, true), write: scratch.view.getInt32(4, true) };
	setOptions(workspace, channel.write, sendBufferOptions(BUFFER_BYTES));
	return channel;
}

/** Closes both ends of each. */
export function closeChannels({ libc }: Workspace, channels: readonly HandOverChannel[]): void {
	for (const { read, write } of channels) {
		libc.close(read);
		libc.close(write);
	}
}
