/** What the options of a SIP call have to be together, before anything of it is loaded. */
import type { MeetRequestOptions } from "../../api/meet/options.ts";
import { UsageProblem } from "../arguments/values.ts";
import type { MeetFlags } from "./meet-options.ts";

/** A call that is about to be placed or waited for. */
export interface ByCall {
	readonly request: Pick<MeetRequestOptions, "signalling" | "ice" | "media">;
	/** Ends what is left of it; safe to call twice. */
	close(): Promise<void>;
}

/** Options that say something of a call alone. */
const OF_CALLS = [
	...(["call", "ice", "precondition", "sip-proxy", "sip-transport", "sip-port"] as const),
	...(["sip-user", "sip-password-file", "no-register"] as const),
] as const;

/** Whether a call is asked for; throws `UsageProblem` for options that want one. */
export function hasCallFlags(flags: MeetFlags): boolean {
	if (flags.sip !== undefined) return true;
	const lost = OF_CALLS.find((name) => flags[name] !== undefined);
	if (lost !== undefined)
		throw new UsageProblem(`--${lost} is of a SIP call: say who we are, --sip sip:me@example.net`);
	return false;
}

/** Throws `UsageProblem` for what does not go together with a call. `code`: the operand. */
export function checkCallFlags(flags: MeetFlags, code: string | undefined): void {
	if (code !== undefined)
		throw new UsageProblem("CODE is of a rendezvous server; with --sip the other end is --call URI");
	const other = (["code", "copy-paste"] as const).find((name) => flags[name] !== undefined);
	if (other !== undefined) throw new UsageProblem(`Choose one of --sip and --${other}`);
	if (flags["no-register"] === true && flags.call !== undefined)
		throw new UsageProblem("--no-register is for who waits; with --call nobody is registered");
	if (flags["no-register"] === true && flags["sip-proxy"] !== undefined)
		throw new UsageProblem("Choose one of --no-register and --sip-proxy: a proxy knows who is registered");
	if (flags.ice === "first-draft" && flags.policy === "relay")
		throw new UsageProblem("--policy relay is of modern ICE; its first draft tells all addresses");
}
