import type { StunItem } from "@whither/wire";
import { type Instant, SECOND } from "../../machine.ts";
import { TURN_LIFETIMES } from "../lifetimes.ts";
import type { TurnRefusal } from "./client-io.ts";
import { isPassing, type TurnFailure } from "./failure.ts";
import type { Outlet } from "./outlet.ts";
import { type RefusedEnd, type RequestEnd, type Requests, refusalOf } from "./requests.ts";

/** Peers in one CreatePermission: with 24 bytes for each of IPv6 and the credentials it stays below 1200 bytes. */
const MOST_PEERS = 32;

/** All are renewed so long after the oldest of them was granted: a lost answer leaves a minute for others. */
const RENEWED_AFTER = 240 * SECOND;

const LASTS = TURN_LIFETIMES.permissionSeconds * SECOND;

/** Until a request is made again that failed for a passing reason. */
export const ASK_AGAIN_AFTER = 5 * SECOND;

/** Packets kept of those that left right behind the first request. */
const MOST_HELD = 16;

/** What a server says of a request of which one peer alone may be at fault. */
const ABOUT_ONE: ReadonlySet<TurnFailure> = new Set([
	"badRequest",
	"forbidden",
	"familyMismatch",
	"insufficientCapacity",
]);

interface Permission {
	readonly address: string;
	state: "asked" | "granted" | "refused";
	/** When the server's timer may have begun. */
	grantedAt: Instant;
	/** When it is to be asked for again. */
	dueAt: Instant;
	asking: boolean;
	/** Indications that left before anybody knew of the permission. */
	held: Uint8Array[];
}

/** Who may send to us, by address: asked for by many at once, and kept alive (RFC 8656 §9, §10). */
export class Permissions {
	readonly #requests: Requests;
	readonly #outlet: Outlet;
	readonly #byAddress = new Map<string, Permission>();
	#asked = 0;
	/** Not after the first of them is due: it may say so for one that has gone since. */
	#dueAt: Instant = Number.POSITIVE_INFINITY;

	constructor(requests: Requests, outlet: Outlet) {
		this.#requests = requests;
		this.#outlet = outlet;
	}

	/** When some are to be renewed. */
	get dueAt(): Instant {
		return this.#dueAt;
	}

	stateOf(address: string): Permission["state"] | undefined {
		return this.#byAddress.get(address)?.state;
	}

	/** Those that have one, or are asked for, stay as they are. */
	permit(addresses: readonly string[], now: Instant): void {
		const fresh: Permission[] = [];
		for (const address of new Set(addresses)) {
			const state = this.stateOf(address);
			if (state === "asked" || state === "granted") continue;
			const permission: Permission = { address, state: "asked", grantedAt: 0, dueAt: now, asking: false, held: [] };
			this.#byAddress.set(address, permission);
			fresh.push(permission);
		}
		this.#ask(fresh, now);
	}

	/** It lapses by itself. */
	forget(address: string): void {
		this.#byAddress.delete(address);
	}

	/** None of a family that has no relayed address. */
	refuse(address: string, refusal: TurnRefusal): void {
		const permission: Permission = { address, state: "refused", grantedAt: 0, dueAt: 0, asking: false, held: [] };
		this.#byAddress.set(address, permission);
		this.#outlet.tell({ kind: "refused", address, ...refusal });
	}

	/** An indication that left before the answer; it leaves again if the request did not make it the first time. */
	hold(address: string, bytes: Uint8Array): void {
		const permission = this.#byAddress.get(address);
		if (permission?.state === "asked" && permission.held.length < MOST_HELD) permission.held.push(bytes);
	}

	/** Renews all, once some have to be. */
	overdue(now: Instant): void {
		if (now < this.#dueAt) return;
		const kept = [...this.#byAddress.values()].filter(({ state, asking }) => state !== "refused" && !asking);
		if (kept.some(({ dueAt }) => dueAt <= now)) this.#ask(kept, now);
		this.#dueAt = Number.POSITIVE_INFINITY;
		for (const { asking, dueAt } of kept) if (!asking) this.#dueAt = Math.min(this.#dueAt, dueAt);
	}

	/** What was asked on the way that we have left is asked anew, and all is renewed. */
	renewAll(now: Instant): void {
		for (const permission of this.#byAddress.values()) permission.asking = false;
		this.#ask(
			[...this.#byAddress.values()].filter(({ state }) => state !== "refused"),
			now,
		);
	}

	#ask(permissions: readonly Permission[], now: Instant): void {
		for (let from = 0; from < permissions.length; from += MOST_PEERS)
			this.#askOnce(permissions.slice(from, from + MOST_PEERS), now);
	}

	#askOnce(permissions: readonly Permission[], now: Instant): void {
		for (const permission of permissions) permission.asking = true;
		const attributes = permissions.map(
			({ address }): StunItem => ({ name: "xorPeerAddress", value: { address, port: 0 } }),
		);
		const question = { key: `permit ${this.#asked++}`, method: "createPermission", attributes } as const;
		this.#requests.ask(question, now, (end, at) => this.#ended(permissions, end, now, at));
	}

	#ended(asked: readonly Permission[], end: RequestEnd, askedAt: Instant, now: Instant): void {
		// Some may have been forgotten meanwhile, or asked for anew.
		const permissions = asked.filter((permission) => this.#byAddress.get(permission.address) === permission);
		for (const permission of permissions) permission.asking = false;
		if (end.kind === "success") for (const permission of permissions) this.#grant(permission, end.messages, askedAt);
		else if (permissions.length > 1 && ABOUT_ONE.has(end.why)) this.#divide(permissions, now);
		else for (const permission of permissions) this.#deny(permission, end, now);
		for (const { state, asking, dueAt } of permissions)
			if (state === "granted" && !asking) this.#dueAt = Math.min(this.#dueAt, dueAt);
	}

	#grant(permission: Permission, messages: number, askedAt: Instant): void {
		const isNew = permission.state === "asked";
		permission.state = "granted";
		permission.grantedAt = askedAt;
		permission.dueAt = askedAt + RENEWED_AFTER;
		if (!isNew) return;
		this.#outlet.tell({ kind: "permitted", address: permission.address });
		// One message: the server had the permission when what left behind it came.
		if (messages > 1) for (const bytes of permission.held) this.#outlet.send(bytes);
		permission.held = [];
	}

	/** One refused peer refuses all in its request: the others have to be told from it. */
	#divide(permissions: readonly Permission[], now: Instant): void {
		const half = Math.ceil(permissions.length / 2);
		this.#ask(permissions.slice(0, half), now);
		this.#ask(permissions.slice(half), now);
	}

	#deny(permission: Permission, end: RefusedEnd, now: Instant): void {
		const again = now + (end.why === "timeout" ? 0 : ASK_AGAIN_AFTER);
		if (permission.state === "granted" && isPassing(end.why) && again < permission.grantedAt + LASTS) {
			permission.dueAt = again;
			return;
		}
		permission.state = "refused";
		permission.held = [];
		this.#outlet.tell({ kind: "refused", address: permission.address, ...refusalOf(end) });
	}
}
