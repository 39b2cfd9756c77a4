/** What answers are made of, for the API's description. Documents of traces, meetings and tests have schemas of their own (docs/schema). */
import type { ApiRefusal } from "../protocol/api-protocol.ts";
import { API_STATUS } from "./route.ts";

const text = { type: "string" } as const;
const textOrNull = { type: ["string", "null"] } as const;
const count = { type: "integer", minimum: 0 } as const;
const flag = { type: "boolean" } as const;
const list = (items: object) => ({ type: "array", items }) as const;

/** An object that has all of these, and of which nothing else is said here. */
function all(properties: Readonly<Record<string, object>>): object {
	return { type: "object", properties, required: Object.keys(properties) };
}

const KINDS = ["trace", "live", "meet", "stun", "turn", "ping"];
const REFUSALS = Object.keys(API_STATUS) as readonly ApiRefusal[];

/** By their names in `components.schemas`. */
export const ANSWER_SCHEMAS: Readonly<Record<string, object>> = {
	ApiProblem: all({ error: all({ code: { type: "string", enum: REFUSALS }, message: text }) }),
	ApiFacts: all({
		tool: all({ name: text, version: text }),
		client: text,
		methods: list(
			all({ name: text, summary: text, port: { type: ["integer", "null"] }, usable: flag, why: textOrNull }),
		),
		limits: all({
			clientProbesPerSecond: count,
			probesPerSecond: count,
			sessionsPerClient: count,
			leastIntervalMs: count,
			longestSeconds: count,
		}),
		features: all({ whois: flag, origins: flag, places: flag, browserIce: flag, meetings: flag, stun: flag }),
	}),
	SessionStarted: all({ id: text, kind: { type: "string", enum: KINDS } }),
	IceAnswer: all({ id: text, kind: { type: "string", enum: KINDS }, sdp: text }),
	SessionHeader: all({
		schema: { type: "string", enum: ["whither.session/1"] },
		id: text,
		kind: { type: "string", enum: KINDS },
		tool: all({ name: text, version: text }),
		startedAt: { type: "string", format: "date-time" },
		target: textOrNull,
		request: { type: "object" },
	}),
	SessionEntry: all({
		header: schemaRef("SessionHeader"),
		outcome: { type: ["string", "null"], enum: ["result", "failed", "lost", null] },
		endedAt: textOrNull,
		events: count,
		bytes: count,
		summary: text,
		address: textOrNull,
		asns: list(text),
		places: list(text),
	}),
	SessionList: all({ sessions: list(schemaRef("SessionEntry")) }),
	SessionEvent: all({ seq: count, kind: text }),
	SessionAnswer: all({
		session: all({
			header: schemaRef("SessionHeader"),
			events: list(schemaRef("SessionEvent")),
			end: { type: ["object", "null"] },
		}),
		next: count,
		summary: { type: ["object", "null"] },
	}),
	SessionNews: all({ session: text, ended: flag, events: list(schemaRef("SessionEvent")) }),
};

/** One of them, by name. */
export function schemaRef(name: string): object {
	return { $ref: `#/components/schemas/${name}` };
}
