/** The two of a simulated call: one with an agent, and one who has never heard of ICE. */
import type { EarlyRelayUser, FirstDraftConfig, FirstDraftEvent, Instant } from "@whither/core";
import type { StunAddress } from "@whither/wire";
import type { Internet } from "../internet.ts";
import type { AttachedProgram } from "../program.ts";
import type { CallEndSpec, CallGatewaySpec, CallScenario, CallSide } from "./call-scenario.ts";
import type { CallDescription, SignallingEnd } from "./call-signalling.ts";
import { FirstDraftProgram, type FirstDraftSocket } from "./first-draft-program.ts";
import { GatewayProgram } from "./gateway-program.ts";
import { mediaBytes, mediaNumber } from "./media.ts";

/** Media that arrived. */
export interface MediaArrival {
	readonly number: number;
	readonly at: Instant;
}

/** One of the two. */
export interface CallEnd extends SignallingEnd {
	readonly side: CallSide;
	/** Media of the other's, in the order that it came in. */
	readonly came: readonly MediaArrival[];
	/** Is on its host from now on. */
	start(at: Instant): void;
	/** Sends a datagram of media. */
	talk(number: number, at: Instant): void;
}

/** What an end with an agent is made from. */
export interface AgentEndOptions {
	readonly call: CallScenario;
	readonly side: CallSide;
	readonly spec: CallEndSpec;
	readonly internet: Internet;
	readonly seed: number;
	readonly rtcp: boolean;
	readonly user: EarlyRelayUser;
	readonly hear: (side: CallSide, event: FirstDraftEvent, at: Instant) => void;
}

/** Where the call's server is. */
export function serverAt(call: CallScenario, internet: Internet, port: number): StunAddress {
	return { address: internet.address(call.server.node), port };
}

const otherOf = (side: CallSide): CallSide => (side === "a" ? "b" : "a");

/** Nothing here is secret; all of them differ. */
function secretOf(seed: number, side: CallSide): Uint8Array {
	const secret = Uint8Array.from({ length: 32 }, (_, index) => (seed >>> (8 * (index & 3))) & 0xff);
	secret[31] = side.charCodeAt(0);
	return secret;
}

function configOf({ call, side, spec, internet, seed, rtcp, user }: AgentEndOptions): FirstDraftConfig {
	const { stunPort, relayPort } = call.server;
	return {
		secret: secretOf(seed, side),
		streams: [{ rtcp }],
		stunServers: [serverAt(call, internet, stunPort)],
		relays: [{ server: serverAt(call, internet, relayPort), user }],
		...(spec.qvalues && { qvalues: spec.qvalues }),
	};
}

/** An end with an agent of the first draft. */
export class AgentEnd implements CallEnd {
	readonly side: CallSide;
	readonly program: FirstDraftProgram;
	readonly sockets: readonly FirstDraftSocket[];
	readonly events: FirstDraftEvent[] = [];
	readonly came: MediaArrival[] = [];
	readonly #options: AgentEndOptions;
	#attached: AttachedProgram | null = null;

	constructor(options: AgentEndOptions) {
		const { side, spec, internet, rtcp, hear } = options;
		this.side = side;
		this.#options = options;
		const address = internet.address(spec.node);
		const rtp: FirstDraftSocket = { address, port: spec.port };
		this.sockets = rtcp ? [rtp, { address, port: spec.port + 1, component: 2 }] : [rtp];
		this.program = new FirstDraftProgram({
			agent: configOf(options),
			sockets: this.sockets,
			hear: (event, at) => {
				this.events.push(event);
				hear(side, event, at);
			},
			data: (bytes, at) => {
				const number = mediaNumber(bytes, otherOf(side));
				if (number !== null) this.came.push({ number, at });
			},
		});
	}

	/** Every check has its end, and nothing more is to be told. */
	get isSettled(): boolean {
		return this.events.some(({ kind }) => kind === "settled");
	}

	start(at: Instant): void {
		const { internet, spec } = this.#options;
		this.#attached ??= internet.attach(spec.node, this.program, at);
	}

	tell(at: Instant): CallDescription {
		const { description } = this.program.agent;
		this.program.hand({ type: "told" });
		this.#later(at);
		return description;
	}

	hear(description: CallDescription, at: Instant): void {
		this.program.hand({ type: "peer", streams: description });
		if (this.#attached === null) this.start(at);
		else this.#attached.wake(at);
	}

	talk(number: number, at: Instant): void {
		this.program.hand({ type: "send", bytes: mediaBytes(this.side, number) });
		this.#attached?.wake(at);
	}

	/** Wakes it once it has done what it does now: what it tells may be asked for while it does. */
	#later(at: Instant): void {
		this.#options.internet.schedule(at, () => this.#attached?.wake(at));
	}
}

/** An end without ICE. */
export class GatewayEnd implements CallEnd {
	readonly side: CallSide;
	readonly came: MediaArrival[] = [];
	readonly program: GatewayProgram;
	readonly at: StunAddress;
	readonly #internet: Internet;
	readonly #node: string;
	#attached: AttachedProgram | null = null;

	constructor(side: CallSide, { node, port }: CallGatewaySpec, internet: Internet) {
		this.side = side;
		this.#internet = internet;
		this.#node = node;
		this.at = { address: internet.address(node), port };
		this.program = new GatewayProgram(this.at, (bytes, at) => {
			const number = mediaNumber(bytes, otherOf(side));
			if (number !== null) this.came.push({ number, at });
		});
	}

	start(at: Instant): void {
		this.#attached ??= this.#internet.attach(this.#node, this.program, at);
	}

	tell(): CallDescription {
		return [{ destination: this.at, rtcp: null, alternatives: [] }];
	}

	hear([stream]: CallDescription, at: Instant): void {
		this.program.destination = stream?.destination ?? null;
		this.start(at);
	}

	talk(number: number, at: Instant): void {
		this.program.send(mediaBytes(this.side, number));
		this.#attached?.wake(at);
	}
}
