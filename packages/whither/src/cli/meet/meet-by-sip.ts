/** `--sip`: the two ends hear of each other by a SIP call. A file of its own in the bundle. */
import { randomBytes } from "node:crypto";
import { formatEndpoint } from "@whither/wire";
import { WhitherError } from "../../api/error.ts";
import { callProblemWords } from "../../api/meet/words/signalling.ts";
import { TOOL } from "../../api/version.ts";
import { printable } from "../../report/printable.ts";
import type { SipAccount, SipEvent } from "../../sip/agent/agent-io.ts";
import { type CallNews, callOptionTags } from "../../sip/call/call-order.ts";
import { sipSignalling } from "../../sip/call/sip-signalling.ts";
import { TRICKLE_PACKAGE } from "../../sip/call/trickling.ts";
import { parseSipUri, sipUriParameter } from "../../sip/message/uri.ts";
import { openSip } from "../../sip/open-sip.ts";
import type { SipOrder, SipUser } from "../../sip/sip-io.ts";
import type { SipHop } from "../../sip/transport/hop.ts";
import { hopSentence, sipTransportSentence } from "../../sip/transport/words.ts";
import { UsageProblem } from "../arguments/values.ts";
import { readCertificates, readFirstLine } from "../read-pem.ts";
import { withoutPassword } from "../shown-words.ts";
import type { ByCall } from "./meet-call-flags.ts";
import type { MeetFlags } from "./meet-options.ts";

/** Where a password may stand that is not to be seen in the list of processes. */
const PASSWORD_VARIABLE = "WHITHER_SIP_PASSWORD";
/** Where others call whom no registrar knows (RFC 3261 §19.1.2). */
const SIP_PORT = 5060;
/** Decimal digits of `o=` (RFC 8866 §5.2) that nobody else has. */
const SESSION_BYTES = 6;

/** Opens our side of it; `say`: what the person in front of it reads. Throws where it cannot be opened. */
export async function bySip(flags: MeetFlags, say: (text: string) => void): Promise<ByCall> {
	const { ice = "modern", precondition = false } = flags;
	const own = uriOf(flags.sip ?? "", "--sip");
	const to = flags.call === undefined ? undefined : over(uriOf(flags.call, "--call"), flags);
	const registers = to === undefined && flags["no-register"] !== true;
	const [user, listen] = await opened(orderOf(flags, own, ice), say);
	if (to === undefined && !registers) say(waitingWords(own, user.local));
	const signalling = sipSignalling({
		...{ own, ice, precondition, openAgent: listen, register: registers },
		...(to === undefined ? {} : { to }),
		sessionId: String(randomBytes(SESSION_BYTES).readUIntBE(0, SESSION_BYTES)),
		time: { now: () => performance.now(), after },
		tell: newsTo(say),
	});
	const kind = ice === "first-draft" ? ice : "modern";
	return { request: { signalling, ice: kind, media: true }, close: () => user.close() };
}

/** What the agent tells before somebody listens is kept. */
async function opened(
	order: SipOrder,
	say: (text: string) => void,
): Promise<readonly [SipUser, (tell: (event: SipEvent) => void) => SipUser]> {
	let tell = (_event: SipEvent): void => {};
	const user = await openSip(order, {
		event: (event) => tell(event),
		// Whoever connected to us and has gone was not to be reached.
		failed: (hop, why) => {
			if (hop.connection === undefined) say(`  no    ${printable(hopSentence(hop, why))}\n`);
		},
	});
	if ("code" in user) throw new WhitherError("usage", sipTransportSentence(user), { ...user });
	const listen = (told: (event: SipEvent) => void): SipUser => {
		tell = told;
		return user;
	};
	return [user, listen];
}

function orderOf(flags: MeetFlags, own: string, ice: NonNullable<MeetFlags["ice"]>): SipOrder {
	const { ipv4, ipv6, ca } = flags;
	const transport = flags["sip-transport"];
	const port = flags["sip-port"] ?? (flags["no-register"] === true ? SIP_PORT : 0);
	const sockets =
		transport === undefined ? (["udp", "tcp"] as const) : ([transport === "udp" ? "udp" : "tcp"] as const);
	return {
		account: accountOf(flags, own),
		product: `${TOOL.name}/${TOOL.version}`,
		supported: callOptionTags(ice),
		...(ice === "trickle" ? { infoPackages: [TRICKLE_PACKAGE] } : {}),
		places: sockets.map((each) => ({ transport: each, address: null, port })),
		...(ipv4 || ipv6 ? { families: [ipv6 ? 6 : 4] } : {}),
		...(ca === undefined ? {} : { tls: { authorities: readCertificates(ca, "--ca") } }),
	};
}

function accountOf(flags: MeetFlags, own: string): SipAccount {
	const [username, file, proxy] = [flags["sip-user"], flags["sip-password-file"], flags["sip-proxy"]];
	const said = process.env[PASSWORD_VARIABLE] ?? "";
	const password = file === undefined ? said : readFirstLine(file, "--sip-password-file");
	const first = proxy === undefined ? registrarOf(flags, own) : over(uriOf(proxy, "--sip-proxy"), flags);
	return {
		address: own,
		...(username === undefined ? {} : { username }),
		...(password === "" ? {} : { password }),
		...(first === undefined ? {} : { outboundProxy: first }),
	};
}

/** The registrar is asked over what was said, where nothing else is. */
function registrarOf(flags: MeetFlags, own: string): string | undefined {
	if (flags["sip-transport"] === undefined || flags.call !== undefined) return undefined;
	return over(own.replace(/^(sips?:)[^@]*@/i, "$1"), flags);
}

/** The URI as it is asked for by --sip-transport, unless it says so itself. */
function over(uri: string, flags: MeetFlags): string {
	const transport = flags["sip-transport"];
	const parsed = parseSipUri(uri);
	if (transport === undefined || parsed === null || sipUriParameter(parsed, "transport") !== null) return uri;
	const [front = "", ...headers] = uri.split("?");
	return [`${front};transport=${transport}`, ...headers].join("?");
}

/** `me@example.net` is a SIP URI too. */
function uriOf(text: string, option: string): string {
	const uri = /^sips?:/i.test(text) ? text : `sip:${text}`;
	const parsed = parseSipUri(uri);
	// A password in it, or another scheme before it: mailto:me@example.net is a user and a password too.
	if (parsed !== null && parsed.password !== null)
		throw new UsageProblem(`${option} wants a SIP address without a colon before the @, such as sip:me@example.net`);
	if (parsed === null)
		throw new UsageProblem(`${option} wants a SIP address, such as sip:me@example.net, not "${withoutPassword(text)}"`);
	return uri;
}

function waitingWords(own: string, local: readonly SipHop[]): string {
	const user = parseSipUri(own)?.user ?? null;
	const places = local
		.filter(({ transport }) => transport !== "tls")
		.map((hop) => `  sip:${user === null ? "" : `${user}@`}${formatEndpoint(hop)};transport=${hop.transport}`);
	return `Waiting for a call to\n${places.join("\n")}\n`;
}

/** So that whoever rings without end does not fill a terminal. */
const MOST_NOT_TAKEN = 10;

function newsTo(say: (text: string) => void): (news: CallNews) => void {
	let notTaken = 0;
	return (news) => {
		if (news.kind === "notTaken") notTaken++;
		if (notTaken > MOST_NOT_TAKEN + 1 && news.kind === "notTaken") return;
		const isOneTooMany = news.kind === "notTaken" && notTaken > MOST_NOT_TAKEN;
		say(`${isOneTooMany ? "More calls are not taken, and not told of" : newsWords(news)}\n`);
	};
}

function newsWords(news: CallNews): string {
	if (news.kind === "registered") return `Registered as ${printable(news.own)}: waiting for a call`;
	return `A call of ${printable(news.from)} was not taken (${news.status}): ${printable(whyWords(news.why))}`;
}

function whyWords(why: string): string {
	const words = callProblemWords(why);
	return words === null ? why : `its phone says ${words}`;
}

function after(delayMs: number, call: () => void): () => void {
	const timer = setTimeout(call, delayMs);
	return () => clearTimeout(timer);
}
