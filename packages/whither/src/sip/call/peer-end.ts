/** What the other end of a call says, as messages of a meeting. Pure. */
import { type IceAgentInput, readTrickle } from "@whither/core";
import { formatIceCandidate, isDecodeError, parseSdp, SDP_FRAGMENT_TYPE, type StunAddress } from "@whither/wire";
import { type MeetMessage, TRACES } from "../../api/meet/signalling/message.ts";
import type { SipBody } from "../agent/agent-io.ts";
import { parseSipMediaType } from "../message/media-type.ts";
import type { CallReading } from "./call-reading.ts";

/** Which ICE our end speaks in a call. */
export type CallIce = "modern" | "first-draft";

/** Characters of a fragment that are read: each candidate has a hundred or so. */
const LONGEST_FRAGMENT = 32_768;
/** Of a name that the other end calls itself by. */
const LONGEST_TOOL = 200;

/** Whether checks go both ways: both ends speak the same ICE, and nothing on the way has broken it. */
export function checksWith(ice: CallIce, { speaks }: Pick<CallReading, "speaks">): boolean {
	return speaks === ice;
}

/** Reads what comes, and remembers what was told of it. */
export class PeerEnd {
	readonly ice: CallIce;
	#reading: CallReading | null = null;
	#tool = "";
	#ufrag = "";
	#told = new Set<string>();
	#isEnded = false;

	constructor(ice: CallIce) {
		this.ice = ice;
	}

	/** Its last description; null: there was none. */
	get reading(): CallReading | null {
		return this.#reading;
	}

	get checks(): boolean {
		return this.#reading !== null && checksWith(this.ice, this.#reading);
	}

	/** What a description is to a meeting. `named`: what our own names as `m=` and `c=`, where that is known. */
	describe(reading: CallReading, userAgent: string | null, named: StunAddress | null): readonly MeetMessage[] {
		this.#reading = reading;
		// Later descriptions come without its name.
		if (userAgent !== null) this.#tool = toolOf(userAgent);
		const tool = this.#tool;
		if (this.checks) return this.ice === "modern" ? this.#description(reading, tool) : alternatives(reading, tool);
		// One that trickles, and speaks another ICE than we do, may have no address to fall back to yet.
		if (reading.destination === null) return [];
		const { destination, rtcp, speaks } = reading;
		const other = speaks === "none" ? {} : { speaks };
		return [{ type: "destination", tool, destination, rtcp, ...(named === null ? {} : { named }), ...other }];
	}

	/** What a fragment by INFO is to it (RFC 8840 §4.4); nothing where it is none, of another generation, or has nothing new. */
	trickle(body: SipBody): readonly MeetMessage[] {
		const isFragment = parseSipMediaType(body.type)?.word === SDP_FRAGMENT_TYPE && body.text.length <= LONGEST_FRAGMENT;
		const parsed = isFragment ? parseSdp(body.text) : null;
		if (parsed === null || isDecodeError(parsed) || this.#reading === null || !this.checks) return [];
		return (readTrickle(parsed, [this.#reading.stream]) ?? []).flatMap((input) => this.#heard(input));
	}

	#description({ stream, trickles }: CallReading, tool: string): readonly MeetMessage[] {
		const { peer, candidates, endOfCandidates } = stream;
		if (peer === null) return [];
		const { ufrag, pwd, options = [], lite = false, pacingMs = null } = peer;
		const isNew = ufrag !== this.#ufrag;
		if (isNew) {
			this.#ufrag = ufrag;
			this.#told = new Set();
			this.#isEnded = false;
		}
		const description = { type: "description", tool, ufrag, pwd, options: [...options], pacingMs, lite } as const;
		return [
			...(isNew ? [description] : []),
			...this.#candidates(candidates.map(formatIceCandidate)),
			...(endOfCandidates || !trickles ? this.#end() : []),
		];
	}

	#heard(input: IceAgentInput): readonly MeetMessage[] {
		if (input.type === "remoteCandidates")
			return this.#candidates(input.candidates.map(({ line }) => formatIceCandidate(line)));
		return input.type === "endOfCandidates" ? this.#end() : [];
	}

	/** Those of them that are new. */
	#candidates(lines: readonly string[]): readonly MeetMessage[] {
		const fresh = lines.filter((line) => !this.#told.has(line));
		for (const line of fresh) this.#told.add(line);
		return fresh.length === 0 ? [] : [{ type: "candidates", ufrag: this.#ufrag, lines: fresh }];
	}

	#end(): readonly MeetMessage[] {
		if (this.#isEnded) return [];
		this.#isEnded = true;
		return [{ type: "endOfCandidates", ufrag: this.#ufrag }];
	}
}

function alternatives(
	{ destination, rtcp, alternatives: told, options }: CallReading,
	tool: string,
): readonly MeetMessage[] {
	if (destination === null) return [];
	return [{ type: "alternatives", tool, destination, rtcp, alternatives: told, traces: options.includes(TRACES) }];
}

/** What a program calls itself, as one line. */
function toolOf(userAgent: string): string {
	return userAgent.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, "").slice(0, LONGEST_TOOL);
}
