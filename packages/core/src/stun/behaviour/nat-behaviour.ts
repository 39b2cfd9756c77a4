import { isSameEndpoint, type StunAddress } from "@whither/wire";
import { type Deadline, earliest, type Instant, type Machine } from "../../machine.ts";
import { mappedBy } from "../answers.ts";
import { StunClient } from "../client.ts";
import type { StunClientOutput } from "../client-io.ts";
import { TransactionIds } from "../transaction-ids.ts";
import type {
	NatBehaviour,
	NatBehaviourConfig,
	NatBehaviourEvent,
	NatBehaviourInput,
	NatBehaviourOutput,
} from "./behaviour-io.ts";
import { HairpinTest } from "./hairpin.ts";
import { Inquiry, type Outcome, type Question } from "./inquiry.ts";
import { classicNatKind, type FilteringEvidence, judgeFiltering, judgeMapping, type MappedElsewhere } from "./judge.ts";
import { LIFETIME_BINDINGS, LifetimeTest } from "./lifetime.ts";
import { type Ask, type OtherAddress, otherAddressOf, testFiltering, testMapping } from "./server-tests.ts";
import { FIRST_SCHEDULE, probingSchedule } from "./test-schedules.ts";

/** The driver's sockets by what they are for: tests that would spoil each other's findings have sockets of their own. */
export const BEHAVIOUR_SOCKETS = { mapping: 0, filtering: 1, hairpin: 2, lifetime: 3 } as const;

/** How many sockets a discovery wants, with the measurement of the lifetime or without. */
export function behaviourSockets(options: { readonly lifetime: boolean }): number {
	return BEHAVIOUR_SOCKETS.lifetime + (options.lifetime ? 1 + LIFETIME_BINDINGS : 0);
}

/**
 * What a NAT does, found out with a STUN server that has two addresses (RFC 5780), or one of RFC 3489; with any other
 * server the mapped address alone. Deviation: the tests of RFC 5780 section 4 follow each other on one socket; these run at
 * once, but for the first, which tells what server it is, and those of filtering on a socket of their own, since the tests
 * of mapping would open its filter.
 */
export class NatBehaviourDiscovery implements Machine<NatBehaviourInput, NatBehaviourOutput> {
	readonly #config: NatBehaviourConfig;
	readonly #client: StunClient;
	readonly #ids: TransactionIds;
	readonly #inquiry: Inquiry;
	#out: NatBehaviourOutput[] = [];
	#found: NatBehaviour;
	#elsewhere: MappedElsewhere | null = null;
	#changes: Omit<FilteringEvidence, "elsewhere"> | null = null;
	#hairpin: HairpinTest | null = null;
	#lifetime: LifetimeTest | null = null;
	/** Tests that have not ended, beside the hairpin's and the lifetime's. */
	#underway = 0;
	#ended = false;

	constructor(config: NatBehaviourConfig) {
		this.#config = config;
		this.#client = new StunClient({ secret: config.secret });
		this.#ids = new TransactionIds(config.secret.map((byte) => byte ^ 0xff));
		this.#inquiry = new Inquiry(this.#client, config, (output) => this.#pass(output));
		this.#inquiry.classic = config.classic === true;
		const localAddress = config.sockets[BEHAVIOUR_SOCKETS.mapping];
		if (localAddress === undefined) throw new RangeError("a discovery needs sockets");
		this.#found = nothingFound(config.server, localAddress);
	}

	/** `end` was told; every input is ignored. */
	get finished(): boolean {
		return this.#ended;
	}

	get deadline(): Deadline | null {
		if (this.#ended) return null;
		return earliest([
			this.#client.deadline,
			due(this.#hairpin?.dueAt ?? null, "hairpin"),
			due(this.#lifetime?.dueAt ?? null, "lifetime"),
		]);
	}

	step(input: NatBehaviourInput, now: Instant): readonly NatBehaviourOutput[] {
		this.#out = [];
		if (this.#ended) return this.#out;
		if (input.type === "start") this.#begin(now);
		else if (input.type === "stop") this.#end();
		else if (input.type === "received" && this.#hairpin?.hears(input.bytes) === true) this.#hairpinEnded();
		else if (input.type !== "timer") this.#inquiry.take(this.#client.step(input, now), now);
		if (!this.#ended) this.#overdue(now);
		return this.#out;
	}

	#overdue(now: Instant): void {
		this.#inquiry.take(this.#client.step({ type: "timer" }, now), now);
		this.#lifetime?.overdue(now);
		if (this.#hairpin?.finished === false) {
			this.#hairpin.overdue(now);
			if (this.#hairpin.finished) this.#hairpinEnded();
		}
		const all = this.#hairpin?.finished !== false && this.#lifetime?.finished !== false;
		if (this.#underway === 0 && all) this.#end();
	}

	/** Test I (RFC 5780 §4.3). */
	#begin(now: Instant): void {
		const { server, schedule = FIRST_SCHEDULE } = this.#config;
		const question = { to: server, local: BEHAVIOUR_SOCKETS.mapping, schedule, redirects: 1 };
		this.#ask(question, now, (outcome, at) => this.#firstAnswer(outcome, at));
	}

	#firstAnswer(outcome: Outcome, now: Instant): void {
		const mapped = outcome.kind === "success" ? mappedBy(outcome.to, outcome.message) : null;
		if (outcome.kind !== "success" || mapped === null) {
			const failure = outcome.kind === "failed" ? outcome.why : "error";
			this.#found = { ...this.#found, failure, error: outcome.kind === "success" ? null : outcome.error };
			return;
		}
		const { to: server, rttNs } = outcome;
		this.#found = { ...this.#found, server, rttNs, mappedAddress: mapped };
		this.#tell({ kind: "mapped", mappedAddress: mapped, rttNs });
		const translated = !isSameEndpoint(mapped, this.#found.localAddress);
		if (translated) this.#beginHairpin(server, mapped, now);
		if (translated && this.#config.lifetime !== undefined)
			this.#beginLifetime(server, this.#config.lifetime.maximumSeconds, now);
		const other = otherAddressOf(outcome.message, server);
		if (other !== null) this.#beginTests(other, mapped, now);
		else this.#askClassic(server, now);
	}

	/** A server without the address of RFC 5780 may have that of RFC 3489, for requests without a cookie. */
	#askClassic(server: StunAddress, now: Instant): void {
		const { rttNs } = this.#found;
		const question = { to: server, local: BEHAVIOUR_SOCKETS.mapping, schedule: probingSchedule(rttNs), classic: true };
		this.#ask(question, now, (outcome, at) => {
			const mapped = outcome.kind === "success" ? mappedBy(server, outcome.message) : null;
			const other = outcome.kind === "success" ? otherAddressOf(outcome.message, server) : null;
			if (mapped === null || other === null) {
				const mapping = isSameEndpoint(this.#found.localAddress, this.#found.mappedAddress) ? "none" : "unknown";
				this.#foundMapping(mapping);
				return;
			}
			this.#inquiry.classic = true;
			this.#beginTests({ ...other, tests: "rfc3489" }, mapped, at);
		});
	}

	/** All tests of a server with two addresses, each kind on a socket of its own. */
	#beginTests({ address: other, tests }: OtherAddress, primary: StunAddress, now: Instant): void {
		this.#found = { ...this.#found, otherAddress: other, tests };
		const { server, rttNs, localAddress } = this.#found;
		const ask: Ask = (question, at, then) => this.#ask(question, at, then);
		const parts = { ask, server, schedule: probingSchedule(rttNs) };
		testMapping({ ...parts, local: BEHAVIOUR_SOCKETS.mapping }, other, now, (elsewhere) => {
			this.#elsewhere = elsewhere;
			this.#foundMapping(judgeMapping({ local: localAddress, primary, ...elsewhere }));
			this.#foundFiltering();
		});
		testFiltering({ ...parts, local: BEHAVIOUR_SOCKETS.filtering }, now, (changes) => {
			this.#changes = changes;
			this.#foundFiltering();
		});
	}

	/** Once the tests of mapping have told as well which of the server's sockets answer at all. */
	#foundFiltering(): void {
		if (this.#changes === null || this.#elsewhere === null) return;
		const filtering = judgeFiltering({ ...this.#changes, elsewhere: this.#elsewhere });
		this.#found = { ...this.#found, filtering };
		this.#tell({ kind: "filtering", filtering });
	}

	#foundMapping(mapping: NatBehaviour["mapping"]): void {
		this.#found = { ...this.#found, mapping };
		this.#tell({ kind: "mapping", mapping });
	}

	#beginHairpin(server: StunAddress, mapped: StunAddress, now: Instant): void {
		const send = (bytes: Uint8Array, to: StunAddress, local: number) =>
			this.#out.push({ type: "send", bytes, to, local, transmission: null });
		this.#hairpin = new HairpinTest(this.#ids.next(), probingSchedule(this.#found.rttNs), send);
		const first = { local: BEHAVIOUR_SOCKETS.mapping, mapped };
		this.#hairpin.begin(this.#inquiry, server, first, BEHAVIOUR_SOCKETS.hairpin, now);
	}

	#hairpinEnded(): void {
		const hairpin = this.#hairpin?.hairpin ?? null;
		if (this.#found.hairpin === hairpin) return;
		this.#found = { ...this.#found, hairpin };
		this.#tell({ kind: "hairpin", hairpin });
	}

	#beginLifetime(server: StunAddress, maximumSeconds: number, now: Instant): void {
		this.#lifetime = new LifetimeTest({
			inquiry: this.#inquiry,
			server,
			schedule: probingSchedule(this.#found.rttNs),
			maximumSeconds,
			asking: BEHAVIOUR_SOCKETS.lifetime,
			tell: (seconds, alive) => this.#tell({ kind: "lifetime", seconds, alive }),
		});
		this.#lifetime.begin(now);
	}

	#ask(question: Question, now: Instant, then: (outcome: Outcome, now: Instant) => void): void {
		this.#underway++;
		this.#inquiry.ask(question, now, (outcome, at) => {
			this.#underway--;
			then(outcome, at);
		});
	}

	#pass(output: StunClientOutput): void {
		if (output.type === "send") {
			const { bytes, to, local, transmission } = output;
			this.#out.push({ type: "send", bytes, to, local, transmission });
		} else if (output.type === "ignored") this.#out.push({ type: "ignored", reason: output.reason });
	}

	#tell(event: NatBehaviourEvent): void {
		this.#out.push({ type: "event", event });
	}

	#end(): void {
		this.#ended = true;
		const { mapping, filtering, failure } = this.#found;
		const blocked = failure === "timeout" || failure === "unreachable";
		const behaviour: NatBehaviour = {
			...this.#found,
			lifetimeSeconds: this.#lifetime?.longestAlive ?? null,
			goneAfterSeconds: this.#lifetime?.shortestGone ?? null,
			classic: blocked ? "UDP blocked" : classicNatKind(mapping, filtering),
		};
		this.#tell({ kind: "end", behaviour });
	}
}

/** What is known before the first answer: whom is asked, from where. */
export function nothingFound(server: StunAddress, localAddress: StunAddress): NatBehaviour {
	return {
		server,
		otherAddress: null,
		tests: "none",
		localAddress,
		mappedAddress: null,
		mapping: "unknown",
		filtering: "unknown",
		hairpin: null,
		lifetimeSeconds: null,
		goneAfterSeconds: null,
		classic: null,
		rttNs: null,
		failure: null,
		error: null,
	};
}

function due(at: Instant | null, why: string): Deadline | null {
	return at === null ? null : { at, why };
}
