/** Entering a room at a rendezvous server. Pure but for time: HTTP, randomness and AES are handed in. */
import type { IceRole } from "@whither/core";
import { formatBase64Url } from "./base64url.ts";
import type { HttpAnswer, HttpFailure, RendezvousHttp, RendezvousPorts } from "./http-port.ts";
import { codePassword, type MeetingCode, readChosenCode, readCode } from "./meeting-code.ts";
import { RENDEZVOUS_PATH } from "./rendezvous-protocol.ts";
import { type ReadRoom, readOffersJson, readRoomJson } from "./room-json.ts";
import { RoomSession } from "./room-session.ts";
import { SealedChannel } from "./sealed-channel.ts";
import { hostOfUrl } from "./server-url.ts";
import type { Offered, Rendezvous, RendezvousOrder, SignallingFailure } from "./signalling.ts";

/** How long a server may be out of reach before it is given up. */
const PATIENCE_MS = 60_000;
/** How often entering is tried where a kept connection breaks, or the server asks to come again. */
const TRIES = 4;
const LONGEST_RETRY_SECONDS = 5;

/** An order that has been checked. */
interface Entry {
	readonly url: URL;
	/** Null: of a number that the server gives, with a password that we draw. */
	readonly code: MeetingCode | null;
	readonly role: IceRole;
}

/** See `openRendezvous`. */
export async function openRoomBy(
	ports: RendezvousPorts,
	order: RendezvousOrder,
): Promise<Rendezvous | SignallingFailure> {
	const entry = readOrder(order);
	if (!("role" in entry)) return entry;
	const http = ports.http({ url: entry.url, token: order.token, authorities: order.authorities });
	const entered = await enter(ports, http, entry, order);
	if (!("entered" in entered)) {
		http.close();
		return entered;
	}
	const rendezvous = rendezvousOf(http, entered, order);
	if (!order.signal?.aborted) return rendezvous;
	await rendezvous.close();
	return { code: "other", why: "aborted" };
}

/** See `askOffers`. */
export async function askServerBy(
	ports: Pick<RendezvousPorts, "http">,
	order: Pick<RendezvousOrder, "url" | "token" | "authorities">,
): Promise<Offered | SignallingFailure> {
	const entry = readOrder(order);
	if (!("role" in entry)) return entry;
	const { url } = entry;
	const http = ports.http({ url, token: order.token, authorities: order.authorities });
	const answer = await http.post(`${RENDEZVOUS_PATH}/offers`, {});
	http.close();
	if (!("json" in answer)) return answer;
	const failure = refusalOf(answer, entry, order);
	return failure ?? readOffersJson(answer.json, hostOfUrl(url)) ?? notRendezvous(url, answer);
}

function readOrder(order: RendezvousOrder): Entry | SignallingFailure {
	if (!URL.canParse(order.url)) return { code: "badUrl", url: order.url };
	const url = new URL(order.url);
	const isPlain = url.username === "" && url.password === "";
	if (!["http:", "https:"].includes(url.protocol) || !isPlain) return { code: "badUrl", url: order.url };
	if (order.token !== undefined && !/^[\x21-\x7e]+$/.test(order.token))
		return { code: "unauthorized", url: url.href, shown: true };
	const joins = order.code !== undefined;
	const code = order.code === undefined ? order.choose && readChosenCode(order.choose) : readCode(order.code);
	if (code && "why" in code) return code;
	return { url, code: code || null, role: joins ? "controlled" : "controlling" };
}

/** A seat in a room. */
interface Entered {
	readonly entered: ReadRoom;
	readonly code: MeetingCode;
	readonly role: IceRole;
	readonly seat: string;
	readonly channel: SealedChannel;
	/** The joiner's first payload: its share and confirmation; null: this end made the room. */
	readonly first: string | null;
}

async function enter(
	{ random, aead }: RendezvousPorts,
	http: RendezvousHttp,
	entry: Entry,
	order: RendezvousOrder,
): Promise<Entered | SignallingFailure> {
	const { url, role, code } = entry;
	const seat = formatBase64Url(random(24));
	const password = code?.password ?? codePassword(random(2));
	const makeChannel = () => new SealedChannel({ role, password, random: random(48), aead });
	let channel: SealedChannel;
	let answer: HttpAnswer | HttpFailure;
	if (role === "controlled") {
		const asked = persist(http, `/rooms/${code?.room}/join`, { seat }, order.signal);
		// While the answer is on its way.
		channel = makeChannel();
		answer = await asked;
	} else {
		channel = makeChannel();
		answer = await persist(http, "/rooms", { room: code?.room ?? null, seat, share: channel.share }, order.signal);
	}
	if (!("json" in answer)) return answer;
	const failure = refusalOf(answer, entry, order);
	if (failure !== null) return failure;
	const entered = readRoomJson(answer.json, hostOfUrl(url));
	if (entered === null || (code !== null && entered.room !== code.room)) return notRendezvous(url, answer);
	const first = role === "controlled" ? channel.answer(entered.room, entered.share ?? "") : null;
	if (first === null && role === "controlled") return { code: "tampered", room: entered.room };
	const said = code ?? { text: `${entered.room}-${password}`, room: entered.room, password };
	return { entered, code: said, role, seat, channel, first };
}

/** Posts until there is an answer. Entering twice with one seat is the same as once. */
async function persist(
	http: RendezvousHttp,
	path: string,
	body: object,
	signal: AbortSignal | undefined,
): Promise<HttpAnswer | HttpFailure> {
	for (let tries = 1; ; tries++) {
		const answer = await http.post(`${RENDEZVOUS_PATH}${path}`, body);
		if (tries === TRIES || signal?.aborted) return answer;
		if (!("json" in answer)) {
			if (answer.code !== "unreachable" || answer.why !== "ECONNRESET") return answer;
		} else if (answer.status === 429 && (answer.retryAfterSeconds ?? 0) <= LONGEST_RETRY_SECONDS)
			await new Promise((resolve) => setTimeout(resolve, (answer.retryAfterSeconds ?? 1) * 1_000));
		else return answer;
	}
}

function rendezvousOf(http: RendezvousHttp, seated: Entered, order: RendezvousOrder): Rendezvous {
	const { entered, code, role, seat, channel, first } = seated;
	const { patienceMs = PATIENCE_MS, signal } = order;
	const place = { url: order.url, room: entered.room, seat, role, patienceMs };
	const session = new RoomSession({ http, channel, first, ...place });
	const close = () => session.close();
	signal?.addEventListener("abort", close, { once: true });
	return {
		...{ code: code.text, role, offered: entered.offered, expiresAt: entered.expiresAt },
		signalling: (listener) => {
			// From now on it is for its holder to close, who has a goodbye to say first.
			signal?.removeEventListener("abort", close);
			session.begin(listener);
			return session;
		},
		close,
	};
}

/** Null: it is none. */
function refusalOf(
	{ status, json, retryAfterSeconds }: HttpAnswer,
	{ url, code }: Pick<Entry, "url" | "code">,
	{ token }: Pick<RendezvousOrder, "token">,
): SignallingFailure | null {
	if (status === 200 || status === 201) return null;
	const error = (json as { readonly error?: unknown } | null)?.error;
	const room = code?.room ?? "";
	if (status === 401) return { code: "unauthorized", url: url.href, shown: token !== undefined };
	if (error === "noSuchRoom" || error === "roomTaken" || error === "roomFull") return { code: error, room };
	if (error === "closing") return { code: "serverEnded", url: url.href };
	if (status === 429 || status === 503) return { code: "busy", url: url.href, retryAfterSeconds };
	return { code: "notRendezvous", url: url.href, status };
}

function notRendezvous(url: URL, { status }: HttpAnswer): SignallingFailure {
	return { code: "notRendezvous", url: url.href, status };
}
