/** Where the reader is, as a signal that follows the address bar. */
import { signal } from "@preact/signals";
import { takeTokenFromAddress } from "../api/token.ts";
import { parseRoute, type Route } from "./route.ts";

/** The page's address, read. */
export const route = signal<Route>(parseRoute(""));

/** Follows the address bar from now on. */
export function followAddressBar(): void {
	route.value = parseRoute(location.hash);
	addEventListener("hashchange", () => {
		takeTokenFromAddress();
		route.value = parseRoute(location.hash);
	});
}

/** Goes to an address that `formatRoute` made. */
export function goTo(address: string): void {
	location.hash = address;
}
