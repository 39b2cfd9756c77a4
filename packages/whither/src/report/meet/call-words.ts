/** Words for how a call goes that carries a meeting. */
import type { MeetCall } from "../../api/meet/signalling/call.ts";
import { printable } from "../printable.ts";

/** One line, without its end; the same where nothing has changed that people would hear. */
export function callLine(call: MeetCall): string {
	const { direction, peer, status, ringMs } = call;
	const who = printable(peer);
	if (status !== null) return answeredLine(call, status);
	if (ringMs !== null) return direction === "out" ? `It rings at ${who}` : "Ringing";
	const first = direction === "out" ? `Calling ${who}` : `${who} calls`;
	if (call.precondition === "met") return "Both ways are proved: it may ring";
	return call.precondition === "waiting" ? `${first}; it is not to ring before media can flow both ways` : first;
}

function answeredLine({ direction, peer, precondition }: MeetCall, status: number): string {
	const who = printable(peer);
	const proved = precondition === "met" ? ", after both ways were proved" : "";
	if (status < 300) return direction === "out" ? `${who} has taken the call${proved}` : `The call is taken${proved}`;
	return direction === "out" ? `${who} has refused the call (${status})` : `The call is refused (${status})`;
}
