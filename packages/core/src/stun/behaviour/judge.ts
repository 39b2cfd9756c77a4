import type { StunAddress } from "@whither/wire";
import { sameAddress } from "../answers.ts";
import type { ClassicNatKind, NatBehaviour } from "./behaviour-io.ts";

/** What the mapping tests of one socket saw (RFC 5780 §4.3); null: no answer. */
export interface MappingEvidence {
	readonly local: StunAddress;
	/** Test I: to the server's own address and port. */
	readonly primary: StunAddress;
	/** Test II: to its other address, same port. */
	readonly otherAddress: StunAddress | null;
	/** Test III: to its other address and port. */
	readonly otherBoth: StunAddress | null;
}

/** RFC 5780 §4.3. An answer from the other address alone can already tell that nothing there matters. */
export function judgeMapping({ local, primary, otherAddress, otherBoth }: MappingEvidence): NatBehaviour["mapping"] {
	if (sameAddress(local, primary)) return "none";
	const same = (seen: StunAddress | null) => seen !== null && sameAddress(seen, primary);
	if (same(otherAddress) || (otherAddress === null && same(otherBoth))) return "endpointIndependent";
	if (otherAddress === null || otherBoth === null) return "unknown";
	return sameAddress(otherAddress, otherBoth) ? "addressDependent" : "addressAndPortDependent";
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
}

/** RFC 5780 §4.4. */
export function judgeFiltering({ control, both, port }: FilteringEvidence): NatBehaviour["filtering"] {
	if (!control || both === "refused") return "unknown";
	if (both === "came") return "endpointIndependent";
	if (port === "refused") return "unknown";
	return port === "came" ? "addressDependent" : "addressAndPortDependent";
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
