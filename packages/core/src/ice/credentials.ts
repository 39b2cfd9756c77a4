import { shortTermKey } from "@whither/wire";
import type { Chance } from "./chance.ts";
import type { Credentials, Peer } from "./ground.ts";
import type { IcePeer } from "./ice-io.ts";

/** RFC 8445 §5.3 wants 24 and 128 bits at least; these have 48 and 144. */
const UFRAG_LENGTH = 8;
const PWD_LENGTH = 24;

/** What a description has to say of this side. */
export interface IceOwnDescription {
	readonly ufrag: string;
	readonly pwd: string;
	readonly options: readonly string[];
	readonly lite: boolean;
	readonly pacingMs: number;
}

/** New ones of our own. */
export function newCredentials(chance: Chance): Credentials {
	const ufrag = chance.iceText(UFRAG_LENGTH);
	const pwd = chance.iceText(PWD_LENGTH);
	return { ufrag, pwd, key: shortTermKey(pwd) };
}

/** What is taken from peers: more characters than RFC 8839 §5.4 allows, for some programs use others, but none that would break a STUN user name. */
const UFRAG = /^[!-9;-~]{1,256}$/;
const PWD = /^[!-~]{1,256}$/;

/** Whether a peer's description could be one: its words come from the network. */
export function isDescription({ ufrag, pwd, pacingMs }: IcePeer): boolean {
	const isPace = pacingMs === undefined || pacingMs === null || (pacingMs >= 0 && pacingMs <= MOST_PACING_MS);
	return UFRAG.test(ufrag) && PWD.test(pwd) && isPace;
}

/** The slowest Ta that is taken from a peer: with a slower one no session would end in time. */
const MOST_PACING_MS = 10_000;

/** What a peer's description means. */
export function peerOf({ ufrag, pwd, options = [], lite = false }: IcePeer): Peer {
	return {
		...{ ufrag, pwd, key: shortTermKey(pwd), lite },
		knowsIce2: options.includes("ice2"),
		canRenominate: options.includes("renomination"),
	};
}
