/** `--sip`: the two ends hear of each other by a SIP call. A file of its own in the bundle. */
import { randomBytes } from "node:crypto";
import { WhitherError } from "../../api/error.ts";
import { TOOL } from "../../api/version.ts";
import { printable } from "../../report/printable.ts";
import type { SipAccount, SipEvent } from "../../sip/agent/agent-io.ts";
import type { OpenCallAgent } from "../../sip/call/call-agent.ts";
import { callOptionTags } from "../../sip/call/call-order.ts";
import { sipSignalling } from "../../sip/call/sip-signalling.ts";
import { TRICKLE_PACKAGE } from "../../sip/call/trickling.ts";
import { parseSipUri, sipUriParameter } from "../../sip/message/uri.ts";
import { openSip } from "../../sip/open-sip.ts";
import type { SipOrder, SipUser } from "../../sip/sip-io.ts";
import { hopSentence, sipTransportSentence } from "../../sip/transport/words.ts";
import { UsageProblem } from "../arguments/values.ts";
import { readCertificates, readFirstLine } from "../read-pem.ts";
import { withoutPassword } from "../shown-words.ts";
import { newsTo, waitingLines } from "./call-news.ts";
import { Held } from "./held.ts";
import type { ByCall } from "./meet-call-flags.ts";
import type { MeetFlags } from "./meet-options.ts";

/** Where a password may stand that is not to be seen in the list of processes. */
const PASSWORD_VARIABLE = "WHITHER_SIP_PASSWORD";
/** Where others call whom no registrar knows (RFC 3261 §19.1.2). */
const SIP_PORT = 5060;
/** Decimal digits of `o=` (RFC 8866 §5.2) that nobody else has. */
const SESSION_BYTES = 6;

/** Opens our side of it; `say`: a line for the person in front of it. Throws where it cannot be opened. */
export async function bySip(flags: MeetFlags, say: (line: string) => void): Promise<ByCall> {
	const { ice = "modern", precondition = false } = flags;
	const own = uriOf(flags.sip ?? "", "--sip");
	const to = flags.call === undefined ? undefined : over(uriOf(flags.call, "--call"), flags);
	const registers = to === undefined && flags["no-register"] !== true;
	const [user, listen] = await opened(orderOf(flags, own, ice), say);
	const openAgent: OpenCallAgent = (tell) => {
		if (to === undefined && !registers) for (const line of waitingLines(own, user.local)) say(line);
		return listen(tell);
	};
	const signalling = sipSignalling({
		...{ own, ice, precondition, openAgent, register: registers },
		...(to === undefined ? {} : { to }),
		sessionId: String(randomBytes(SESSION_BYTES).readUIntBE(0, SESSION_BYTES)),
		time: { now: () => performance.now(), after },
		tell: newsTo(say),
	});
	const kind = ice === "first-draft" ? ice : "modern";
	return { request: { signalling, ice: kind, media: true }, close: () => user.close() };
}

/** What the agent tells before somebody listens is kept: a call may come while STUN and relays are still looked for. */
async function opened(order: SipOrder, say: (line: string) => void): Promise<readonly [SipUser, OpenCallAgent]> {
	const events = new Held<SipEvent>();
	const user = await openSip(order, {
		event: events.tell,
		// Whoever connected to us and has gone was not to be reached.
		failed: (hop, why) => {
			if (hop.connection === undefined) say(`  no    ${printable(hopSentence(hop, why))}`);
		},
	});
	if ("code" in user) throw new WhitherError("usage", sipTransportSentence(user), { ...user });
	const listen: OpenCallAgent = (tell) => {
		events.heardBy(tell);
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

function after(delayMs: number, call: () => void): () => void {
	const timer = setTimeout(call, delayMs);
	return () => clearTimeout(timer);
}
