import { addressFamily, type IceCandidateLine, type StunAddress } from "@whither/wire";
import { candidateKey, type RemoteCandidate, remoteCandidate } from "./candidate.ts";
import type { IceAgentConfig, IceRemoteLine } from "./ice-io.ts";
import type { Outlet } from "./outlet.ts";

/** Names that a peer may make us look up, and candidates that it may tell, in one generation. */
const MOST_REMOTE = 200;

/** What is known of the peer's candidates (RFC 8445 §5.3, RFC 8838 §11). */
export class RemoteCandidates {
	readonly #config: IceAgentConfig;
	readonly #outlet: Outlet;
	readonly #byPlace = new Map<string, RemoteCandidate>();
	/** Candidates whose names are being looked up. */
	readonly #unresolved = new Map<string, IceRemoteLine[]>();
	/** Streams whose last candidate has come. */
	readonly #ended = new Set<number>();
	#peerReflexive = 0;

	constructor(config: IceAgentConfig, outlet: Outlet) {
		this.#config = config;
		this.#outlet = outlet;
	}

	get all(): Iterable<RemoteCandidate> {
		return this.#byPlace.values();
	}

	get size(): number {
		return this.#byPlace.size;
	}

	/** One that the peer tells; null where it is of no use or not known yet. `replaces`: what checks have found before. */
	add(told: IceRemoteLine): { readonly candidate: RemoteCandidate; readonly replaces: RemoteCandidate | null } | null {
		const { line, stream = 0 } = told;
		if (!(this.#config.allowRemote?.(line) ?? true)) return this.#refuse("refusedCandidate");
		if (this.#byPlace.size + this.#unresolved.size >= MOST_REMOTE) return this.#refuse("tooManyPairs");
		if (addressFamily(line.address) !== null) return this.#put(remoteCandidate(line, stream, line.address));
		const waiting = this.#unresolved.get(line.address);
		if (waiting === undefined) {
			this.#unresolved.set(line.address, [told]);
			this.#outlet.put({ type: "resolve", name: line.address });
		} else waiting.push(told);
		return null;
	}

	/** What waits for a name. */
	resolved(name: string, address: string | null): readonly ReturnType<RemoteCandidates["add"]>[] {
		const waiting = this.#unresolved.get(name) ?? [];
		this.#unresolved.delete(name);
		if (address === null || addressFamily(address) === null) return [];
		return waiting.map(({ line, stream = 0 }) => this.#put(remoteCandidate(line, stream, address)));
	}

	#put(candidate: RemoteCandidate): ReturnType<RemoteCandidates["add"]> {
		const key = placeOf(candidate);
		const known = this.#byPlace.get(key) ?? null;
		if (known !== null && known.type !== "prflx") return this.#refuse("redundant");
		this.#byPlace.set(key, candidate);
		this.#outlet.tell({ kind: "remoteCandidate", stream: candidate.stream, line: lineOf(candidate) });
		return { candidate, replaces: known };
	}

	#refuse(reason: "refusedCandidate" | "tooManyPairs" | "redundant"): null {
		this.#outlet.ignore(reason);
		return null;
	}

	/** Where a check came from: the candidate there, or a new peer-reflexive one (RFC 8445 §7.3.1.3); null: there are too many. */
	seen(
		from: StunAddress,
		place: Pick<RemoteCandidate, "stream" | "component" | "transport" | "tcpType">,
		priority: number,
	) {
		const known = this.#byPlace.get(placeOf({ ...place, ...from }));
		if (known !== undefined) return known;
		if (this.#byPlace.size >= MOST_REMOTE) return null;
		this.#peerReflexive++;
		const foundation = `prflx${this.#peerReflexive}`;
		const candidate: RemoteCandidate = { ...place, ...from, type: "prflx", priority, foundation, related: null };
		this.#byPlace.set(placeOf(candidate), candidate);
		this.#outlet.tell({ kind: "remoteCandidate", stream: candidate.stream, line: lineOf(candidate) });
		return candidate;
	}

	end(stream: number): void {
		this.#ended.add(stream);
	}

	/** No more will come of this stream, as far as the peer says and names are looked up. */
	isComplete(stream: number): boolean {
		return this.#ended.has(stream) && this.#unresolved.size === 0;
	}

	hasAny(stream: number, component: number): boolean {
		for (const each of this.#byPlace.values()) if (each.stream === stream && each.component === component) return true;
		return false;
	}
}

function placeOf(candidate: Pick<RemoteCandidate, "stream" | "component" | "transport" | "address" | "port">): string {
	return `${candidate.stream} ${candidate.component} ${candidateKey(candidate)}`;
}

function lineOf(candidate: RemoteCandidate): IceCandidateLine {
	const { foundation, component, transport, priority, address, port, type, related, tcpType } = candidate;
	return { foundation, component, transport, priority, address, port, type, related, tcpType, extensions: [] };
}
