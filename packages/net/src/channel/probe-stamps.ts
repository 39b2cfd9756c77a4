/** The transmit stamps of one socket's probes: how they are asked for, and which probe each is of. */
import { release } from "node:os";
import type { Instant } from "@whither/core";
import type { Clock } from "../clock.ts";
import { SCM_TS_OPT_ID, SO_TIMESTAMPING, SOF_TIMESTAMPING_TX_SOFTWARE, SOL_SOCKET } from "../native/constants.ts";
import type { ControlFacts } from "../native/control.ts";
import { ERRNO } from "../native/errno.ts";
import type { ControlMessage } from "../native/message-batch.ts";
import { setOption } from "../native/socket.ts";
import type { Workspace } from "../native/workspace.ts";
import { stampOption } from "./socket-options.ts";
import { type SentProbe, StampLedger } from "./stamp-ledger.ts";

/** The socket that is stamped. `every`: all that it sends; `asked`: only packets that ask for it, so that others cost nothing. */
export interface StampedSocket {
	readonly workspace: Workspace;
	readonly fd: number;
	readonly stamps: "every" | "asked";
}

/** A probe's transmit stamp. */
export interface ProbeStamp<Probe extends SentProbe> {
	readonly probe: Probe;
	readonly at: Instant;
}

/** Whether this kernel lets the sender name the ids of transmit stamps (SCM_TS_OPT_ID, Linux 6.13). */
let senderNamesIds = kernelIsAtLeast(6, 13);

function kernelIsAtLeast(major: number, minor: number): boolean {
	const [have = 0, haveMinor = 0] = release().split(".", 2).map(Number);
	return have > major || (have === major && haveMinor >= minor);
}

/** Turns stamps on, and keeps the books on them. */
export class ProbeStamps<Probe extends SentProbe> {
	readonly #socket: StampedSocket;
	readonly #ledger = new StampLedger<Probe>();
	#named = senderNamesIds;
	#sentAny = false;

	constructor(socket: StampedSocket) {
		this.#socket = socket;
		this.#set({ numbered: true });
	}

	/** The kernel counts stamps itself, and a send that failed may have taken a number. */
	get counted(): boolean {
		return !this.#named;
	}

	/** What one packet is sent with so that its stamp comes back under this id. */
	controls(id: number): readonly ControlMessage[] {
		const name = { level: SOL_SOCKET, type: SCM_TS_OPT_ID, value: id };
		const named = this.#named ? [name] : [];
		if (this.#socket.stamps === "every") return named;
		return [{ level: SOL_SOCKET, type: SO_TIMESTAMPING, value: SOF_TIMESTAMPING_TX_SOFTWARE }, ...named];
	}

	/** Notes a probe that left. */
	left(id: number, probe: Probe): void {
		this.#sentAny = true;
		this.#ledger.record(this.#named ? id : null, probe);
	}

	/** A send failed; what waited in the error queue has been read. */
	attemptFailed(): void {
		if (this.#named) return;
		// The kernel counts from 0 whenever numbering is turned on.
		this.#set({ numbered: false });
		this.#set({ numbered: true });
		this.#ledger.restart();
	}

	/** True when this kernel turns out not to let senders name their stamps' ids: messages are to be made anew without. */
	mustNotName(errno: number): boolean {
		if (errno !== ERRNO.EINVAL || !this.#named || this.#sentAny) return false;
		this.#named = false;
		senderNamesIds = false;
		return true;
	}

	/**
	 * Whose stamp an entry of the error queue is; null when nobody knows or it cannot be true. `clockOf`: the clock that the
	 * probe was sent by.
	 */
	take({ stamp, error }: ControlFacts, clockOf: (probe: Probe) => Clock): ProbeStamp<Probe> | null {
		if (stamp === null || error === null) return null;
		const sent = this.#ledger.find(error.data);
		if (sent === undefined) return null;
		const clock = clockOf(sent);
		const at = clock.fromRealtime(stamp.seconds, stamp.nanoseconds);
		const probe = this.#ledger.take(error.data, at, clock.now());
		return probe === null ? null : { probe, at };
	}

	#set(want: { readonly numbered: boolean }): void {
		const { workspace, fd, stamps } = this.#socket;
		const [plain, numbered] = stamps === "every" ? (["send", "sendIds"] as const) : (["receive", "askedIds"] as const);
		setOption(workspace, fd, stampOption(want.numbered ? numbered : plain));
	}
}
