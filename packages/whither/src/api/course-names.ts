/** Which names a run asks for, and how long what it tells waits for them. */
import { AddressBook } from "./address-book.ts";
import { NameBook } from "./name-book.ts";
import type { RunOptions } from "./options.ts";
import type { AsLookup } from "./places/as-server.ts";
import type { FactsLookup } from "./places/facts.ts";
import type { World } from "./world.ts";

/** How long a finished hop waits for the names in it, unless the caller says otherwise. */
const DEFAULT_NAME_WAIT_MS = 500;
/** Origins were asked for by name, and come from farther away. */
const DEFAULT_AS_WAIT_MS = 2_000;

/** What decides it. */
type BookOptions = Pick<RunOptions, "names" | "asLookup" | "asNames" | "places" | "nameWaitMs" | "timeoutMs">;

/** How long an answer waits for its names at most, in milliseconds: no longer than the whole, begun at `beganMs`, may take. */
export function nameWaitOf({ nameWaitMs, asLookup, asNames, timeoutMs }: BookOptions, beganMs: number): number {
	const most = nameWaitMs ?? (asLookup || asNames ? DEFAULT_AS_WAIT_MS : DEFAULT_NAME_WAIT_MS);
	return timeoutMs === undefined ? most : Math.max(0, Math.min(most, beganMs + timeoutMs - performance.now()));
}

/** Until it is done, so much time is over, or the signal says that nobody waits any more. */
export function atMost(done: Promise<unknown>, waitMs: number, stopped: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		const finish = () => {
			clearTimeout(timer);
			stopped.removeEventListener("abort", finish);
			resolve();
		};
		const timer = setTimeout(finish, waitMs);
		stopped.addEventListener("abort", finish);
		done.then(finish);
	});
}

/** What is to be asked of addresses; null: nothing. Rejects where a data set cannot be read. */
export async function openBook(options: BookOptions, world: World): Promise<AddressBook | null> {
	const { names, asLookup, asNames, places = [] } = options;
	if (!names && !asLookup && !asNames && places.length === 0) return null;
	const facts = places.length === 0 ? null : ((await world.places?.(places)) ?? null);
	return new AddressBook({
		names: names ? new NameBook(world.reverse) : null,
		origins: asLookup ? new NameBook(await originLookup(asLookup, facts, world)) : null,
		asNames: asNames ? await asNameBook(asNames, world) : null,
		facts: facts === null ? null : new NameBook(facts),
		asServer: serverOf(asLookup),
	});
}

function serverOf(asked: boolean | string | undefined): string {
	return typeof asked === "string" ? asked : "dns";
}

/** Nobody is asked what a file on this machine knows. */
async function originLookup(asked: boolean | string, facts: FactsLookup | null, world: World): Promise<AsLookup> {
	const { parseAsServer } = await import("./places/as-server.ts");
	const lookup = await world.origins(parseAsServer(serverOf(asked)));
	if (facts === null) return lookup;
	return async (address) => (await facts(address))?.asn ?? lookup(address);
}

async function asNameBook(asked: boolean | string, world: World): Promise<NameBook | null> {
	const { parseAsNameServer } = await import("./places/as-server.ts");
	const lookup = await world.asNames?.(parseAsNameServer(serverOf(asked)));
	return lookup === undefined ? null : new NameBook(lookup);
}
