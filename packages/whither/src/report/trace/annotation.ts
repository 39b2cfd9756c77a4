/** The marks of traceroute(8) after a round trip: `!N`, `!H`, `!F-1400` and so on (ICMP types: RFC 792, 1812, 4443). */
import type { Family, ProbeResult } from "@whither/core";

interface MarkTable {
	/** ICMP type of Destination Unreachable, and of Time Exceeded. */
	readonly unreachable: number;
	readonly timeExceeded: number;
	/** Type of the message that carries a next-hop MTU, where it is one of its own. */
	readonly tooBig: number | null;
	/** Unreachable code -> mark; "" is the port code, which needs none. */
	readonly codes: Readonly<Record<number, string>>;
}

const MARKS: Readonly<Record<Family, MarkTable>> = {
	4: {
		unreachable: 3,
		timeExceeded: 11,
		tooBig: null,
		codes: {
			0: "!N",
			1: "!H",
			2: "!P",
			3: "",
			4: "!F",
			5: "!S",
			6: "!N",
			7: "!H",
			8: "!N",
			9: "!X",
			10: "!X",
			11: "!N",
			12: "!H",
			13: "!X",
			14: "!V",
			15: "!C",
		},
	},
	6: {
		unreachable: 1,
		timeExceeded: 3,
		tooBig: 2,
		codes: { 0: "!N", 1: "!X", 2: "!H", 3: "!H", 4: "" },
	},
};

/** The mark of one probe's answer, or "" where traceroute(8) prints none (time exceeded, port unreachable, any answer that is not ICMP). */
export function annotation(family: Family, probe: ProbeResult): string {
	const reply = probe.reply;
	if (probe.status === "sendError") return probe.error?.code === "messageTooLong" ? `!F-${probe.error.mtu ?? 0}` : "";
	if (!reply?.icmp || reply.kind === "echoReply") return "";
	return icmpMark(MARKS[family], reply.icmp, reply.mtu);
}

function icmpMark(marks: MarkTable, icmp: { type: number; code: number }, mtu: number | null): string {
	const { type, code } = icmp;
	if (type === marks.timeExceeded && code === 0) return "";
	if (type === marks.tooBig) return `!F-${mtu ?? 0}`;
	if (type !== marks.unreachable) return `!<${type}-${code}>`;
	const mark = marks.codes[code] ?? `!<${code}>`;
	return mark === "!F" ? `!F-${mtu ?? 0}` : mark;
}
