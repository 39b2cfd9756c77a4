import { addressFamily, type IceCandidateLine, type StunAddress } from "@whither/wire";
import { isHostAddress } from "./address.ts";
import { candidateKey, type RemoteCandidate, remoteCandidate } from "./candidate.ts";
import type { IceAgentConfig, IceRemoteLine } from "./ice-io.ts";
import type { Outlet } from "./outlet.ts";

/** Candidates of the peer's that are kept in one generation, told by it or found by checks, with those that wait for a name. */
const MOST_REMOTE = 200;
/** Names that a peer may make us look up in one generation. */
const MOST_NAMES = 50;

/** What is known of the peer's candidates (RFC 8445 §5.3, RFC 8838 §11). */
export class RemoteCandidates {
	readonly #config: IceAgentConfig;
	readonly #outlet: Outlet;
	readonly #byPlace = new Map<string, RemoteCandidate>();
	/** Candidates whose names are being looked up. */
	readonly #unresolved = new Map<string, IceRemoteLine[]>();
	readonly #isUsed: (candidate: RemoteCandidate) => boolean;
	#names = 0;
	/** Streams whose last candidate has come. */
	readonly #ended = new Set<number>();
	#peerReflexive = 0;

	/** `isUsed`: whether a pair is made of it, so that it is not to be forgotten. */
	constructor(config: IceAgentConfig, outlet: Outlet, isUsed: (candidate: RemoteCandidate) => boolean) {
		this.#config = config;
		this.#outlet = outlet;
		this.#isUsed = isUsed;
	}

	get all(): Iterable<RemoteCandidate> {
		return this.#byPlace.values();
	}

	/** One that the peer tells; null where it is of no use or not known yet. `replaces`: what checks have found before. */
	add(told: IceRemoteLine): { readonly candidate: RemoteCandidate; readonly replaces: RemoteCandidate | null } | null {
		const { line, stream = 0 } = told;
		if (!(this.#config.allowRemote?.(line) ?? true)) return this.#refuse("refusedCandidate");
		if (addressFamily(line.address) !== null) return this.#put(remoteCandidate(line, stream, line.address));
		const waiting = this.#unresolved.get(line.address) ?? [];
		const isKnown = waiting.some((other) => (other.stream ?? 0) === stream && isSameLine(other.line, line));
		if (isKnown) return this.#refuse("redundant");
		const isNew = waiting.length === 0;
		if (!this.#hasRoom() || (isNew && this.#names >= MOST_NAMES)) return this.#refuse("tooManyPairs");
		this.#unresolved.set(line.address, [...waiting, told]);
		if (!isNew) return null;
		this.#names++;
		this.#outlet.put({ type: "resolve", name: line.address });
		return null;
	}

	/** Whether one more may be kept; what checks have found and no pair is made of any more makes room. */
	#hasRoom(): boolean {
		let waiting = 0;
		for (const told of this.#unresolved.values()) waiting += told.length;
		if (this.#byPlace.size + waiting < MOST_REMOTE) return true;
		for (const [place, candidate] of this.#byPlace)
			if (candidate.type === "prflx" && !this.#isUsed(candidate)) return this.#byPlace.delete(place);
		return false;
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
		if (!isHostAddress(candidate.address)) return this.#refuse("badCandidate");
		if (known === null && !this.#hasRoom()) return this.#refuse("tooManyPairs");
		this.#byPlace.set(key, candidate);
		this.#outlet.tell({ kind: "remoteCandidate", stream: candidate.stream, line: lineOf(candidate) });
		return { candidate, replaces: known };
	}

	#refuse(reason: "refusedCandidate" | "tooManyPairs" | "redundant" | "badCandidate"): null {
		this.#outlet.ignore(reason);
		return null;
	}

	/**
	 * Where a check came from: the candidate there, or a new peer-reflexive one (RFC 8445 §7.3.1.3); null where the filter
	 * refuses it, or there are too many.
	 */
	seen(
		from: StunAddress,
		place: Pick<RemoteCandidate, "stream" | "component" | "transport" | "tcpType">,
		priority: number,
	) {
		const known = this.#byPlace.get(placeOf({ ...place, ...from }));
		if (known !== undefined) return known;
		const foundation = `prflx${++this.#peerReflexive}`;
		const candidate: RemoteCandidate = { ...place, ...from, type: "prflx", priority, foundation, related: null };
		if (!(this.#config.allowRemote?.(lineOf(candidate)) ?? true)) return this.#refuse("refusedCandidate");
		if (!this.#hasRoom()) return this.#refuse("tooManyPairs");
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

function isSameLine(a: IceCandidateLine, b: IceCandidateLine): boolean {
	return a.port === b.port && a.transport === b.transport && a.component === b.component;
}

function placeOf(candidate: Pick<RemoteCandidate, "stream" | "component" | "transport" | "address" | "port">): string {
	return `${candidate.stream} ${candidate.component} ${candidateKey(candidate)}`;
}

function lineOf(candidate: RemoteCandidate): IceCandidateLine {
	const { foundation, component, transport, priority, address, port, type, related, tcpType } = candidate;
	return { foundation, component, transport, priority, address, port, type, related, tcpType, extensions: [] };
}
