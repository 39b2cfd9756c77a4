/** What all TCP of simulated machines writes alike: options on their boundaries, the timestamp clock, whole packets. */
import { type Instant, MILLISECOND } from "@whither/core";
import { encodeTcp, IP_PROTOCOL, type TcpFields, type TcpHeader, type TcpOption } from "@whither/wire";
import { buildPacket, type IpFields } from "./packet.ts";
import { SYN_WINDOW } from "./syn-options.ts";

/** A segment's own fields; the window is one for all, unless it is given. */
export type SegmentFields = Omit<TcpFields, "family" | "source" | "destination" | "urgentPointer">;

const NOTHING = new Uint8Array(0);
const NO_OPERATION: TcpOption = { name: "noOperation", kind: 1, value: null };

/** A header's option of one name; undefined where it has none. */
export function findOption<Name extends TcpOption["name"]>({ options }: Pick<TcpHeader, "options">, name: Name) {
	return options.find((option): option is Extract<TcpOption, { name: Name }> => option.name === name);
}

/** Timestamps or SACK blocks behind two bytes of padding, their numbers on a boundary (RFC 7323 appendix A). */
export function alignedOption(option: TcpOption): readonly TcpOption[] {
	return [NO_OPERATION, NO_OPERATION, option];
}

/** The TSval of a clock of milliseconds (RFC 7323 section 4.1); every connection has an offset of its own. */
export function timestampValue(offset: number, at: Instant): number {
	return (offset + Math.floor(at / MILLISECOND)) >>> 0;
}

/** A whole IP packet with a segment in it. */
export function tcpPacket(
	ip: Omit<IpFields, "protocol">,
	fields: SegmentFields,
	payload: Uint8Array = NOTHING,
): Uint8Array {
	const { family, source, destination } = ip;
	const segment = encodeTcp({ family, source, destination, window: SYN_WINDOW, ...fields }, payload);
	return buildPacket({ ...ip, protocol: IP_PROTOCOL.tcp }, segment);
}
