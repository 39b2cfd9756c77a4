/** Whether something read from a file is a `WhoisAnswer`. Pure. */
import { objectOf } from "./bounded-json.ts";
import { WHOIS_SCHEMA, type WhoisAnswer } from "./whois-answer.ts";

const isText = (value: unknown) => typeof value === "string";
const isTextOrNull = (value: unknown) => value === null || isText(value);
const areTexts = (value: unknown) => Array.isArray(value) && value.every(isText);

/** The answer; null: it is none. */
export function readAnswer(value: unknown): WhoisAnswer | null {
	const answer = objectOf(value);
	const source = objectOf(answer.source);
	const isWhole =
		answer.schema === WHOIS_SCHEMA &&
		["address", "asn", "name"].includes(String(answer.kind)) &&
		["rdap", "whois", "registry"].includes(String(source.protocol)) &&
		[answer.query, answer.raw, source.server, source.askedAt].every(isText) &&
		[answer.handle, answer.name, answer.country].every(isTextOrNull) &&
		[answer.registeredAt, answer.changedAt, answer.expiresAt].every(isTextOrNull) &&
		[answer.prefixes, answer.asns, answer.status, answer.nameServers, answer.remarks].every(areTexts) &&
		Array.isArray(answer.entities) &&
		answer.entities.every(isEntity);
	return isWhole ? (value as WhoisAnswer) : null;
}

function isEntity(value: unknown): boolean {
	const { handle, name, roles, email, phone } = objectOf(value);
	return [handle, name, email, phone].every(isTextOrNull) && areTexts(roles);
}
