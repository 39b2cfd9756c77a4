/** What the API's routes share: sessions, budgets, the policy, the log; and how a session is begun on somebody's behalf. */

import { asWhitherError } from "../../api/error.ts";
import type { ResolvedTarget } from "../../api/resolve.ts";
import type { SessionHeader } from "../../api/session/session.ts";
import type { ApiLimits } from "../api-options.ts";
import type { AuditLog } from "../audit.ts";
import type { BudgetRefusal, ProbeBudget } from "../budget/probe-budget.ts";
import type { TargetPolicy } from "../policy/target-policy.ts";
import type { ApiFacts, ApiRefusal } from "../protocol/api-protocol.ts";
import type { SessionOrder, SessionRefusal, SessionRegistry } from "../sessions/registry.ts";
import type { SessionStarters } from "../sessions/starters.ts";
import { type ApiAsked, ApiRefused } from "./route.ts";

/** Behind all routes. */
export interface ApiDesk {
	readonly sessions: SessionRegistry;
	readonly starters: SessionStarters;
	readonly policy: TargetPolicy;
	readonly probes: ProbeBudget;
	readonly audit: AuditLog;
	readonly limits: ApiLimits;
	/** What it does beside traces. */
	readonly features: ApiFacts["features"];
	/** The page as one file, with room for a session; null: there is none. */
	readonly onePage: () => string | null;
	/** Counted here, and shown in the metrics. */
	readonly counts: ApiCounts;
	/** Milliseconds of a clock that only goes forward. */
	readonly now: () => number;
}

/** Running totals, and what there is now. */
export interface ApiCounts {
	viewers: number;
	/** Probes that traces have sent. */
	probes: number;
	/** Refusals by their code. */
	readonly refused: Map<string, number>;
}

/** An action of somebody, for the log. */
export interface ApiAction {
	readonly action: string;
	readonly target?: string | null;
}

/** How long names may take. */
const RESOLVE_MS = 10_000;
/** Names that are looked up at one time: the system has few threads for it. */
const MOST_LOOKUPS = 64;
let lookups = 0;

/** Does what an action asks for, and writes down what came of it. Refusals are counted and thrown on. */
export async function audited<Value extends { readonly id?: string } | undefined>(
	desk: ApiDesk,
	{ address }: ApiAsked,
	action: ApiAction,
	act: () => Promise<Value>,
): Promise<Value> {
	const entry = { client: address, ...action };
	try {
		const done = await act();
		desk.audit.write({ ...entry, decision: "ok", ...(done?.id === undefined ? {} : { id: done.id }) });
		return done;
	} catch (thrown) {
		const decision = thrown instanceof ApiRefused ? thrown.refusal.code : "failed";
		desk.audit.write({ ...entry, decision });
		desk.counts.refused.set(decision, (desk.counts.refused.get(decision) ?? 0) + 1);
		throw thrown;
	}
}

/** Begins a session; it is on the disk. Throws `ApiRefused`. */
export async function beginSession(
	desk: ApiDesk,
	{ client }: ApiAsked,
	order: Omit<SessionOrder, "client">,
): Promise<SessionHeader> {
	const begun = await desk.sessions.begin({ ...order, client });
	if ("refused" in begun) throw refusedSession(begun.refused);
	return begun;
}

const SESSION_RETRY_MS = 5_000;

/** Words for why a session was not begun, or not kept. */
export function refusedSession(refused: SessionRefusal["refused"]): ApiRefused {
	switch (refused) {
		case "draining":
			return new ApiRefused("draining", "the server ends; it begins nothing new", SESSION_RETRY_MS);
		case "storeFailed":
			return new ApiRefused(
				"storeFailed",
				"the session cannot be kept: the server's disk is full or cannot be written",
			);
		case "tooMany":
			return new ApiRefused("overBudget", "as many sessions run here as may; wait until one ends", SESSION_RETRY_MS);
		case "tooManyOfClient":
			return new ApiRefused("overBudget", "you run as many sessions as one may; stop one, or wait", SESSION_RETRY_MS);
	}
}

/** The addresses of a target that may be traced, the one to trace first. Throws `ApiRefused`. */
export async function allowedTarget(
	desk: ApiDesk,
	name: string,
	family: 4 | 6 | null,
): Promise<readonly [ResolvedTarget, ...ResolvedTarget[]]> {
	const [first, ...others] = await resolved(desk, name, family);
	if (first === undefined) throw new ApiRefused("unresolved", `${name} has no address`);
	const refusal = desk.policy.judge(name, [first, ...others]);
	if (refusal !== null) throw new ApiRefused("targetRefused", refusal.message);
	return [first, ...others];
}

async function resolved(desk: ApiDesk, name: string, family: 4 | 6 | null): Promise<readonly ResolvedTarget[]> {
	if (lookups >= MOST_LOOKUPS) throw new ApiRefused("overBudget", "too many names are being looked up", 1_000);
	lookups++;
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_, reject) => {
		timer = setTimeout(() => reject(new ApiRefused("unresolved", `no name server answered for ${name}`)), RESOLVE_MS);
	});
	const found = desk.starters.resolve(name, family).finally(() => lookups--);
	try {
		return await Promise.race([found, late]);
	} catch (thrown) {
		if (thrown instanceof ApiRefused) throw thrown;
		const { code, message } = asWhitherError(thrown);
		const refusal: ApiRefusal = code === "nameNotFound" ? "unresolved" : code === "badOption" ? "badRequest" : "failed";
		throw new ApiRefused(refusal, refusal === "failed" ? `${name} could not be looked up` : message);
	} finally {
		clearTimeout(timer);
	}
}

/** Throws what a budget has refused. */
export function withinBudget(refusal: BudgetRefusal | null): void {
	if (refusal === null) return;
	const whose = refusal.of === "client" ? "your probes are" : "this server's probes are";
	throw new ApiRefused("overBudget", `${whose} used up for now; ask for fewer, or again later`, refusal.retryMs);
}

/** Takes probes at once; the function that is returned gives back those that were not used, and takes what was used beyond them. Throws `ApiRefused`. */
export function chargeProbes(desk: ApiDesk, client: string, probes: number): (used: number) => void {
	withinBudget(desk.probes.take(client, probes, desk.now()));
	return (used) => desk.probes.giveBack(client, probes - used);
}

/** Throws where something was not switched on. */
export function notEnabled(what: string): ApiRefused {
	return new ApiRefused("notEnabled", `${what} is not switched on at this server`);
}
