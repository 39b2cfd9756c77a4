/** Judges how two ends came together. */
import type { AssertionName, Expectations } from "./check-file.ts";
import { type Finding, finding, milliseconds } from "./finding.ts";
import type { MeetFacts } from "./saved-run.ts";

/** One assertion of a meeting. */
export function judgeMeeting(name: AssertionName, expect: Expectations, meet: MeetFacts): Finding {
	const { selected, connected, connectedMs } = meet;
	const pair = selected === null ? null : `${selected.local}/${selected.remote}`;
	const none = "there was no pair";
	switch (name) {
		case "connected": {
			const asked = expect.connected ?? true;
			const why = meet.why === "" ? "" : ` (${meet.why.replace(/\.$/, "")})`;
			const found = `${connected ? "there was one" : none}${why}`;
			return finding(connected === asked, `asked for ${asked ? "a connection" : "no connection"}, and ${found}`);
		}
		case "pairType": {
			const asked = expect.pairType ?? [];
			const fits = selected !== null && asked.some((type) => isPair(type, selected));
			return finding(fits, `asked for a pair ${asked.join(" or ")}, measured ${pair ?? none}`);
		}
		case "protocol":
			return finding(
				selected?.protocol === expect.protocol,
				`asked for ${expect.protocol}, measured ${selected?.protocol ?? none}`,
			);
		case "connectMs": {
			const asked = expect.connectMs ?? 0;
			const fits = connectedMs !== null && connectedMs <= asked;
			const found = connectedMs === null ? none : `${milliseconds(connectedMs)} ms`;
			return finding(fits, `asked for a connection within ${asked} ms, measured ${found}`);
		}
		default: {
			const asked = expect.relay ?? false;
			if (selected === null) return finding(false, `asked for a pair ${asked ? "by" : "without"} a relay, and ${none}`);
			const isRelayed = selected.local === "relay" || selected.remote === "relay";
			return finding(isRelayed === asked, `asked for a pair ${asked ? "by" : "without"} a relay, measured ${pair}`);
		}
	}
}

function isPair(asked: string, { local, remote }: { readonly local: string; readonly remote: string }): boolean {
	const [mine, theirs] = asked.split("/");
	return (mine === "*" || mine === local) && (theirs === "*" || theirs === remote);
}
