/** Our own agent on real sockets as an ICE peer. */
import { readFileSync } from "node:fs";
import type { IcePairReport } from "@whither/core";
import { type IceConnection, type IceConnectionEvent, type IceOrder, openIce, prepareIce } from "@whither/net/ice";
import { formatIceCandidate, type IceCandidateLine, isDecodeError, parseIceCandidate } from "@whither/wire";
import type { IcePeerEnd, IcePeerInput, IcePeerOrder, IcePeerProgram, IcePeerSay } from "./lines.ts";

const PACKAGE = new URL("../../../package.json", import.meta.url);

/**
 * One connection after the other; with the word `events` it tells all that happens to them. As `whither meet` does while it
 * waits, it has prepared itself before it is ready; not so with the word `cold`.
 */
export async function whitherPeer(say: IcePeerSay, words: readonly string[]): Promise<IcePeerProgram> {
	if (!words.includes("cold")) await prepareIce();
	const { version } = JSON.parse(readFileSync(PACKAGE, "utf8")) as { version: string };
	let session: Session | null = null;
	return {
		facts: {
			...{ name: "whither", version },
			...{ trickles: true, carriesData: true, restarts: true, canBeLite: true },
		},
		async hear(line) {
			if (line.order !== undefined) session = new Session(line.order, say, words.includes("events"));
			else await session?.hear(line);
			if (line.close === true) session = null;
		},
	};
}

class Session {
	readonly #say: IcePeerSay;
	readonly #connection: IceConnection;
	readonly #tellsEvents: boolean;

	constructor(order: IcePeerOrder, say: IcePeerSay, tellsEvents: boolean) {
		this.#say = say;
		this.#tellsEvents = tellsEvents;
		this.#connection = openIce(orderOf(order), {
			event: (event, at) => this.#event(event, at),
			data: ({ bytes }) => say({ data: new TextDecoder().decode(bytes) }),
		});
		this.#describe();
	}

	async hear({ description, candidate, ...line }: IcePeerInput): Promise<void> {
		const connection = this.#connection;
		if (description !== undefined) {
			const { candidates, complete, ...peer } = description;
			connection.peer(peer, candidates.map(remoteLine));
			if (complete) connection.endOfRemote();
		} else if (candidate !== undefined) connection.addRemote([remoteLine(candidate)]);
		else if (line.endOfCandidates === true) connection.endOfRemote();
		else if (line.send !== undefined) connection.send(new TextEncoder().encode(line.send));
		else if (line.restart === true) connection.restart();
		else if (line.askPairs === true) this.#say({ pairs: connection.pairs });
		else if (line.close === true) {
			await connection.close();
			this.#say({ closed: true });
		}
	}

	#event(event: IceConnectionEvent, at: number): void {
		if (this.#tellsEvents) this.#say({ event: { ...event, at } });
		if (event.kind === "credentials") this.#describe();
		else if (event.kind === "candidate") this.#say({ candidate: formatIceCandidate(event.line) });
		else if (event.kind === "gathered") this.#say({ gathered: true });
		else if (event.kind === "state") this.#say({ state: event.state });
		else if (event.kind === "selected") this.#say({ selected: { ...endsOf(event.pair), why: event.why } });
		else if (event.kind === "candidateError") this.#say({ note: JSON.stringify(event.error) });
		else if (event.kind === "defect") this.#say({ error: event.about });
	}

	#describe(): void {
		const { ufrag, pwd, options, lite, pacingMs } = this.#connection.own;
		this.#say({ description: { ufrag, pwd, options, lite, pacingMs, candidates: [], complete: false } });
	}
}

function remoteLine(text: string): { readonly line: IceCandidateLine } {
	const line = parseIceCandidate(text);
	if (isDecodeError(line)) throw new Error(`no candidate: ${text}`);
	return { line };
}

function endsOf({ local, remote }: IcePairReport) {
	const end = ({ type, address, port, transport }: IceCandidateLine): IcePeerEnd => ({
		type,
		address,
		port,
		transport,
	});
	return { local: end(local), remote: end(remote) };
}

function orderOf(order: IcePeerOrder): IceOrder {
	const { role, stun = [], turn = [], policy, families, lite, pacingMs, whither } = order;
	return {
		role,
		stunServers: stun,
		relays: turn.map(({ address, port, username, password, leg = "udp", authority }) => ({
			legs: [{ transport: leg, server: { address, port }, ...(authority !== undefined && { authorities: authority }) }],
			credentials: { kind: "longTerm" as const, username, password },
		})),
		...(policy !== undefined && { policy }),
		...(families !== undefined && { families }),
		...(lite !== undefined && { lite }),
		...(pacingMs !== undefined && { pacingMs }),
		...whither,
	};
}
