/** What the form's fields ask of the server. */
import type { TraceAsked } from "../../../../packages/whither/src/server/protocol/api-protocol.ts";

/** Fields by name, as a form has them: texts; a box that is ticked has the text `on`. */
export type FormFields = Readonly<Record<string, string | undefined>>;

/** Fields that are numbers, with their bounds; the server may have narrower ones. */
export const NUMBER_FIELDS = {
	port: { label: "Port", least: 1, most: 65_535, hint: "as the method says" },
	queries: { label: "Probes per hop", least: 1, most: 10, hint: "3" },
	firstTtl: { label: "First hop", least: 1, most: 255, hint: "1" },
	maxTtl: { label: "Most hops", least: 1, most: 255, hint: "30" },
	length: { label: "Packet bytes", least: 28, most: 65_000, hint: "60" },
} as const;

/** The request, or a sentence about the field that cannot be read. */
export function traceAsked(fields: FormFields): TraceAsked | { readonly problem: string } {
	const target = (fields.target ?? "").trim();
	if (target === "") return { problem: "Name a host or an address to trace to." };
	const numbers: Record<string, number> = {};
	for (const [name, { label, least, most }] of Object.entries(NUMBER_FIELDS)) {
		const value = numberIn(fields[name], least, most);
		if (value === "wrong") return { problem: `${label} is a whole number from ${least} to ${most}.` };
		if (value !== null) numbers[name] = value;
	}
	const live = liveAsked(fields);
	if (live !== null && "problem" in live) return live;
	const methodOptions = optionsIn(fields.methodOptions ?? "");
	return {
		target,
		...(fields.method && { method: fields.method }),
		...numbers,
		...(fields.family === "4" && { family: 4 as const }),
		...(fields.family === "6" && { family: 6 as const }),
		...(fields.pathMtu === "on" && { pathMtu: true }),
		...(methodOptions !== null && { methodOptions }),
		names: fields.names === "on",
		...(fields.origins === "on" && { origins: true }),
		...(live !== null && { live }),
	};
}

/** What a live trace may run at: seconds between rounds, and how many. */
function liveAsked(fields: FormFields): NonNullable<TraceAsked["live"]> | { readonly problem: string } | null {
	if (fields.run !== "live") return null;
	const seconds = Number((fields.interval ?? "").trim() || "1");
	if (!(seconds >= 0.01 && seconds <= 3600))
		return { problem: "The interval is a number of seconds, from 0.01 to 3600." };
	const rounds = numberIn(fields.rounds, 1, 1_000_000);
	if (rounds === "wrong") return { problem: "Rounds are a whole number; leave it empty to go on until you stop it." };
	return { intervalMs: Math.round(seconds * 1000), rounds };
}

function numberIn(text: string | undefined, least: number, most: number): number | null | "wrong" {
	const trimmed = (text ?? "").trim();
	if (trimmed === "") return null;
	const value = Number(trimmed);
	return Number.isInteger(value) && value >= least && value <= most ? value : "wrong";
}

/** `ecn=1, info` as the command's `-O` takes them; null: none. */
function optionsIn(text: string): NonNullable<TraceAsked["methodOptions"]> | null {
	const options = text.split(/[,\s]+/).filter((word) => word !== "");
	if (options.length === 0) return null;
	return Object.fromEntries(
		options.map((word) => {
			const [name = "", ...rest] = word.split("=");
			return [name, rest.length === 0 ? true : readOption(rest.join("="))];
		}),
	);
}

function readOption(text: string): string | number | boolean {
	if (text === "true" || text === "false") return text === "true";
	return /^-?\d+$/.test(text) ? Number(text) : text;
}
