import { attributeOf, type StunAddress, type StunMessage } from "@whither/wire";
import type { Deadline, Instant, Machine } from "../../machine.ts";
import { sameAddress } from "../answers.ts";
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
import { changeItems, Inquiry, type Outcome, type Question } from "./inquiry.ts";
import { type ChangeOutcome, classicNatKind, judgeFiltering, judgeMapping } from "./judge.ts";
import { LIFETIME_BINDINGS, LifetimeTest } from "./lifetime.ts";
import { mappedAddressOf } from "./mapped.ts";
import { FIRST_SCHEDULE, probingSchedule } from "./test-schedules.ts";

/** The driver's sockets by what they are for: tests that would spoil each other's findings have sockets of their own. */
export const BEHAVIOUR_SOCKETS = { mapping: 0, filtering: 1, hairpin: 2, lifetime: 3 } as const;

/** How many sockets a discovery wants, with the measurement of the lifetime or without. */
export function behaviourSockets(options: { readonly lifetime: boolean }): number {
	return BEHAVIOUR_SOCKETS.lifetime + (options.lifetime ? 1 + LIFETIME_BINDINGS : 0);
}

/**
 * What a NAT does, found out with a STUN server that has two addresses (RFC 5780), or one of RFC 3489; with any other
 * server the mapped address alone. All tests run at once, but for the first answer, which tells what server it is.
 */
export class NatBehaviourDiscovery implements Machine<NatBehaviourInput, NatBehaviourOutput> {
	readonly #config: NatBehaviourConfig;
	readonly #client: StunClient;
	readonly #ids: TransactionIds;
	readonly #inquiry: Inquiry;
	#out: NatBehaviourOutput[] = [];
	#found: NatBehaviour;
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
		this.#found = nothingFound(config);
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
		const mapped = outcome.kind === "success" ? mappedAddressOf(outcome.message) : null;
		if (outcome.kind !== "success" || mapped === null) {
			const failure = outcome.kind === "failed" ? outcome.why : "error";
			this.#found = { ...this.#found, failure, error: outcome.kind === "success" ? null : outcome.error };
			return;
		}
		const { to: server, rttNs } = outcome;
		this.#found = { ...this.#found, server, rttNs, mappedAddress: mapped };
		this.#tell({ kind: "mapped", mappedAddress: mapped, rttNs });
		const translated = !sameAddress(mapped, this.#found.localAddress);
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
			const mapped = outcome.kind === "success" ? mappedAddressOf(outcome.message) : null;
			const other = outcome.kind === "success" ? otherAddressOf(outcome.message, server) : null;
			if (mapped === null || other === null) {
				const mapping = sameAddress(this.#found.localAddress, this.#found.mappedAddress) ? "none" : "unknown";
				this.#foundMapping(mapping);
				return;
			}
			this.#inquiry.classic = true;
			this.#beginTests({ ...other, tests: "rfc3489" }, mapped, at);
		});
	}

	#beginTests({ address: other, tests }: OtherAddress, mapped: StunAddress, now: Instant): void {
		this.#found = { ...this.#found, otherAddress: other, tests };
		this.#beginMapping(other, mapped, now);
		this.#beginFiltering(now);
	}

	/** Tests II and III (RFC 5780 §4.3). */
	#beginMapping(other: StunAddress, primary: StunAddress, now: Instant): void {
		const { server, rttNs } = this.#found;
		const schedule = probingSchedule(rttNs);
		const local = BEHAVIOUR_SOCKETS.mapping;
		const seen: { address?: StunAddress | null; both?: StunAddress | null } = {};
		const settle = () => {
			if (seen.address === undefined || seen.both === undefined) return;
			const evidence = { local: this.#found.localAddress, primary, otherAddress: seen.address, otherBoth: seen.both };
			this.#foundMapping(judgeMapping(evidence));
		};
		this.#ask({ to: { address: other.address, port: server.port }, local, schedule }, now, (outcome) => {
			seen.address = outcome.kind === "success" ? mappedAddressOf(outcome.message) : null;
			settle();
		});
		this.#ask({ to: other, local, schedule }, now, (outcome) => {
			seen.both = outcome.kind === "success" ? mappedAddressOf(outcome.message) : null;
			settle();
		});
	}

	/** RFC 5780 §4.4, from a socket that has sent to nobody but the server's own address. */
	#beginFiltering(now: Instant): void {
		const { server, rttNs } = this.#found;
		const common = { to: server, local: BEHAVIOUR_SOCKETS.filtering, schedule: probingSchedule(rttNs) };
		const seen: { control?: boolean; both?: ChangeOutcome; port?: ChangeOutcome } = {};
		const settle = () => {
			const { control, both, port } = seen;
			if (control !== undefined && both !== undefined && port !== undefined)
				this.#filteringSeen({ control, both, port });
		};
		this.#ask(common, now, (outcome) => {
			seen.control = outcome.kind === "success";
			settle();
		});
		this.#ask({ ...common, attributes: changeItems(true, true), answersFrom: "anywhere" }, now, (outcome) => {
			seen.both = changeOutcome(outcome, (from) => from.address !== server.address && from.port !== server.port);
			settle();
		});
		this.#ask({ ...common, attributes: changeItems(false, true), answersFrom: "anywhere" }, now, (outcome) => {
			seen.port = changeOutcome(outcome, (from) => from.port !== server.port);
			settle();
		});
	}

	#filteringSeen(evidence: { control: boolean; both: ChangeOutcome; port: ChangeOutcome }): void {
		const translated = !sameAddress(this.#found.localAddress, this.#found.mappedAddress);
		const filtering = judgeFiltering({ ...evidence, translated });
		this.#found = { ...this.#found, filtering };
		this.#tell({ kind: "filtering", filtering });
	}

	#foundMapping(mapping: NatBehaviour["mapping"]): void {
		this.#found = { ...this.#found, mapping };
		this.#tell({ kind: "mapping", mapping });
	}

	#beginHairpin(server: StunAddress, mapped: StunAddress, now: Instant): void {
		const send = (bytes: Uint8Array, to: StunAddress, local: number) =>
			this.#out.push({ type: "send", bytes, to, local });
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
		if (output.type === "send")
			this.#out.push({ type: "send", bytes: output.bytes, to: output.to, local: output.local });
		else if (output.type === "ignored") this.#out.push({ type: "ignored", reason: output.reason });
	}

	#tell(event: NatBehaviourEvent): void {
		this.#out.push({ type: "event", event });
	}

	#end(): void {
		this.#ended = true;
		const { mapping, filtering } = this.#found;
		const behaviour: NatBehaviour = {
			...this.#found,
			lifetimeSeconds: this.#lifetime?.longestAlive ?? null,
			goneAfterSeconds: this.#lifetime?.shortestGone ?? null,
			classic: classicNatKind(mapping, filtering),
		};
		this.#tell({ kind: "end", behaviour });
	}
}

/** A server's other address, and whose tests it is for. */
interface OtherAddress {
	readonly address: StunAddress;
	readonly tests: "rfc5780" | "rfc3489";
}

/** The other address of a server, if it differs in both parts: with any less the tests would prove nothing. */
function otherAddressOf(message: StunMessage, server: StunAddress): OtherAddress | null {
	const modern = attributeOf(message, "otherAddress");
	const address = modern ?? attributeOf(message, "changedAddress");
	if (address === undefined || address.address === server.address || address.port === server.port) return null;
	if (address.address.includes(":") !== server.address.includes(":")) return null;
	return { address, tests: modern === undefined ? "rfc3489" : "rfc5780" };
}

/** An answer from where it was not asked to come from is that of a server that does not do what it was asked. */
function changeOutcome(outcome: Outcome, isElsewhere: (from: StunAddress) => boolean): ChangeOutcome {
	if (outcome.kind === "success") return isElsewhere(outcome.from) ? "came" : "refused";
	return outcome.kind === "error" ? "refused" : "silent";
}

function nothingFound({ server, sockets }: NatBehaviourConfig): NatBehaviour {
	const localAddress = sockets[BEHAVIOUR_SOCKETS.mapping];
	if (localAddress === undefined) throw new RangeError("a discovery needs sockets");
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

function earliest(waits: readonly (Deadline | null)[]): Deadline | null {
	let first: Deadline | null = null;
	for (const wait of waits) if (wait !== null && (first === null || wait.at < first.at)) first = wait;
	return first;
}
