import { attributeOf, mappedAddressOf, type StunAddress, type StunMessage } from "@whither/wire";
import type { Instant } from "../../machine.ts";
import { mayPointAt } from "../answers.ts";
import type { TransmitSchedule } from "../schedule.ts";
import { changeItems, type Outcome, type Question } from "./inquiry.ts";
import type { ChangeOutcome, FilteringEvidence, MappedElsewhere } from "./judge.ts";

/** Asks a question; `then` is called at its end. */
export type Ask = (question: Question, now: Instant, then: (outcome: Outcome, now: Instant) => void) => void;

/** What the tests of a server with two addresses need. */
export interface ServerTestParts {
	readonly ask: Ask;
	readonly server: StunAddress;
	/** The driver's socket that they are sent from. */
	readonly local: number;
	readonly schedule: TransmitSchedule;
}

/** A server's other address, and whose tests it is for. */
export interface OtherAddress {
	readonly address: StunAddress;
	readonly tests: "rfc5780" | "rfc3489";
}

/** The other address of a server, if it differs in both parts: with any less the tests would prove nothing. */
export function otherAddressOf(message: StunMessage, server: StunAddress): OtherAddress | null {
	const modern = attributeOf(message, "otherAddress");
	const address = modern ?? attributeOf(message, "changedAddress");
	if (address === undefined || address.address === server.address || address.port === server.port) return null;
	if (!mayPointAt(server, address)) return null;
	return { address, tests: modern === undefined ? "rfc3489" : "rfc5780" };
}

/**
 * Tests II and III of the mapping (RFC 5780 §4.3) and one more, to the server's own address and other port, all at once.
 * That one proves besides, as the others do, that the server is to be reached there: filtering is told by silence.
 */
export function testMapping(
	{ ask, server, local, schedule }: ServerTestParts,
	other: StunAddress,
	now: Instant,
	done: (seen: MappedElsewhere) => void,
): void {
	const seen: { -readonly [Name in keyof MappedElsewhere]?: MappedElsewhere[Name] } = {};
	const settle = (name: keyof MappedElsewhere) => (outcome: Outcome) => {
		seen[name] = outcome.kind === "success" ? mappedAddressOf(outcome.message) : null;
		const { otherPort, otherAddress, otherBoth } = seen;
		if (otherPort !== undefined && otherAddress !== undefined && otherBoth !== undefined)
			done({ otherPort, otherAddress, otherBoth });
	};
	ask({ to: { address: server.address, port: other.port }, local, schedule }, now, settle("otherPort"));
	ask({ to: { address: other.address, port: server.port }, local, schedule }, now, settle("otherAddress"));
	ask({ to: other, local, schedule }, now, settle("otherBoth"));
}

/**
 * Tests II and III of the filtering (RFC 5780 §4.4) and a plain request beside them, at once: from a socket that has sent
 * to nobody but the server's own address.
 */
export function testFiltering(
	{ ask, server, local, schedule }: ServerTestParts,
	now: Instant,
	done: (seen: Omit<FilteringEvidence, "elsewhere">) => void,
): void {
	const seen: { control?: boolean; both?: ChangeOutcome; port?: ChangeOutcome } = {};
	const settle = () => {
		const { control, both, port } = seen;
		if (control !== undefined && both !== undefined && port !== undefined) done({ control, both, port });
	};
	const common = { to: server, local, schedule };
	ask(common, now, (outcome) => {
		seen.control = outcome.kind === "success";
		settle();
	});
	ask({ ...common, attributes: changeItems(true, true), answersFrom: "anywhere" }, now, (outcome) => {
		seen.both = changeOutcome(outcome, (from) => from.address !== server.address && from.port !== server.port);
		settle();
	});
	ask({ ...common, attributes: changeItems(false, true), answersFrom: "anywhere" }, now, (outcome) => {
		seen.port = changeOutcome(outcome, (from) => from.port !== server.port);
		settle();
	});
}

/** An answer from where it was not asked to come from is that of a server that does not do what it was asked. */
function changeOutcome(outcome: Outcome, isElsewhere: (from: StunAddress) => boolean): ChangeOutcome {
	if (outcome.kind === "success") return isElsewhere(outcome.from) ? "came" : "refused";
	return outcome.kind === "error" ? "refused" : "silent";
}
