/** werift's ICE agent alone, without the WebRTC around it. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Candidate, type CandidatePair, Connection } from "werift";
import type { IcePeerEnd, IcePeerInput, IcePeerOrder, IcePeerProgram, IcePeerSay } from "./lines.ts";

/** Nobody listens there: werift asks a server of its own choice where it is told none. */
const NOBODY: [string, number] = ["127.0.0.1", 9];

/** Version of the package as installed. */
export function packageVersion(name: string): string {
	const [folder = ""] = /^.*node_modules\/[^@][^/]*/.exec(createRequire(import.meta.url).resolve(name)) ?? [];
	return (JSON.parse(readFileSync(`${folder}/package.json`, "utf8")) as { version: string }).version;
}

/** One agent after the other. */
export function weriftPeer(say: IcePeerSay): IcePeerProgram {
	let session: Session | null = null;
	return {
		facts: {
			...{ name: "werift", version: packageVersion("werift") },
			...{ trickles: true, carriesData: true, restarts: true, canBeLite: true },
		},
		async hear(line) {
			if (line.order !== undefined) session = new Session(line.order, say);
			else await session?.hear(line);
			if (line.close === true) session = null;
		},
	};
}

class Session {
	readonly #agent: Connection;
	readonly #say: IcePeerSay;
	readonly #lite: boolean;
	#isConnecting = false;
	#gathered = Promise.resolve();
	/** The restart was ours: the peer's next description only answers it. */
	#isRestarting = false;
	#remoteUfrag: string | null = null;

	constructor(order: IcePeerOrder, say: IcePeerSay) {
		this.#say = say;
		this.#lite = order.lite === true;
		this.#agent = new Connection(order.role === "controlling", optionsOf(order));
		this.#agent.onIceCandidate.subscribe((candidate) => {
			if (order.policy !== "relay" || candidate.type === "relay") say({ candidate: `candidate:${candidate.toSdp()}` });
		});
		this.#agent.stateChanged.subscribe((state) => {
			if (state === "connected" || state === "failed" || state === "disconnected") this.#tellState(state);
		});
		this.#agent.onData.subscribe((data) => say({ data: data.toString() }));
		this.#describe();
	}

	async hear(line: IcePeerInput): Promise<void> {
		const { description, candidate, endOfCandidates, send } = line;
		if (description !== undefined) {
			if (this.#remoteUfrag !== null && this.#remoteUfrag !== description.ufrag && !this.#isRestarting) this.#restart();
			this.#isRestarting = false;
			this.#remoteUfrag = description.ufrag;
			const { ufrag: usernameFragment, pwd: password, lite: iceLite } = description;
			this.#agent.setRemoteParams({ iceLite, usernameFragment, password });
			for (const each of description.candidates) await this.#add(each);
			if (description.complete) this.#endRemote();
			this.#connect();
		} else if (candidate !== undefined) await this.#add(candidate);
		else if (endOfCandidates === true) this.#endRemote();
		else if (send !== undefined) await this.#agent.send(Buffer.from(send));
		else if (line.restart === true) {
			this.#isRestarting = true;
			this.#restart();
		} else if (line.askPairs === true) {
			this.#tellSelected();
			this.#say({ pairs: null });
		} else if (line.close === true) {
			await this.#agent.close();
			this.#say({ closed: true });
		}
	}

	#restart(): void {
		void this.#agent.restart();
		this.#isConnecting = false;
		this.#describe();
	}

	#describe(): void {
		const { localUsername: ufrag, localPassword: pwd } = this.#agent;
		const rest = { options: ["trickle"], lite: this.#lite, pacingMs: null, candidates: [], complete: false };
		this.#say({ description: { ufrag, pwd, ...rest } });
		this.#gathered = this.#agent.gatherCandidates();
		void this.#gathered.then(() => this.#say({ gathered: true }));
	}

	/** It gives up where the peer has no more candidates and it has none yet of its own, so it hears of that later. */
	#endRemote(): void {
		const { generation } = this.#agent;
		void this.#gathered.then(async () => {
			if (this.#agent.generation === generation) await this.#agent.addRemoteCandidate(undefined);
		});
	}

	async #add(line: string): Promise<void> {
		await this.#agent.addRemoteCandidate(Candidate.fromSdp(line.replace(/^candidate:/, "")));
	}

	#connect(): void {
		if (this.#isConnecting) return;
		this.#isConnecting = true;
		this.#say({ state: "checking" });
		this.#agent.connect().catch((error: unknown) => {
			this.#say({ note: String(error) });
			this.#say({ state: "failed" });
		});
	}

	#tellState(state: "connected" | "failed" | "disconnected"): void {
		if (state === "connected") this.#tellSelected();
		this.#say({ state });
	}

	#tellSelected(): void {
		const pair = this.#agent.nominated;
		if (pair !== undefined)
			this.#say({ selected: { local: endOf(pair.localCandidate), remote: endOf(pair.remoteCandidate) } });
	}
}

function endOf({ type, host, port, transport }: CandidatePair["localCandidate"]): IcePeerEnd {
	return { type, address: host, port, transport: transport.toLowerCase() === "tcp" ? "tcp" : "udp" };
}

function optionsOf({ stun = [], turn = [], policy, families = [4, 6], lite }: IcePeerOrder) {
	const [server] = stun;
	const [relay] = turn;
	const isRelayOnly = policy === "relay";
	return {
		iceLite: lite === true,
		useTcp: false,
		useIpv4: families.includes(4),
		useIpv6: families.includes(6),
		forceTurn: isRelayOnly,
		stunServer: server === undefined ? NOBODY : ([server.address, server.port] as [string, number]),
		...(relay !== undefined && {
			turnServer: [relay.address, relay.port] as [string, number],
			turnUsername: relay.username,
			turnPassword: relay.password,
			turnTransport: relay.leg ?? "udp",
			...(relay.authority !== undefined && { turnTlsOptions: { ca: relay.authority } }),
		}),
	};
}
