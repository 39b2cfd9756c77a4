/** Which addresses of this machine are hosts. */
import type { HostAddress, IceOrder } from "./ice-io.ts";

/** Two are the same address of the same link. */
export function hostKey({ address, zone = "" }: HostAddress): string {
	return `${address}%${zone}`;
}

/** Those that an order allows, the best kind of network first; loopback where there is nothing else, or where it is wished. */
export function wantedHosts(
	addresses: readonly HostAddress[],
	{ families = [4, 6], loopback = false, allowInterface }: IceOrder,
): readonly HostAddress[] {
	const allowed = addresses.filter(
		(host) => host.up && host.deprecated !== true && families.includes(host.family) && (allowInterface?.(host) ?? true),
	);
	const others = allowed.filter(({ kind }) => kind !== "loopback");
	const hosts = loopback || others.length === 0 ? allowed : others;
	const unique = [...new Map(hosts.map((host) => [hostKey(host), host])).values()];
	return unique.sort((a, b) => a.cost - b.cost);
}
