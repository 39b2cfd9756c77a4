/** The two of a simulated call: one with an agent, and one who has never heard of ICE. */
import type { EarlyRelayUser, FirstDraftConfig, FirstDraftEvent, Instant } from "@whither/core";
import type { SdpAlt, StunAddress } from "@whither/wire";
import type { AttachedProgram, Endpoint } from "../program.ts";
import { type CallEndSpec, type CallGatewaySpec, type CallSide, otherSide } from "./call-scenario.ts";
import type { CallDescription, SignallingEnd } from "./call-signalling.ts";
import type { CallWorld } from "./first-draft-call.ts";
import { FirstDraftProgram, type FirstDraftSocket } from "./first-draft-program.ts";
import { GatewayProgram } from "./gateway-program.ts";
import { mediaBytes, mediaNumber } from "./media.ts";

/** One of the two. */
export interface CallEnd extends SignallingEnd {
	readonly side: CallSide;
	/** Numbers of the other's media, in the order that it came in. */
	readonly came: readonly number[];
	/** Is on its host from now on. */
	start(at: Instant): void;
	/** Sends a datagram of media. */
	talk(number: number, at: Instant): void;
}

/** What an end with an agent is made from. */
export interface AgentEndOptions {
	readonly world: CallWorld;
	readonly servers: { readonly stun: Endpoint; readonly relay: Endpoint };
	readonly side: CallSide;
	readonly spec: CallEndSpec;
	readonly seed: number;
	readonly rtcp: boolean;
	readonly user: EarlyRelayUser;
	readonly hear: (side: CallSide, event: FirstDraftEvent, at: Instant) => void;
}

/** Nothing here is secret; all of them differ. */
function secretOf(seed: number, side: CallSide): Uint8Array {
	const secret = Uint8Array.from({ length: 32 }, (_, index) => (seed >>> (8 * (index & 3))) & 0xff);
	secret[31] = side.charCodeAt(0);
	return secret;
}

function configOf({ servers, side, spec, seed, rtcp, user }: AgentEndOptions): FirstDraftConfig {
	return {
		secret: secretOf(seed, side),
		streams: [{ rtcp }],
		stunServers: [servers.stun],
		relays: [{ server: servers.relay, user }],
		...(spec.qvalues && { qvalues: spec.qvalues }),
	};
}

/** An end with an agent of the first draft. */
export class AgentEnd implements CallEnd {
	readonly side: CallSide;
	readonly program: FirstDraftProgram;
	readonly sockets: readonly FirstDraftSocket[];
	/** Every check has its end, and nothing more is to be told. */
	isSettled = false;
	readonly came: number[] = [];
	/** Alternatives whose checks have succeeded, RTCP's as well, and when. */
	readonly successes: { readonly alt: SdpAlt; readonly at: Instant }[] = [];
	/** Where media goes. */
	sendsTo: StunAddress | null = null;
	readonly #options: AgentEndOptions;
	#attached: AttachedProgram | null = null;
	#isGathered = false;
	/** What the other has told, and the agent has not heard of yet. */
	#heard: CallDescription | null = null;

	constructor(options: AgentEndOptions) {
		const { side, spec, world, rtcp, hear } = options;
		this.side = side;
		this.#options = options;
		const address = world.address(spec.node);
		const rtp: FirstDraftSocket = { address, port: spec.port };
		this.sockets = rtcp ? [rtp, { address, port: spec.port + 1, component: 2 }] : [rtp];
		this.program = new FirstDraftProgram({
			agent: configOf(options),
			sockets: this.sockets,
			hear: (event, at) => {
				this.#note(event, at);
				hear(side, event, at);
			},
			data: (bytes) => {
				const number = mediaNumber(bytes, otherSide(side));
				if (number !== null) this.came.push(number);
			},
		});
	}

	#note(event: FirstDraftEvent, at: Instant): void {
		if (event.kind === "settled") this.isSettled = true;
		else if (event.kind === "gathered") {
			this.#isGathered = true;
			this.#handOver(at);
		} else if (event.kind === "sending") this.sendsTo = event.to;
		else if (event.kind === "silent") this.sendsTo = null;
		else if (event.kind === "check" && event.check.state === "succeeded") this.#noteSuccess(event.check.alt, at);
	}

	#noteSuccess(alt: SdpAlt, at: Instant): void {
		const checks = this.program.agent.checks.filter((check) => check.alt.id === alt.id);
		if (checks.every(({ state }) => state === "succeeded")) this.successes.push({ alt, at });
	}

	start(at: Instant): void {
		const { world, spec } = this.#options;
		this.#attached ??= world.attach(spec.node, this.program, at);
	}

	tell(at: Instant): CallDescription {
		const { description } = this.program.agent;
		this.program.hand({ type: "told" });
		this.#later(at);
		return description;
	}

	hear(description: CallDescription, at: Instant): void {
		this.isSettled = false;
		this.#heard = description;
		if (this.#attached === null) this.start(at);
		else if (this.#isGathered) this.#handOver(at);
	}

	talk(number: number, at: Instant): void {
		this.program.hand({ type: "send", bytes: mediaBytes(this.side, number) });
		this.#attached?.wake(at);
	}

	/** As in the draft's figures an end asks its servers before it checks anything, so that it knows as whom they see it. */
	#handOver(at: Instant): void {
		if (this.#heard !== null) this.program.hand({ type: "peer", streams: this.#heard });
		this.#heard = null;
		this.#later(at);
	}

	/** Wakes it once it has done what it does now: what it tells may be asked for while it does. */
	#later(at: Instant): void {
		this.#options.world.schedule(at, () => this.#attached?.wake(at));
	}
}

/** An end without ICE. */
export class GatewayEnd implements CallEnd {
	readonly side: CallSide;
	readonly came: number[] = [];
	readonly program: GatewayProgram;
	readonly at: StunAddress;
	readonly #world: CallWorld;
	readonly #node: string;
	#attached: AttachedProgram | null = null;

	constructor(side: CallSide, { node, port }: CallGatewaySpec, world: CallWorld) {
		this.side = side;
		this.#world = world;
		this.#node = node;
		this.at = { address: world.address(node), port };
		this.program = new GatewayProgram(this.at, (bytes) => {
			const number = mediaNumber(bytes, otherSide(side));
			if (number !== null) this.came.push(number);
		});
	}

	start(at: Instant): void {
		this.#attached ??= this.#world.attach(this.#node, this.program, at);
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
