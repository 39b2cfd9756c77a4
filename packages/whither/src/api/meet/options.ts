/** What a caller may ask of `meet`. */
import { WhitherError } from "../error.ts";
import { MOST_MS } from "../limits.ts";
import { parseStunServer } from "../stun/server-name.ts";
import { parseTurnServer } from "../turn/server-name.ts";
import type { MeetIceKind } from "./signalling/call.ts";
import type { Signalling, SignallingListener } from "./signalling/signalling.ts";
import type { MeetWorld } from "./world.ts";

/** How the two ends hear of each other where it is not by a rendezvous server: begins to listen, once. */
export type OpenSignalling = (listener: SignallingListener) => Signalling;

/** Options of `meet`; every one may be left out but one of `server` and `signalling`. */
export interface MeetRequestOptions {
	/** Code to join with; absent: one is made, and this end controls. */
	readonly code?: string | undefined;
	/** The code to make, instead of one that is made up. */
	readonly choose?: string | undefined;
	/** URL of the rendezvous server. */
	readonly server?: string | undefined;
	/** What that server wants to be shown. */
	readonly token?: string | undefined;
	/** Instead of a rendezvous server; one that is named beside it lends STUN and TURN alone. */
	readonly signalling?: OpenSignalling | undefined;
	/** STUN servers (`HOST`, `HOST:PORT`, `stun:HOST:PORT`) instead of those of the rendezvous server. */
	readonly stun?: readonly string[] | undefined;
	/** TURN servers (`HOST`, `HOST:PORT`, `turn:HOST:PORT?transport=udp`, `turns:HOST`) instead of those of the rendezvous server. */
	readonly turn?: readonly string[] | undefined;
	/** The user of those; with `secret` the one that REST credentials are made for. */
	readonly username?: string | undefined;
	readonly password?: string | undefined;
	readonly secret?: string | undefined;
	/** TLS: certificates (PEM) that are trusted instead of the system's, by rendezvous and relays. */
	readonly authorities?: string | undefined;
	/** `relay`: nothing is told and nothing used but relays. */
	readonly policy?: "all" | "relay" | undefined;
	/** Of candidates; default both. */
	readonly family?: 4 | 6 | undefined;
	/** False: the way that was chosen is not traced. */
	readonly trace?: boolean | undefined;
	/** Which ICE is offered, and answered with where there is a choice: RFC 8445, or its first draft, which goes by a call alone. Default `modern`. */
	readonly ice?: MeetIceKind | undefined;
	/** Real media goes both ways while there is a way, as in a call: silence by RTP. Default false. */
	readonly media?: boolean | undefined;
	/** How long the other end is waited for; default 60 000. */
	readonly waitMs?: number | undefined;
	/** Stops the run: what is known by then is the result. */
	readonly signal?: AbortSignal | undefined;
	/** Where the ends are; default this machine's network. */
	readonly world?: MeetWorld | undefined;
}

/** How long the other end is waited for where nobody says. */
export const WAIT_MS = 60_000;

/** Throws `WhitherError` with code `badOption`. */
export function checkMeet(options: MeetRequestOptions): void {
	const { code, choose, server, signalling, token, stun = [], turn = [], waitMs } = options;
	if (server === undefined && signalling === undefined)
		throw badOption("server", "none", "must be the URL of a rendezvous server (or signalling of your own be given)");
	if (signalling !== undefined)
		for (const [name, value] of Object.entries({ code, choose }))
			if (value !== undefined) throw badOption(name, "one", "is of a rendezvous server; give it or signalling");
	if (server === undefined && token !== undefined) throw badOption("token", "one", "is for a server; name it");
	if (code !== undefined && choose !== undefined)
		throw badOption("choose", "one", "makes a code; give one to join with or one to make");
	if (waitMs !== undefined && !(waitMs > 0 && waitMs <= MOST_MS))
		throw badOption("waitMs", waitMs, `must be above 0 and at most ${MOST_MS}`);
	for (const name of stun) parseStunServer(name);
	for (const name of turn) parseTurnServer(name);
	checkUser(options);
}

function checkUser({ turn = [], username, password, secret }: MeetRequestOptions): void {
	const isNamed = username !== undefined || password !== undefined || secret !== undefined;
	if (turn.length === 0 && isNamed) throw badOption("username", "one", "is for the servers of turn; name some");
	if (password !== undefined && secret !== undefined)
		throw badOption("secret", "one", "makes a password; give one of the two");
	if (password !== undefined && username === undefined)
		throw badOption("username", "nobody", "must say whose password it is");
	if (turn.length > 0 && password === undefined && secret === undefined && username !== undefined)
		throw badOption("password", "none", "or a secret must come with a user name");
}

function badOption(option: string, value: unknown, wants: string): WhitherError {
	return new WhitherError("badOption", `${option} ${wants}, not ${String(value)}`, { option, value });
}
