/** This machine itself meets somebody by a code, at its own rendezvous. */
import { MeetRun } from "../../api/meet/run.ts";
import { TOOL } from "../../api/version.ts";
import { type Reach, reachOf } from "../browser-ice/reach.ts";
import type { TargetPolicy } from "../policy/target-policy.ts";
import type { SessionStarters } from "./starters.ts";

/** Where this server's own rendezvous is; null: nothing listens yet. */
export type OwnRendezvous = () => { readonly url: string; readonly token: string | null } | null;

/** Of the other end's addresses those are tried that may be traced; where its own checks come from, they are answered. */
export function meetStarter(
	reach: Reach,
	policy: TargetPolicy,
	own: OwnRendezvous,
): NonNullable<SessionStarters["meet"]> {
	const { loopback = false, allowRemote } = reachOf(reach, policy, "");
	const openWorld = async () => {
		const world = await (await import("../../api/meet/real-world.ts")).openRealMeetWorld();
		const guarded = { loopback, ...(allowRemote === undefined ? {} : { allowRemote }) };
		return {
			...world,
			openIce: (...[order, ...rest]: Parameters<typeof world.openIce>) =>
				world.openIce({ ...order, ...guarded }, ...rest),
		};
	};
	return (asked) => {
		const place = own();
		if (place === null) throw new Error("nobody can meet before the server listens");
		const { url: server, token } = place;
		const options = { ...asked, server, ...(token === null ? {} : { token }) };
		return new MeetRun({ options, tool: TOOL, args: [], openWorld });
	};
}

/** The URL of a listener for this machine itself. */
export function ownUrl({ address, port }: { readonly address: string; readonly port: number }): string {
	const plain = address === "0.0.0.0" ? "127.0.0.1" : address === "::" ? "::1" : address.replace(/%.*$/, "");
	return `http://${plain.includes(":") ? `[${plain}]` : plain}:${port}`;
}
