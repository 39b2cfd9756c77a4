/** What other people's STUN clients say of a NAT. */
import type { ClassicNatKind, Dependence } from "@whither/core";
import { findProgram } from "../requirements.ts";
import { type RunOptions, type RunOutcome, runTool } from "../run.ts";

/** Programs beside the lab's own, and the Debian packages that they are in. */
const PACKAGES = { turnutils_natdiscovery: "coturn", turnutils_stunclient: "coturn", stun: "stun-client" } as const;

/** Null where all clients are installed, else what is missing. */
export function stunClientsObstacle(): string | null {
	const missing = Object.entries(PACKAGES).find(([program]) => findProgram(program) === null);
	return missing === undefined ? null : `it needs ${missing[0]} (Debian package ${missing[1]})`;
}

/** What `turnutils_natdiscovery -m -f` found out by RFC 5780; null: it could not tell. */
export interface NatDiscovery {
	/** `none`: the address outside is the one inside. */
	readonly mapping: Dependence | "none" | null;
	readonly filtering: Dependence | null;
	readonly mappedAddress: string | null;
	readonly outcome: RunOutcome;
}

const DEPENDENCES: readonly (readonly [string, Dependence])[] = [
	["Endpoint Independent", "endpointIndependent"],
	["Address Dependent", "addressDependent"],
	["Address and Port Dependent", "addressAndPortDependent"],
];

function dependenceIn(said: string, what: "Mapping" | "Filtering"): Dependence | null {
	return DEPENDENCES.find(([words]) => said.includes(`NAT with ${words} ${what}!`))?.[1] ?? null;
}

/** Where the client asks from. */
export interface ClientPlace extends RunOptions {
	/** Address to send from; `turnutils_natdiscovery` knows no NAT from one only when it is told. */
	readonly local: string;
	/** Of the server; default 3478. */
	readonly port?: number;
}

/** Asks a server of RFC 5780 by `turnutils_natdiscovery`. It takes three seconds for each answer that a filter holds up. */
export async function natDiscovery(server: string, { local, port = 3478, ...run }: ClientPlace): Promise<NatDiscovery> {
	const outcome = await runTool(["turnutils_natdiscovery", "-m", "-f", "-L", local, "-p", `${port}`, server], run);
	const { stdout } = outcome;
	const isNone = stdout.includes("No NAT! (Endpoint Independent Mapping)");
	return {
		mapping: isNone ? "none" : dependenceIn(stdout, "Mapping"),
		filtering: dependenceIn(stdout, "Filtering"),
		mappedAddress: addressAfter(stdout, "UDP reflexive addr: "),
		outcome,
	};
}

/** The address of "203.0.113.3:49781" or "2001:db8::1:49781" behind some words; the port is what follows the last colon. */
function addressAfter(said: string, words: string): string | null {
	const found = new RegExp(`${words}(\\S+):\\d+`).exec(said);
	return found?.[1] ?? null;
}

/** What `turnutils_stunclient` heard: one answer, and of a server of RFC 5780 two more. */
export interface StunClientAnswers {
	/** All told their origin and the server's other address (RFC 5780 section 7). */
	readonly isRfc5780: boolean;
	/** Address and port of each, in one text. */
	readonly origins: readonly string[];
	readonly otherAddresses: readonly string[];
	readonly mappedAddresses: readonly string[];
	readonly outcome: RunOutcome;
}

/**
 * Asks any server by `turnutils_stunclient`. The second request is for an answer from the other address and port, the third
 * for one to another port of the client's (RESPONSE-PORT): where these do not come, as behind a NAT, it waits for ever.
 */
export async function stunClient(server: string, run: RunOptions): Promise<StunClientAnswers> {
	const outcome = await runTool(["turnutils_stunclient", server], run);
	const responses = outcome.stdout.split(/RFC 5780 response \d/).slice(1);
	const after = (words: string) => responses.flatMap((said) => new RegExp(`${words}(\\S+)`).exec(said)?.[1] ?? []);
	return {
		isRfc5780: responses.length > 0,
		origins: after("Response origin: : "),
		otherAddresses: after("Other addr: : "),
		mappedAddresses: after("UDP reflexive addr: "),
		outcome,
	};
}

/** What Debian's `stun` found out by RFC 3489; the last two are null where it says nothing of them. */
export interface ClassicDiscovery {
	readonly kind: ClassicWords | null;
	readonly preservesPorts: boolean | null;
	readonly hairpin: boolean | null;
	readonly outcome: RunOutcome;
}

/** Its words for those of RFC 3489 itself. */
export const CLASSIC_WORDS = {
	"open internet": "Open",
	"UDP blocked": "Blocked or could not reach STUN server",
	"symmetric UDP firewall": "Firewall",
	"full cone": "Independent Mapping, Independent Filter",
	"restricted cone": "Independent Mapping, Address Dependent Filter",
	"port restricted cone": "Independent Mapping, Port Dependent Filter",
	symmetric: "Dependent Mapping",
} as const satisfies Readonly<Record<ClassicNatKind, string>>;

/** What it calls a NAT. */
export type ClassicWords = (typeof CLASSIC_WORDS)[ClassicNatKind];

/** Asks a server of RFC 3489, named by its address or `ADDRESS:PORT`, by Debian's `stun`, which knows only IPv4. */
export async function classicStun(server: string, run: RunOptions): Promise<ClassicDiscovery> {
	const outcome = await runTool(["stun", server], run);
	const [, primary = ""] = /Primary: (.*)/.exec(outcome.stdout + outcome.stderr) ?? [];
	const either = (yes: string, no: string) => (primary.includes(yes) ? true : primary.includes(no) ? false : null);
	return {
		kind: Object.values(CLASSIC_WORDS).find((words) => primary.startsWith(words)) ?? null,
		preservesPorts: either("preserves ports", "random port"),
		hairpin: either("will hairpin", "no hairpin"),
		outcome,
	};
}
