/** A rendezvous in memory: rooms by code, words that take as long as a server is far. */
import { signallingPair } from "../signalling/pair.ts";
import type { Offered, OpenRendezvous, Rendezvous } from "../signalling/signalling.ts";

/** What it is made from. */
export interface SimulatedRendezvousOptions {
	/** What it lends to all who meet there. */
	readonly offered: Offered;
	/** Calls back when what one end said has come to the other. */
	readonly carry: (deliver: () => void) => void;
}

/** What is said where nobody chooses a code. */
const CODE_WORDS = "otter-velvet";
/** Nothing expires in a world whose time nobody keeps. */
const EXPIRES_AT = "2099-12-31T23:59:59Z";

/** One server, whatever its URL. */
export function simulatedRendezvous({ offered, carry }: SimulatedRendezvousOptions): OpenRendezvous {
	const rooms = new Map<string, Rendezvous>();
	let made = 6;
	return async ({ code: joined, choose }) => {
		if (joined !== undefined) {
			const room = rooms.get(joined);
			rooms.delete(joined);
			return room ?? { code: "noSuchRoom", room: joined };
		}
		const code = choose ?? `${++made}-${CODE_WORDS}`;
		if (rooms.has(code)) return { code: "roomTaken", room: code };
		const [first, second] = signallingPair(carry);
		const about = { code, offered, expiresAt: EXPIRES_AT };
		const close = async (): Promise<void> => {
			rooms.delete(code);
		};
		rooms.set(code, { ...about, role: "controlled", signalling: second, close });
		return { ...about, role: "controlling", signalling: first, close };
	};
}
