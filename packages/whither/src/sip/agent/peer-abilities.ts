import { sipFields, sipValues } from "../message/headers.ts";
import { parseSipWord } from "../message/media-type.ts";
import type { SipMessage } from "../message/message.ts";

/** What the other end of a dialog has said that it can do. */
export class PeerAbilities {
	/** Methods; empty: it has not said. */
	allow: readonly string[] = [];
	supported: readonly string[] = [];
	userAgent: string | null = null;
	/** Info packages that it takes (RFC 6086 §4.2.3); null: it has said nothing at all yet. */
	#infoPackages: readonly string[] | null = null;
	#hasPreconditions = false;

	/** Of a message that concerns the session; what it does not say stays as it was. */
	hear(message: SipMessage): void {
		const [allow, supported] = [sipValues(message, "Allow"), sipValues(message, "Supported")];
		if (allow.length > 0) this.allow = allow;
		if (sipFields(message, "Supported").length > 0) this.supported = supported;
		this.#hasPreconditions ||= [...supported, ...sipValues(message, "Require")].includes("precondition");
		this.userAgent = sipFields(message, "User-Agent")[0] ?? sipFields(message, "Server")[0] ?? this.userAgent;
		if (sipFields(message, "Recv-Info").length > 0) this.#infoPackages = sipValues(message, "Recv-Info");
		else this.#infoPackages ??= [];
	}

	/** Whether UPDATE can be sent: that has to be said (RFC 3311 §5.1), if not by Allow then by preconditions, which stand on it (RFC 3312). */
	get takesUpdate(): boolean {
		return this.allow.includes("UPDATE") || (this.allow.length === 0 && this.#hasPreconditions);
	}

	/** RFC 6086 §4.2.1: no INFO goes to whoever has not said that it takes the package. */
	takesInfo(name: string): boolean {
		return this.#infoPackages?.some((each) => parseSipWord(each)?.word === name.toLowerCase()) ?? false;
	}
}
