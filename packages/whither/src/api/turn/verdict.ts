/** What a whole run comes to, in one sentence. */
import type { CellFindings } from "./cell.ts";
import type { TurnCellFailure } from "./result.ts";
import { type AskedTurn, failureSentence } from "./words.ts";

/** The sentence, with capital and full stop; `host`: what the server is called. */
export function turnVerdict(host: string, cells: readonly CellFindings[], asked: AskedTurn): string {
	const working = cells.filter(isWorking);
	if (working.length === 0) return sentence(hopeless(host, cells, asked));
	const failing = cells.filter(({ failure }) => failure !== null);
	// The usual port of TLS is of no interest where the other one works.
	const settled = failing.filter((cell) => !isReplaced(cell, working));
	const lossy = working.filter(({ relaying }) => relaying !== null && relaying.received < relaying.sent);
	const losses = lossy.length === 0 ? "" : `, with loss over ${list(labels(lossy))}`;
	const limits = `${losses}${withoutLarge(working)}`;
	if (settled.length === 0) return sentence(`relays over ${list(labels(working))}${limits}`);
	const names = labels(working, cells);
	const outcome = `${list(names)} ${names.length > 1 ? "work" : "works"}`;
	return sentence([...troubles(settled, cells, asked), `${outcome}${limits}`].join("; "));
}

/** What is wrong with some legs beside others that work: those with the same trouble together. */
function troubles(settled: readonly CellFindings[], all: readonly CellFindings[], asked: AskedTurn): readonly string[] {
	const byTrouble = new Map<string, CellFindings[]>();
	for (const cell of settled) {
		const trouble = troubleOf(cell, asked);
		byTrouble.set(trouble, [...(byTrouble.get(trouble) ?? []), cell]);
	}
	return [...byTrouble].map(([trouble, some]) => {
		const names = labels(some, all);
		if (!SHORT.test(trouble)) return `${list(names)}: ${trouble}`;
		return `${list(names)} ${names.length > 1 ? "are" : "is"} ${trouble}`;
	});
}

/** Small packets come back, and of those that throughput is measured with not one: a limit on the way, as of an MTU. */
function withoutLarge(working: readonly CellFindings[]): string {
	const stuck = working.filter(({ relaying }) => {
		const large = relaying?.throughput ?? null;
		return large !== null && large.sent > 0 && large.received === 0;
	});
	const bytes = stuck[0]?.relaying?.throughput?.bytes;
	return bytes === undefined ? "" : `, but no packets of ${bytes} bytes over ${list(labels(stuck))}`;
}

/** It relays. */
export function isWorking({ relaying }: Pick<CellFindings, "relaying">): boolean {
	return relaying !== null && relaying.received > 0;
}

function isReplaced(cell: CellFindings, working: readonly CellFindings[]): boolean {
	return (
		cell.transport === "tls" &&
		working.some(({ transport, family }) => transport === "tls" && family === cell.family) &&
		cell.failure?.code === "unreachable"
	);
}

/** What needs no sentence. Beside others that work a silence is a filter. */
const SHORT = /^(filtered|refused|silent|unreachable \(\w+\))$/;

function troubleOf(cell: CellFindings, asked: AskedTurn): string {
	const { failure } = cell;
	if (failure === null) return "silent";
	if (failure.alternate !== null || cell.relayed.length > 0) return failureSentence(cell, failure, asked, "the server");
	if (failure.code === "timeout" && !cell.reachable) return "filtered";
	const errno = failure.code === "unreachable" ? (failure.system?.errnoName ?? null) : null;
	if (errno === "ECONNREFUSED") return "refused";
	if (errno === "ETIMEDOUT") return "filtered";
	if (errno !== null) return `unreachable (${errno})`;
	return failureSentence(cell, failure, asked, "the server");
}

/** "UDP 3478", "TLS 443 over IPv6": the family where others of the same kind are not meant. */
function labels(some: readonly CellFindings[], all: readonly CellFindings[] = some): readonly string[] {
	const names = some.map((cell) => {
		const name = `${cell.transport.toUpperCase()} ${cell.server.port}`;
		const alike = all.filter(
			({ transport, server }) => transport === cell.transport && server.port === cell.server.port,
		);
		return alike.every((one) => some.includes(one)) ? name : `${name} over IPv${cell.family}`;
	});
	return [...new Set(names)];
}

/** What tells most, first. */
const TELLING: readonly (readonly TurnCellFailure["code"][])[] = [
	["unauthorized", "wrongCredentials", "staleNonce"],
	["quotaReached", "insufficientCapacity"],
	["forbidden", "nothingBack", "noOtherEnd"],
	["familyUnsupported", "transportUnsupported", "unsupportedAttributes", "allocationMismatch", "redirected"],
	["stunOnly"],
	["integrity", "bidDown", "unsupportedAlgorithm", "badChallenge", "badAnswer"],
	["badRequest", "serverError", "refused"],
	["outOfTime", "stopped"],
	["challengedOnly"],
	["notStun", "closed"],
	["tls", "tlsUnfinished"],
];

function hopeless(host: string, cells: readonly CellFindings[], asked: AskedTurn): string {
	const failures = cells.flatMap((cell) => (cell.failure === null ? [] : [{ cell, failure: cell.failure }]));
	const certificate = failures.find(
		({ failure }) => failure.code === "tls" && /CERT|SIGN|ISSUER/.test(failure.tls?.reason ?? ""),
	);
	const known = failures.some(
		({ failure }) => failure.code !== "tls" && TELLING.slice(0, -2).some((codes) => codes.includes(failure.code)),
	);
	if (certificate !== undefined && !known) return failureSentence(certificate.cell, certificate.failure, asked);
	for (const codes of TELLING) {
		const found = failures.find(({ failure }) => codes.includes(failure.code));
		if (found !== undefined) return failureSentence(found.cell, found.failure, asked);
	}
	const standing = failures.find(({ cell, failure }) => cell.reachable || failure.alternate !== null);
	if (standing !== undefined) return failureSentence(standing.cell, standing.failure, asked);
	const [first] = failures;
	if (first === undefined) return `${host} relays nothing`;
	if (failures.length === 1) return failureSentence(first.cell, first.failure, asked);
	const refused = failures.filter(({ failure }) => failure.system?.errnoName === "ECONNREFUSED");
	const over = list(labels(cells));
	if (refused.length === failures.length) return `${host} refuses ${over}: no TURN server listens there`;
	if (refused.length > 0) {
		const silent = labels(failures.filter((one) => !refused.includes(one)).map(({ cell }) => cell));
		const names = list(labels(refused.map(({ cell }) => cell)));
		return `${host} is up, but no TURN server listens there: ${names} refused, ${list(silent)} silent`;
	}
	if (failures.every(({ failure }) => failure.code === "system"))
		return failureSentence(first.cell, first.failure, asked);
	return `no answer from ${host} over ${over}: there is no such server, or a firewall drops everything`;
}

function list(words: readonly string[]): string {
	return words.length < 2 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

function sentence(text: string): string {
	return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
