/** The findings of `whither stun` as text and as JSON. */
import { formatEndpoint } from "@whither/wire";
import type { StunFailureDocument } from "../api/stun/failure.ts";
import type { StunFamilyResult, StunResult, StunUnknown } from "../api/stun/result.ts";
import type { StunEvent } from "../api/stun/run.ts";
import type { Paint } from "./paint.ts";
import { printable } from "./printable.ts";

const NANOSECONDS_PER_MILLISECOND = 1e6;
const LABEL = 16;

/** A paragraph for each family that answered, then the summary. */
export function formatStun(result: StunResult, paint: Paint): string {
	const paragraphs = result.families
		.filter(({ noAnswer }) => noAnswer === null)
		.map((found) => `${heading(result, found, paint)}\n${lines(found).map(entry).join("")}`);
	const words = result.noAnswer === null ? paint.good(result.summary) : paint.bad(result.summary);
	return [...paragraphs, `${words}\n`].join("\n");
}

/** One document and its newline; `indent` in spaces. */
export function formatStunJson(document: StunResult | StunFailureDocument, indent: number): string {
	return `${JSON.stringify(document, null, indent)}\n`;
}

/** What a long wait for a binding to go brings on the way; null for other events. */
export function lifetimeNews(event: StunEvent): string | null {
	if (event.kind !== "lifetime") return null;
	const fate = event.alive ? "still there" : "gone";
	return `IPv${event.family}: after ${event.seconds} s unused the binding is ${fate}`;
}

function heading({ server }: StunResult, found: StunFamilyResult, paint: Paint): string {
	const where = formatEndpoint(found.server);
	const named = server.host === found.server.address ? where : `${printable(server.host)} (${where})`;
	const rtt = found.rttNs === null ? "" : `, ${(found.rttNs / NANOSECONDS_PER_MILLISECOND).toFixed(3)} ms`;
	return `${paint.bold(named)}, ${found.transport.toUpperCase()} over IPv${found.family}${rtt}`;
}

type Line = readonly [label: string, text: string];

function entry([label, text]: Line): string {
	return `  ${label.padEnd(LABEL)}${text}\n`;
}

function lines(found: StunFamilyResult): readonly Line[] {
	const { mappedAddress, localAddress, hairpin, classic } = found;
	return [
		["public address", mappedAddress === null ? "" : formatEndpoint(mappedAddress)],
		["local address", localAddress === null ? "unknown" : formatEndpoint(localAddress)],
		["mapping", known(found, "mapping") ?? MAPPING[found.mapping]],
		["filtering", known(found, "filtering") ?? FILTERING[found.filtering]],
		...(found.mapping === "none" || found.transport !== "udp"
			? []
			: [["hairpin", known(found, "hairpin") ?? (hairpin === true ? YES_HAIRPIN : NO_HAIRPIN)] as const]),
		...lifetimeLine(found),
		...(classic === null ? [] : [["in RFC 3489", classic] as const]),
	];
}

const MAPPING: Readonly<Record<StunFamilyResult["mapping"], string>> = {
	none: "none: our address is not translated",
	endpointIndependent: "endpoint-independent: every peer sees this address and port",
	addressDependent: "address-dependent: each peer's address sees another port of ours",
	addressAndPortDependent: "address-and-port-dependent: each port of each peer sees another port of ours",
	unknown: "unknown",
};

const FILTERING: Readonly<Record<StunFamilyResult["filtering"], string>> = {
	endpointIndependent: "endpoint-independent: anybody's packets come in once we have sent any",
	addressDependent: "address-dependent: packets come in from addresses that we have sent to",
	addressAndPortDependent: "address-and-port-dependent: packets come in from the very ports that we have sent to",
	unknown: "unknown",
};

const YES_HAIRPIN = "yes: machines behind this NAT reach each other by their public addresses";
const NO_HAIRPIN = "no: machines behind this NAT do not reach each other by their public addresses";

const WHY: Readonly<Record<StunUnknown["why"], string>> = {
	oneAddress: "the server has no second address to test with (RFC 5780)",
	stream: "TCP and TLS tell the address alone; ask over UDP",
	otherSilent: "the server's other address does not answer",
	refused: "the server does not do what the test asks for",
	unanswered: "the server stopped answering",
	outOfTime: "the time was up",
	notTranslated: "nothing is translated, so there is no binding",
};

/** Why it is not known; null where it is. */
function known({ unknowns }: StunFamilyResult, what: StunUnknown["what"]): string | null {
	const unknown = unknowns.find((one) => one.what === what);
	return unknown === undefined ? null : `unknown: ${WHY[unknown.why]}`;
}

function lifetimeLine(found: StunFamilyResult): readonly Line[] {
	const { lifetimeSeconds: alive, goneAfterSeconds: gone } = found;
	const why = known(found, "lifetime");
	if (why !== null) return [["lifetime", why]];
	if (alive === null && gone === null) return [];
	if (gone === null) return [["lifetime", `${alive} s and more without traffic`]];
	return [["lifetime", alive === null ? `less than ${gone} s` : `between ${alive} and ${gone} s without traffic`]];
}
