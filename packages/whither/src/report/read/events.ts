/** Shapes of what a trace tells while it runs, and of a session's lines. */
import {
	count,
	fields,
	flag,
	is,
	isFields,
	list,
	Misfit,
	number,
	open,
	orNull,
	type Shape,
	text,
	textOf,
	whole,
	word,
} from "../../api/json-shape.ts";
import { HOP, PROBE } from "../../api/meet/path/trace-document.ts";
import { DOCUMENTS } from "./documents.ts";

const port = orNull(whole(0, 65_535));
const ttl = whole(1, 255);
const atNs = is((value) => typeof value === "number" && value >= 0 && value <= Number.MAX_SAFE_INTEGER);

const START = fields(
	{
		type: word("start"),
		target: fields({ name: text, address: text, port }),
		source: fields({ address: text, port }),
		...{
			method: text,
			channel: text,
			family: word(4, 6),
			maxTtl: ttl,
			queries: whole(1, 100),
			length: whole(20, 65_535),
		},
	},
	{ intervalNs: count, rounds: orNull(count) },
);

/** A round's probes are of one TTL each; `queries` says nothing there. */
const EVENTS: Readonly<Record<string, Shape>> = {
	start: START,
	handshake: fields({
		...{ type: word("handshake"), atNs, rttNs: count, mss: orNull(count), sackPermitted: flag, connections: count },
	}),
	probe: fields({ type: word("probe"), atNs, ttl, probe: PROBE }, { round: count }),
	hop: fields({ type: word("hop"), atNs, hop: HOP, last: flag }),
	warning: fields({ type: word("warning"), atNs, warning: open({ code: text }) }),
	round: fields({ type: word("round"), atNs, round: count, firstTtl: ttl, lastTtl: ttl }),
	name: fields({ type: word("name"), atNs, address: text, name: orNull(text), asn: orNull(text) }),
	end: fields({ type: word("end"), atNs, stopReason: text, reached: flag }),
};

/** One event of a trace, continuous or not. */
export const TRACE_EVENT: Shape = (value, at) => {
	const type = isFields(value) ? value.type : null;
	const shape = typeof type === "string" && Object.hasOwn(EVENTS, type) ? EVENTS[type] : undefined;
	return shape === undefined ? new Misfit(`${at}.type`) : shape(value, at);
};

const KINDS = ["trace", "live", "meet", "stun", "turn", "ping"] as const;
const instant = is((value) => typeof value === "string" && !Number.isNaN(Date.parse(value)) && value.length < 40);

/** A session's first line. */
export const SESSION_HEADER = fields({
	...{ schema: word("whither.session/1"), id: text, kind: word(...KINDS), startedAt: instant },
	...{ tool: fields({ name: text, version: text }), target: orNull(textOf(1_000)), request: open({}) },
});

/** One of its events, by its `kind`. */
export const SESSION_EVENT: Shape = (value, at) => {
	if (!isFields(value)) return new Misfit(at);
	switch (value.kind) {
		case "trace":
		case "live":
			return fields({ seq: count, kind: text, event: TRACE_EVENT })(value, at);
		case "meet":
			return fields({ seq: count, kind: text, atNs: number, event: open({ kind: text }) })(value, at);
		case "note":
			return fields({ seq: count, kind: text, atNs: number, note: open({}) })(value, at);
		default:
			return new Misfit(at === "" ? "kind" : `${at}.kind`);
	}
};

/** The document that a session may end with. */
const RESULT: Shape = (value, at) => {
	const schema = isFields(value) && typeof value.schema === "string" ? value.schema : "";
	const shape = DOCUMENTS.get(schema)?.shape;
	return shape === undefined ? new Misfit(`${at}.schema`) : shape(value, at);
};

const ERROR = fields({ code: text, message: textOf(4_000) });

/** Its last line. */
export const SESSION_END: Shape = (value, at) => {
	if (!isFields(value)) return new Misfit(at);
	const endedAt = instant;
	switch (value.outcome) {
		case "result":
			return fields({ outcome: text, endedAt, result: orNull(RESULT) })(value, at);
		case "failed":
			return fields({ outcome: text, endedAt, error: ERROR })(value, at);
		default:
			return fields({ outcome: word("lost"), endedAt })(value, at);
	}
};

/** Most events of a session that are read. */
export const MOST_EVENTS = 400_000;
/** All of it as one document. */
export const SESSION = fields({
	header: SESSION_HEADER,
	events: list(MOST_EVENTS, SESSION_EVENT),
	end: orNull(SESSION_END),
});
