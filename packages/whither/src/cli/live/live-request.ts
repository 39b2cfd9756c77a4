/** From the parsed flags of `live` to the library's options, and to the screen's. */
import { readFileSync } from "node:fs";
import { asciiName } from "../../api/domain-name.ts";
import type { LiveRequestOptions } from "../../api/live/options.ts";
import { tosByte } from "../../api/options.ts";
import type { IpInfo, Model } from "../../screen/model/model.ts";
import type { Charset } from "../../screen/views/glyphs.ts";
import { UsageProblem } from "../arguments/values.ts";
import { interruptibly } from "../signals.ts";
import type { LiveFlags } from "./live-options.ts";

/** What is written instead of a screen. */
export type LiveFormat = "report" | "wide" | "json" | "csv" | "xml" | "raw";

/** The demonstration's target, unless another of its nodes is named. */
const DEMO_HOST = "server.frankfurt";

/** Hosts of operands and of --filename. */
export function hostsOf({ filename, demo }: LiveFlags, operands: readonly string[]): readonly string[] {
	const listed = filename === undefined ? [] : readHosts(filename);
	const hosts = [...operands, ...listed];
	if (hosts.length === 0 && demo === true) return [DEMO_HOST];
	if (hosts.length === 0) throw new UsageProblem("Which host? `whither live HOST` watches the path to it");
	if (hosts.length > MOST_HOSTS) throw new UsageProblem(`${MOST_HOSTS} hosts at most, not ${hosts.length}`);
	return hosts.map((host) => asciiName(host) ?? host);
}

/** More are a scan, and no screen shows them. */
const MOST_HOSTS = 64;

/** As mtr reads them: one a line; what begins with # is a comment. */
function readHosts(file: string): readonly string[] {
	try {
		const text = interruptibly(() => readFileSync(file === "-" ? 0 : file, "utf8"));
		return text.split("\n").flatMap((line) => {
			const host = line.trim();
			return host === "" || host.startsWith("#") ? [] : [host];
		});
	} catch (thrown) {
		throw new UsageProblem(`--filename: ${file} cannot be read: ${(thrown as Error).message}`);
	}
}

const FORMAT_FLAGS = [
	["report", "report"],
	["report-wide", "wide"],
	["json", "json"],
	["csv", "csv"],
	["xml", "xml"],
	["raw", "raw"],
] as const;

/** The format that the flags agree on; null: a screen, where there can be one. */
export function liveFormatOf(flags: LiveFlags): LiveFormat | null {
	const asked = FORMAT_FLAGS.filter(([name]) => flags[name] === true).map(([, format]) => format);
	// mtr takes both, and -w is the same with more room; and its -r beside a format says nothing new.
	const plain = asked.filter((format) => format !== "report" || asked.length === 1);
	const [format, another] = plain;
	if (another !== undefined) throw new UsageProblem(`Choose one format, not ${plain.join(" and ")}`);
	return format ?? null;
}

const METHOD_FLAGS = [
	["udp", ["udp"]],
	["icmp", ["icmp"]],
	["tcp", ["tcp", "tcpconnect"]],
	["sctp", ["sctp"]],
	["quic", ["quic"]],
	["stun", ["stun"]],
] as const;

function methodOf(flags: LiveFlags): readonly string[] | undefined {
	const asked = METHOD_FLAGS.filter(([name]) => flags[name] === true);
	const names = [...asked.map(([name]) => `--${name}`), ...(flags.method === undefined ? [] : ["--method"])];
	if (names.length > 1) throw new UsageProblem(`Choose one method, not ${names.join(" and ")}`);
	return flags.method === undefined ? asked[0]?.[1] : [flags.method];
}

/** The library's options; throws `UsageProblem` for flags that contradict each other. */
export function liveRequestOf(flags: LiveFlags): LiveRequestOptions {
	if (flags.ipv4 && flags.ipv6) throw new UsageProblem("Choose one of -4 and -6, or leave both out");
	if (flags.tos !== undefined && flags.dscp !== undefined)
		throw new UsageProblem("Choose one of --tos and --dscp: the one is a part of the other");
	return {
		method: methodOf(flags),
		methodOptions: flags.options,
		family: flags.ipv4 ? 4 : flags.ipv6 ? 6 : undefined,
		port: flags.port,
		length: flags.psize,
		firstTtl: flags["first-ttl"],
		maxTtl: flags["max-ttl"],
		maxSilentHops: flags["max-unknown"],
		source: flags.address,
		interface: flags.interface,
		fwmark: flags.mark,
		tos: flags.tos,
		dscp: flags.dscp,
		sourcePort: flags.localport,
		intervalMs: flags.interval,
		rounds: flags["report-cycles"],
		waitMs: flags.timeout,
	};
}

/** The DSCP that packets leave with. */
export function dscpOf({ tos, dscp }: LiveFlags): number {
	return tosByte({ tos, dscp }) >> 2;
}

/** Whether a report is to have a column of autonomous systems. */
export function wantsAs({ aslookup, ipinfo }: LiveFlags): boolean {
	return aslookup === true || ipinfo === 0;
}

/** Who is asked for a report: nobody for what it has no place for. */
export function reportLookups(flags: LiveFlags): Pick<LiveRequestOptions, "names" | "asLookup"> {
	return { names: flags["no-dns"] !== true, asLookup: wantsAs(flags) && (flags["as-server"] ?? true) };
}

/** What was asked for that the screen alone shows, in a sentence; null: nothing. */
export function screenOnly(flags: LiveFlags): string | null {
	const { ipinfo = 0 } = flags;
	const asked = [
		...(ipinfo > 0 ? [`--ipinfo ${ipinfo}`] : []),
		...(flags["as-names"] === undefined ? [] : ["--as-names"]),
	];
	return asked.length === 0 ? null : `A report leaves ${asked.join(" and ")} out, which the screen alone shows`;
}

const IP_INFOS: readonly IpInfo[] = ["asn", "prefix", "country", "registry", "allocated"];
const DISPLAY_MODES = ["figures", "answers", "roundTrips"] as const;

/** How the screen begins. */
export function liveModelOf(flags: LiveFlags): Partial<Model> {
	const { ipinfo, aslookup, order, displaymode = 0, interval, privacy } = flags;
	return {
		ipInfo: ipinfo === undefined ? (aslookup === true ? "asn" : null) : (IP_INFOS[ipinfo] ?? null),
		displayMode: DISPLAY_MODES[displaymode] ?? "figures",
		names: flags["no-dns"] !== true,
		addresses: flags["show-ips"] === true,
		mpls: flags.mpls === true,
		charset: charsetOf(flags),
		privacy: privacy ?? 0,
		...(order === undefined ? {} : { columns: order }),
		...(interval === undefined ? {} : { intervalMs: interval }),
	};
}

/** What pictures are made of: asked for, or what the locale has. */
export function charsetOf({ ascii }: Pick<LiveFlags, "ascii">): Charset {
	return ascii === true || !isUnicode() ? "ascii" : "unicode";
}

/** Whether the locale's characters are Unicode's; where nothing is said, terminals of today are taken for able. */
function isUnicode(): boolean {
	const { LC_ALL = "", LC_CTYPE = "", LANG = "" } = process.env;
	const locale = [LC_ALL, LC_CTYPE, LANG].find((value) => value !== "") ?? "";
	return locale === "" || /utf-?8/i.test(locale);
}
