/** `POST /ice` and `POST /ice/{id}/candidates`: a browser connects to this server itself. */
import { asWhitherError } from "../../api/error.ts";
import { openVisitHere } from "../../api/meet/visit/visit-here.ts";
import { schemaRef } from "../api/answer-schemas.ts";
import { type ApiDesk, audited, beginSession, chargeProbes } from "../api/desk.ts";
import { type ApiAsked, ApiRefused, type ApiRoute, answerJson, answerNothing } from "../api/route.ts";
import type { IceAnswer, IceCandidates, IceOffer } from "../protocol/api-protocol.ts";
import { browserName } from "../protocol/browser-name.ts";
import { Guests, type OpenVisit } from "./guests.ts";
import { type Reach, reachOf } from "./reach.ts";

/** Characters of an offer and of a candidate's line. */
const LONGEST_SDP = 32_768;
const LONGEST_LINE = 512;
const MOST_LINES = 32;
const MOST_BYTES = 65_536;
/** Of a frugal trace over at most 30 hops, done twice where the pair changes meanwhile; checks of ICE are no more than that. */
const PROBES = 128;
/** When whoever found no place may come again. */
const RETRY_MS = 15_000;

/** The routes; by default visits are this machine's own. */
export function iceRoutes(desk: ApiDesk, reach: Reach, open: OpenVisit = openVisitHere): readonly ApiRoute[] {
	const guests = new Guests(open, desk.now);
	return [
		{
			method: "POST",
			path: "/ice",
			name: "connectBrowser",
			summary: "Connect a browser to this server by ICE, and have the way to it traced",
			body: {
				json: {
					type: "object",
					additionalProperties: false,
					required: ["sdp"],
					properties: {
						sdp: {
							type: "string",
							minLength: 1,
							maxLength: LONGEST_SDP,
							description: "Of RTCPeerConnection.createOffer",
						},
					},
				},
				mostBytes: MOST_BYTES,
			},
			answers: {
				201: {
					description: "The session is on the disk; with the answer for setRemoteDescription",
					schema: schemaRef("IceAnswer"),
				},
			},
			refusals: ["tooMuch", "overBudget", "draining", "storeFailed"],
			cost: 10,
			answer: async (asked) => {
				const action = { action: "ice", target: asked.address };
				return answerJson(asked, 201, await audited(desk, asked, action, () => receive(desk, guests, reach, asked)));
			},
		},
		{
			method: "POST",
			path: "/ice/{id}/candidates",
			name: "addCandidates",
			summary: "Tell candidates as they are found; none ends them",
			names: { id: { description: "Of the session", pattern: "[A-Za-z0-9]{16,32}" } },
			body: {
				json: {
					type: "object",
					additionalProperties: false,
					required: ["candidates"],
					properties: {
						candidates: {
							type: "array",
							maxItems: MOST_LINES,
							items: { type: "string", maxLength: LONGEST_LINE },
							description: "Lines of a=candidate",
						},
					},
				},
				mostBytes: MOST_BYTES,
			},
			answers: { 204: { description: "They are tried" } },
			refusals: ["notFound", "tooMuch"],
			answer: (asked) => {
				const visit = guests.find(asked.names.id ?? "");
				if (visit === null) throw new ApiRefused("notFound", "there is no such connection, or it has ended");
				if (!visit.candidates((asked.body as IceCandidates).candidates))
					throw new ApiRefused("tooMuch", "no browser has so many candidates");
				return answerNothing(asked);
			},
		},
	];
}

async function receive(desk: ApiDesk, guests: Guests, reach: Reach, asked: ApiAsked): Promise<IceAnswer> {
	const refusal = guests.refusal(asked.client);
	if (refusal !== null) throw refused(refusal);
	const settle = chargeProbes(desk, asked.client, PROBES);
	const tool = browserName(asked.header("user-agent"));
	const { sdp } = asked.body as IceOffer;
	const ice = reachOf(reach, desk.policy, asked.address);
	const { visit, start } = await guests.receive(asked.client, { offer: sdp, tool, ice }).catch((thrown: unknown) => {
		settle(0);
		const { code, message } = asWhitherError(thrown);
		throw code === "badOption" ? new ApiRefused("badRequest", message) : thrown;
	});
	try {
		const header = await beginSession(desk, asked, {
			kind: "meet",
			target: null,
			request: { ice: "browser", tool },
			start,
			over: (end) => settle(end === null ? 0 : PROBES),
		});
		guests.name(header.id, visit);
		return { id: header.id, kind: header.kind, sdp: await visit.answer };
	} catch (thrown) {
		void visit.close();
		throw thrown;
	}
}

function refused(refusal: "full" | "fullForClient"): ApiRefused {
	return refusal === "full"
		? new ApiRefused("overBudget", "as many browsers are connected here as may be; try again in a while", RETRY_MS)
		: new ApiRefused("overBudget", "you have as many connections as one may; close a page, or wait", RETRY_MS);
}
