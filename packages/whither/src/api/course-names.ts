/** Which names a run asks for, and how long what it tells waits for them. */
import { AddressBook } from "./address-book.ts";
import { NameBook } from "./name-book.ts";
import type { RunOptions } from "./options.ts";
import type { World } from "./world.ts";

/** How long a finished hop waits for the names in it, unless the caller says otherwise. */
const DEFAULT_NAME_WAIT_MS = 500;
/** Origins were asked for by name, and come from farther away. */
const DEFAULT_AS_WAIT_MS = 2_000;

/** What decides it. */
type BookOptions = Pick<RunOptions, "names" | "asLookup" | "nameWaitMs" | "timeoutMs">;

/** How long an answer waits for its names at most, in milliseconds: no longer than the whole, begun at `beganMs`, may take. */
export function nameWaitOf({ nameWaitMs, asLookup, timeoutMs }: BookOptions, beganMs: number): number {
	const most = nameWaitMs ?? (asLookup ? DEFAULT_AS_WAIT_MS : DEFAULT_NAME_WAIT_MS);
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

/** What is to be asked of addresses; null: nothing. */
export async function openBook({ names, asLookup }: BookOptions, world: World): Promise<AddressBook | null> {
	if (!names && !asLookup) return null;
	const nameBook = names ? new NameBook(world.reverse) : null;
	if (!asLookup) return new AddressBook(nameBook, null);
	const { parseAsServer } = await import("./as-server.ts");
	const server = asLookup === true ? "dns" : asLookup;
	return new AddressBook(nameBook, new NameBook(await world.origins(parseAsServer(server))), server);
}
