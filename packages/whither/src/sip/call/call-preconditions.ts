/** The connectivity precondition of a call (RFC 5898): nobody's phone rings before both ways are proved. Pure. */
import type { SdpAttribute } from "@whither/wire";
import type { CallPrecondition } from "../../api/meet/signalling/call.ts";
import { type BothWays, NEITHER_WAY, type PreconditionLines, preconditionAttributes } from "../preconditions/lines.ts";
import { failedConnectivity, refusedPreconditions } from "../preconditions/refusing.ts";
import {
	areMandatory,
	arePreconditionsConfirmed,
	beginStatusTable,
	heardPreconditions,
	isProvable,
	provedPreconditions,
	type StatusTable,
} from "../preconditions/status-table.ts";
import { tellPreconditions } from "../preconditions/telling.ts";

/** What checks have shown: whether what we send arrives, and what they send. */
export type ProvedWay = BothWays<boolean>;

/** Of one call, from the first description to the last. */
export class CallPreconditions {
	#table: StatusTable;
	#isRefused = false;
	#proved = NEITHER_WAY;
	/** The other end waits for our word. */
	#tells = false;

	/** `wants`: our own end does not go on without it. */
	constructor(wants: boolean) {
		this.#table = beginStatusTable(wants ? "mandatory" : "none");
	}

	/** One of the ends does not go on without it. */
	get isWanted(): boolean {
		return areMandatory(this.#table);
	}

	/** Both ways are proved by checks of our own. */
	get isProved(): boolean {
		return isBoth(this.#proved);
	}

	/** A check of the other end's has come. */
	get hasHeard(): boolean {
		return this.#proved.receive;
	}

	/** The other end has told what it alone can know. */
	get isConfirmed(): boolean {
		return arePreconditionsConfirmed(this.#table);
	}

	/**
	 * What we have proved is more than we have told to an end that waits for it.
	 *
	 * Deviation: told are both ways at once, and once, for one of them alone lets nobody's phone ring; RFC 3312 §7 has what
	 * was asked for told as soon as that stands, and again where it stands no more. Of other types nothing is ever proved here,
	 * so that there is nothing to tell.
	 */
	get isToBeTold(): boolean {
		const isTold = this.#table.every((row) => !isProvable(row) || isBoth(row.told));
		return this.isWanted && this.#tells && this.isProved && !isTold;
	}

	get state(): CallPrecondition {
		if (!this.isWanted) return "none";
		return this.#isRefused ? "refused" : this.isProved && this.isConfirmed ? "met" : "waiting";
	}

	proved(way: ProvedWay): void {
		this.#proved = way;
		this.#table = provedPreconditions(this.#table, way);
	}

	/** The call is over, as they could not be met or would not be. */
	refused(): void {
		this.#isRefused = true;
	}

	/** A description of the other end's. */
	heard(lines: PreconditionLines, as: "offer" | "answer"): void {
		this.#table = provedPreconditions(heardPreconditions(this.#table, lines), this.#proved);
		if (this.#table.some(({ isRefused }) => isRefused)) this.#isRefused = true;
		// Whoever answers that it is mandatory does not ring before our word, whether or not it asks for it.
		const asks = lines.confirm.length > 0 || (as === "answer" && this.isWanted);
		if (asks) this.#tells = true;
	}

	/** What our next description says of it; `asks`: that we want to be told, as answers do. */
	lines(asks: boolean): readonly SdpAttribute[] {
		if (!this.isWanted) return [];
		const { lines, table } = tellPreconditions(this.#table, { asks });
		this.#table = table;
		return preconditionAttributes(lines);
	}
}

/** What refuses an offer whose preconditions cannot be met (RFC 3312 §8): those that nobody can here, or connectivity. */
export function failedPreconditions(offer: PreconditionLines): readonly SdpAttribute[] {
	const refused = refusedPreconditions(offer);
	return preconditionAttributes(refused.desired.length > 0 ? refused : failedConnectivity());
}

function isBoth({ send, receive }: ProvedWay): boolean {
	return send && receive;
}
