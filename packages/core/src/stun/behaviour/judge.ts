import { isSameEndpoint, type StunAddress } from "@whither/wire";
import type { ClassicNatKind, NatBehaviour } from "./behaviour-io.ts";

/** What each of the server's other sockets saw a socket as; null: it did not answer. */
export interface MappedElsewhere {
	/** Its own address, other port. */
	readonly otherPort: StunAddress | null;
	/** Test II (RFC 5780 §4.3): its other address, same port. */
	readonly otherAddress: StunAddress | null;
	/** Test III: both. */
	readonly otherBoth: StunAddress | null;
}

/** What the mapping tests of one socket saw. */
export interface MappingEvidence extends MappedElsewhere {
	readonly local: StunAddress;
	/** Test I: to the server's own address and port. */
	readonly primary: StunAddress;
}

/** RFC 5780 §4.3, and what can be told of fewer answers. */
export function judgeMapping(evidence: MappingEvidence): NatBehaviour["mapping"] {
	const { local, primary, otherPort, otherAddress, otherBoth } = evidence;
	if (isSameEndpoint(local, primary)) return "none";
	const elsewhere = otherAddress ?? otherBoth;
	if (elsewhere !== null && isSameEndpoint(elsewhere, primary)) return "endpointIndependent";
	if (otherPort !== null && !isSameEndpoint(otherPort, primary)) return "addressAndPortDependent";
	if (elsewhere === null) return "unknown";
	// The port alone has been tried at one address or at the other.
	if (otherPort !== null) return "addressDependent";
	if (otherAddress === null || otherBoth === null) return "unknown";
	return isSameEndpoint(otherAddress, otherBoth) ? "addressDependent" : "addressAndPortDependent";
}

/** How a test that asks for an answer from elsewhere went: it came, it did not, or the server does not do such things. */
export type ChangeOutcome = "came" | "silent" | "refused";

/** What the filtering tests of one socket saw (RFC 5780 §4.4). */
export interface FilteringEvidence {
	/** A plain request of the same socket was answered. */
	readonly control: boolean;
	/** Test II: from another address and port. */
	readonly both: ChangeOutcome;
	/** Test III: from another port. */
	readonly port: ChangeOutcome;
	/** What the mapping tests saw: silence from where no answer comes anyway tells nothing. */
	readonly elsewhere: MappedElsewhere;
}

/** RFC 5780 §4.4. */
export function judgeFiltering({ control, both, port, elsewhere }: FilteringEvidence): NatBehaviour["filtering"] {
	if (!control || both === "refused") return "unknown";
	if (both === "came") return "endpointIndependent";
	if (port === "silent" && elsewhere.otherPort !== null) return "addressAndPortDependent";
	return port === "came" && elsewhere.otherBoth !== null ? "addressDependent" : "unknown";
}

/** The words of RFC 3489 §5 for what RFC 4787 tells apart better; null where either is unknown. */
export function classicNatKind(
	mapping: NatBehaviour["mapping"],
	filtering: NatBehaviour["filtering"],
): ClassicNatKind | null {
	if (mapping === "addressDependent" || mapping === "addressAndPortDependent") return "symmetric";
	if (mapping === "unknown" || filtering === "unknown") return null;
	if (mapping === "none") return filtering === "endpointIndependent" ? "open internet" : "symmetric UDP firewall";
	if (filtering === "addressDependent") return "restricted cone";
	return filtering === "addressAndPortDependent" ? "port restricted cone" : "full cone";
}
