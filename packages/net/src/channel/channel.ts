/** The shape of a channel: what is asked of it when it is opened, and what it does. */
import type { ChannelFacts, ChannelInput, ChannelKind, ChannelNeed, Instant, ProbeSend } from "@whither/core";
import type { Clock } from "../clock.ts";
import type { EpollSet } from "../native/epoll.ts";
import type { Watch } from "../native/libc.ts";
import type { Workspace } from "../native/workspace.ts";
import type { Route } from "../route.ts";

/** Everything that a channel has to know before its first probe. */
export interface ChannelRequest extends ChannelFacts {
	readonly need: ChannelNeed;
	readonly clock: Clock;
}

/** An open channel. Nothing blocks; what becomes of a send comes as inputs. */
export interface Channel {
	readonly kind: ChannelKind;
	/** The source address that the kernel chose or was given. */
	readonly source: string;
	/** Ports (ping sockets: the echo id) held for the whole trace; empty where each probe has a socket of its own. */
	readonly sourcePorts: readonly number[];
	/** MTU in bytes towards the target as the kernel knows it, or null. */
	readonly mtu: number | null;
	send(probes: readonly ProbeSend[]): void;
	/** What has come, a bounded number at a time: call until it is empty. */
	read(): readonly ChannelInput[];
	/** Becomes readable when `read` has something or the armed time has come; null: there is no such descriptor. */
	readonly pollFd: number | null;
	/** Calls back when `pollFd` would be readable; only of a channel that has none. */
	watch?(readable: () => void): Watch;
	/** Sets the time at which `pollFd` becomes readable; null: none. */
	arm(at: Instant | null): void;
	/** No probes will follow: connections begin to end in order. Absent: it holds none. */
	finish?(): void;
	/** After `finish`: until when it wants to be read so that they do; null: they have ended. */
	readonly lingersUntil?: Instant | null;
	close(): void;
}

/** What every kind of channel is made of; the channel closes `epoll` and `stampHolder` with itself. */
export interface ChannelParts {
	readonly workspace: Workspace;
	readonly request: ChannelRequest;
	readonly route: Route;
	readonly epoll: EpollSet;
	/** A socket that keeps the kernel's arrival stamps on. */
	readonly stampHolder: number;
}

/** Closes what `ChannelParts` holds; once only, since a descriptor's number may soon be somebody else's. */
export function closeParts({ workspace, epoll, stampHolder }: ChannelParts): void {
	if (epoll.closed) return;
	epoll.close();
	workspace.libc.close(stampHolder);
}
