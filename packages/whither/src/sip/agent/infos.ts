import type { Instant } from "@whither/core";
import { sipHeader } from "../message/headers.ts";
import { parseSipWord } from "../message/media-type.ts";
import type { RequestEnvelope } from "../transactions/envelope.ts";
import type { SipBody } from "./agent-io.ts";
import { bodyOf, oneLine } from "./body.ts";
import type { Leg } from "./leg.ts";
import { header } from "./made.ts";
import type { Reply } from "./replies.ts";

/** INFO within a dialog (RFC 6086). */
export class Infos {
	readonly #leg: Leg;

	constructor(leg: Leg) {
		this.#leg = leg;
	}

	/** One of ours. */
	send(name: string, body: SipBody, now: Instant): void {
		const { peer, parts } = this.#leg;
		if (!peer.takesInfo(name)) {
			parts.outlet.ignore("infoNotTaken");
			return;
		}
		const said: SipBody = { disposition: "Info-Package", ...body };
		const headers = [header("Info-Package", oneLine(name))];
		this.#leg.ask({ method: "INFO", headers, body: said, response: () => {} }, now);
	}

	/** What to answer to one of theirs, and what to tell the owner (§4.2.2). */
	hear({ message }: RequestEnvelope): Reply {
		const { parts, call } = this.#leg;
		const taken = parts.config.infoPackages ?? [];
		const name = parseSipWord(sipHeader(message, "Info-Package"))?.word;
		const body = bodyOf(message);
		// As it was before RFC 6086: nothing that we would know what to do with.
		if (name === undefined) return body === null ? { status: 200 } : { status: 415, headers: [header("Accept", "")] };
		const found = taken.find((each) => each.toLowerCase() === name);
		if (found === undefined) return { status: 469, headers: [header("Recv-Info", taken.join(", "))] };
		if (body !== null && !call.isOver) parts.outlet.tell({ kind: "info", call: call.number, package: found, body });
		return { status: 200 };
	}
}
