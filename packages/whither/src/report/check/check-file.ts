/** The file of `whither check`: what to trace or read, and what has to hold of it (docs/schema/check-file-1.json). */

import { LIMITS, MOST_MS } from "../../api/limits.ts";
import type { TraceRequestOptions } from "../../api/options.ts";
import { type JsonNode, parseJsonc, placeIn, type TextPlace, TextProblem } from "./jsonc.ts";
import { type Matcher, readMatcher } from "./matchers.ts";
import {
	bool,
	type NodeReader,
	numberFrom,
	objectOf,
	oneOf,
	oneOrMore,
	type ReadShape,
	textOf,
} from "./node-readers.ts";

/** Checks in one file. */
const MOST_CHECKS = 1000;
const TTL = [1, 255] as const;
const MILLISECONDS = numberFrom(0, MOST_MS, "any");

const methodOption: NodeReader<string | true> = (node) => {
	if (node.kind === "scalar" && node.value === true) return true;
	if (node.kind === "scalar" && (typeof node.value === "number" || typeof node.value === "string"))
		return String(node.value);
	throw new TextProblem(node.at, "wants a text, a number or true");
};

const methodOptions: NodeReader<Readonly<Record<string, string | true>>> = (node) => {
	if (node.kind !== "object") throw new TextProblem(node.at, "wants an object in {}");
	return Object.fromEntries([...node.entries].map(([key, entry]) => [key, methodOption(entry.node)]));
};

const origins: NodeReader<boolean | string> = (node) =>
	node.kind === "scalar" && typeof node.value === "boolean"
		? node.value
		: textOf('true, or who knows them as -A\'s SERVER ("dns", "dns:ZONE@SERVER", "whois:HOST")')(node);

const options = objectOf({
	port: numberFrom(...LIMITS.port),
	family: oneOf([4, 6]),
	queries: numberFrom(...LIMITS.queries),
	firstTtl: numberFrom(...LIMITS.firstTtl),
	maxTtl: numberFrom(...LIMITS.maxTtl),
	length: numberFrom(...LIMITS.length),
	dscp: numberFrom(...LIMITS.dscp),
	source: textOf("an address"),
	interface: textOf("the name of an interface"),
	waitMs: MILLISECONDS,
	timeoutMs: MILLISECONDS,
	pathMtu: bool,
	names: bool,
	origins,
	places: oneOrMore(textOf("the name of a data set (mmdb)")),
	methodOptions,
});

const rtt = objectOf({ hop: numberFrom(...TTL), p50: MILLISECONDS, p95: MILLISECONDS, max: MILLISECONDS });

const baselineFile = textOf("the name of a file");
const baselineShape = objectOf({ file: baselineFile, differingHops: numberFrom(0, TTL[1]) });

/** What a baseline is compared by. */
export interface BaselineAsked {
	readonly file: string;
	/** So many hops may be others. */
	readonly differingHops: number;
}

const baseline: NodeReader<BaselineAsked> = (node) => {
	if (node.kind === "scalar") return { file: baselineFile(node), differingHops: 0 };
	const { file, differingHops = 0 } = baselineShape(node);
	if (file === undefined) throw new TextProblem(node.at, 'wants "file": the saved trace to compare with');
	return { file, differingHops };
};

/** A pair's type, in which either end may be `*`. */
const PAIR = /^(host|srflx|prflx|relay|\*)\/(host|srflx|prflx|relay|\*)$/;

const expectations = objectOf({
	reached: bool,
	maxHops: numberFrom(...TTL),
	minHops: numberFrom(...TTL),
	mustCross: oneOrMore(readMatcher),
	mustNotCross: oneOrMore(readMatcher),
	rttMs: oneOrMore((node) => {
		const limits = rtt(node);
		if (limits.p50 === undefined && limits.p95 === undefined && limits.max === undefined)
			throw new TextProblem(node.at, "wants p50, p95 or max, in milliseconds");
		return limits;
	}),
	lossPercent: numberFrom(0, 100, "any"),
	mtu: numberFrom(68, 65_535),
	equalsBaseline: baseline,
	connected: bool,
	pairType: oneOrMore(textOf('both ends\' types, such as "host/srflx" or "*/relay"', (text) => PAIR.test(text))),
	protocol: oneOf(["udp", "tcp"]),
	connectMs: MILLISECONDS,
	relay: bool,
});

/** All that may be asked. */
export type Expectations = ReturnType<typeof expectations>;
/** The name of an assertion. */
export type AssertionName = keyof Expectations;
/** Of a meeting alone. */
export const MEETING_ASSERTIONS: readonly AssertionName[] = ["connected", "pairType", "protocol", "connectMs", "relay"];

/** Options of a trace, as a file has them. */
export type CheckOptions = ReadShape<{
	[Key in keyof ReturnType<typeof options>]-?: NodeReader<NonNullable<ReturnType<typeof options>[Key]>>;
}>;

/** One check. */
export interface Check {
	readonly name: string;
	/** What to trace, or null: `file` is read. */
	readonly target: string | null;
	/** As the file says it: from where the file of checks is. */
	readonly file: string | null;
	readonly method: string | null;
	readonly options: CheckOptions;
	readonly expect: Expectations;
	/** Where each assertion stands, and the check itself. */
	readonly places: Readonly<Partial<Record<AssertionName, TextPlace>>>;
	readonly place: TextPlace;
}

/** Why a file is none, and where. */
export interface CheckFileProblem extends TextPlace {
	/** Without a full stop. */
	readonly sentence: string;
}

const checkShape = {
	name: textOf("a name of at most 200 characters", undefined, 200),
	target: textOf("the name or address of a host", (text) => !/\s/.test(text), 255),
	file: textOf("the name of a file that `whither` saved"),
	method: textOf("a method, as --method"),
	options,
	expect: (node: JsonNode) => ({ node, read: expectations(node) }),
};

/** Reads the text of a file; never throws. */
export function readCheckFile(text: string): readonly Check[] | CheckFileProblem {
	try {
		return checksOf(text);
	} catch (thrown) {
		if (!(thrown instanceof TextProblem)) throw thrown;
		return { ...placeIn(text, thrown.at), sentence: thrown.message };
	}
}

function checksOf(text: string): readonly Check[] {
	const root = parseJsonc(text);
	let common: CheckOptions = {};
	const file = objectOf({
		$schema: textOf("the address of a schema"),
		options: (node) => {
			common = options(node);
		},
		checks: (node) => node,
	})(root);
	const { checks } = file;
	if (checks === undefined) throw new TextProblem(root.at, 'wants "checks": a list of checks');
	if (checks.kind !== "array" || checks.items.length === 0)
		throw new TextProblem(checks.at, "checks wants a list of at least one check");
	if (checks.items.length > MOST_CHECKS) throw new TextProblem(checks.at, `checks wants at most ${MOST_CHECKS}`);
	return checks.items.map((node) => readCheck(node, text, common));
}

function readCheck(node: JsonNode, text: string, common: CheckOptions): Check {
	const { name, target, file, method, options: own = {}, expect } = objectOf(checkShape)(node);
	const input = target ?? file;
	if (input === undefined || (target !== undefined && file !== undefined))
		throw new TextProblem(node.at, 'wants either "target": what to trace, or "file": what was saved');
	if (expect === undefined || expect.node.kind !== "object" || expect.node.entries.size === 0)
		throw new TextProblem(
			expect?.node.at ?? node.at,
			`wants "expect": an object with at least one of ${Object.keys(EVERY).join(", ")}`,
		);
	const keys = [...expect.node.entries];
	const places = Object.fromEntries(keys.map(([key, { keyAt }]) => [key, placeIn(text, keyAt)]));
	const all = { ...common, ...own };
	const check = { name: name ?? input, target: target ?? null, file: file ?? null, method: method ?? null };
	if (target !== undefined)
		for (const [key, { keyAt }] of keys) needsOption(key as AssertionName, keyAt, expect.read, all);
	else if (method !== undefined || Object.keys(own).length > 0)
		throw new TextProblem(node.at, '"method" and "options" are for a target; of a file everything is known already');
	return { ...check, options: all, expect: expect.read, places, place: placeIn(text, node.at) };
}

/** The names, for the sentence above. */
const EVERY: { readonly [Name in AssertionName]-?: true } = {
	...{
		reached: true,
		maxHops: true,
		minHops: true,
		mustCross: true,
		mustNotCross: true,
		rttMs: true,
		lossPercent: true,
	},
	...{ mtu: true, equalsBaseline: true, connected: true, pairType: true, protocol: true, connectMs: true, relay: true },
};

/** What cannot be judged without an option is said before anything is measured. */
function needsOption(
	name: AssertionName,
	at: number,
	expect: Expectations,
	{ origins: asked, places, pathMtu }: CheckOptions,
): void {
	if (MEETING_ASSERTIONS.includes(name))
		throw new TextProblem(at, `${name} is of a meeting: save one with \`whither meet --json\`, and name its "file"`);
	if (name === "mtu" && pathMtu !== true)
		throw new TextProblem(at, 'mtu is measured only with "pathMtu": true in "options"');
	if (name !== "mustCross" && name !== "mustNotCross") return;
	const matchers: readonly Matcher[] = expect[name] ?? [];
	if (matchers.some(({ by }) => by === "country" || by === "place") && places === undefined)
		throw new TextProblem(
			at,
			`${name} names a place, which is known only with "places": a data set (mmdb), in "options"`,
		);
	if (places === undefined && matchers.some(({ by }) => by === "asn") && (asked ?? false) === false)
		throw new TextProblem(
			at,
			`${name} names an AS, which is known only with "origins": true in "options" (it asks a server about each hop)`,
		);
}

/** As a trace takes them; `pathOf`: of a file that is named in the file of checks. Names are looked up where somebody asks for one. */
export function requestOf(
	{ method, options: asked, expect }: Check,
	pathOf: (file: string) => string,
): TraceRequestOptions {
	const { origins: asLookup, names, places, ...same } = asked;
	const matchers = [...(expect.mustCross ?? []), ...(expect.mustNotCross ?? [])];
	const wantsNames = names ?? matchers.some(({ by }) => by === "name" || by === "nameRegex");
	return { ...same, ...(method === null ? {} : { method }), names: wantsNames, asLookup, places: places?.map(pathOf) };
}
