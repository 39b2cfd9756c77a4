/** What a NAT remembers of one protocol: who inside is known by which port outside, and who may send to it (RFC 4787). */
import type { Dependence, Instant } from "@whither/core";
import { ANY_ENDPOINT, ANY_PORT, EndpointNumbers, pairKey } from "./endpoint-numbers.ts";
import type { Endpoint } from "./program.ts";
import type { Random } from "./random.ts";

/** How bindings are made. */
export interface BindingRules {
	readonly mapping: Dependence;
	readonly filtering: Dependence;
	readonly ports: "preserving" | "sequential" | "random";
	readonly preservesParity: boolean;
	readonly lifetimeNs: number;
	/** Address of the host inside that gets what nothing else is known of. */
	readonly dmz: string | null;
	readonly forwards: readonly PortForward[];
}

/** Ports outside that are an inside host's, and the host's address. */
export interface PortForward {
	readonly first: number;
	readonly last: number;
	readonly to: string;
}

/** An inside endpoint and the port that it is known by outside. */
export interface Binding {
	readonly inside: Endpoint;
	readonly outsidePort: number;
	expiresAt: Instant;
	/** Until when each sender may send: by the number of what the filter looks at. */
	readonly admitted: Map<number, Instant>;
}

/** First of the ports that are given one after the other. */
const FIRST_PORT = 40_000;
/** Registered and dynamic ports (RFC 6335 section 6); those below are only ever preserved. */
const LOWEST_PORT = 1024;
const HIGHEST_PORT = 65_535;
const PORT_COUNT = HIGHEST_PORT - LOWEST_PORT + 1;

/** The bindings of one protocol. */
export class NatBindings {
	readonly #rules: BindingRules;
	readonly #random: Random;
	readonly #numbers = new EndpointNumbers();
	/** By inside endpoint and what the mapping looks at of the remote one. */
	readonly #byInside = new Map<number, Binding>();
	readonly #byOutside = new Map<number, Binding>();
	#nextPort = FIRST_PORT;

	constructor(rules: BindingRules, random: Random) {
		this.#rules = rules;
		this.#random = random;
	}

	/** The binding that a packet leaves by, made where there is none; null: no port is free. It lets answers in. */
	outwards(inside: Endpoint, remote: Endpoint, now: Instant): Binding | null {
		const key = this.#key(inside, remote);
		const known = this.#living(this.#byInside.get(key), now);
		const port = known?.outsidePort ?? this.#freePort(inside.port, now);
		if (port === null) return null;
		const binding = known ?? this.#bind(key, inside, port);
		binding.expiresAt = now + this.#rules.lifetimeNs;
		binding.admitted.set(this.#seen(this.#rules.filtering, remote), binding.expiresAt);
		return binding;
	}

	/** The binding that a packet from `remote` comes in by, or why it does not. */
	inwards(outsidePort: number, remote: Endpoint, now: Instant): Binding | "no mapping" | "filtered" {
		const { filtering } = this.#rules;
		const known = this.atOutside(outsidePort, now);
		const host = this.#forwardedTo(outsidePort) ?? this.#rules.dmz;
		if (host !== null && (known === null || known.inside.address === host)) {
			return this.#expose(known, { address: host, port: outsidePort }, remote, now);
		}
		if (known === null) return "no mapping";
		if (filtering === "endpointIndependent") return known;
		const admittedUntil = known.admitted.get(this.#seen(filtering, remote)) ?? 0;
		return admittedUntil > now ? known : "filtered";
	}

	/** Whom a port outside belongs to now, whoever asks. */
	atOutside(outsidePort: number, now: Instant): Binding | null {
		return this.#living(this.#byOutside.get(outsidePort), now) ?? null;
	}

	/** The binding that packets between these two pass by now. */
	between(inside: Endpoint, remote: Endpoint, now: Instant): Binding | null {
		return this.#living(this.#byInside.get(this.#key(inside, remote)), now) ?? null;
	}

	/** The host inside that a port outside is forwarded to; null: to none. */
	#forwardedTo(port: number): string | null {
		return this.#rules.forwards.find(({ first, last }) => port >= first && port <= last)?.to ?? null;
	}

	/** What comes for a host that is open to all makes its own way in, and the answer's way out. */
	#expose(known: Binding | null, inside: Endpoint, remote: Endpoint, now: Instant): Binding {
		const key = this.#key(known?.inside ?? inside, remote);
		const binding = known ?? this.#bind(key, inside, inside.port);
		this.#byInside.set(key, binding);
		binding.expiresAt = now + this.#rules.lifetimeNs;
		return binding;
	}

	#bind(key: number, inside: Endpoint, outsidePort: number): Binding {
		const binding: Binding = { inside, outsidePort, expiresAt: 0, admitted: new Map() };
		this.#byInside.set(key, binding);
		this.#byOutside.set(outsidePort, binding);
		return binding;
	}

	#living(binding: Binding | undefined, now: Instant): Binding | undefined {
		return binding !== undefined && binding.expiresAt > now ? binding : undefined;
	}

	#key(inside: Endpoint, remote: Endpoint): number {
		return pairKey(this.#numbers.of(inside.address, inside.port), this.#seen(this.#rules.mapping, remote));
	}

	/** The number of what counts of a remote endpoint. */
	#seen(dependence: Dependence, { address, port }: Endpoint): number {
		if (dependence === "endpointIndependent") return ANY_ENDPOINT;
		return this.#numbers.of(address, dependence === "addressDependent" ? ANY_PORT : port);
	}

	/** RFC 4787 sections 4.2.1 and 4.2.2. */
	#freePort(insidePort: number, now: Instant): number | null {
		const { ports, preservesParity } = this.#rules;
		const isFree = (port: number) => this.atOutside(port, now) === null && this.#forwardedTo(port) === null;
		if (ports === "preserving" && isFree(insidePort)) return insidePort;
		const start = ports === "random" ? LOWEST_PORT + this.#random.below(PORT_COUNT) : this.#nextPort;
		const [first, step] = preservesParity ? [(start & ~1) | (insidePort & 1), 2] : [start, 1];
		for (let tried = 0; tried < PORT_COUNT; tried += step) {
			const port = LOWEST_PORT + ((first - LOWEST_PORT + tried) % PORT_COUNT);
			if (!isFree(port)) continue;
			this.#nextPort = port + 1;
			return port;
		}
		return null;
	}
}
