/** The address that packets to somebody leave from, as the system's routing has it. Nothing is sent. */
import type { Family, SystemError } from "@whither/core";
import type { Backend } from "../backend.ts";
import { isSystemError } from "../errors.ts";
import { findPortableSource } from "../portable/route.ts";
import { findRoute } from "../route.ts";

/** Whom packets are for; `zone`: the interface of a link-local address. */
export interface Destination {
	readonly family: Family;
	readonly address: string;
	readonly port: number;
	readonly zone?: string;
}

/** Numeric text; `noRoute` and whatever else the system says where there is none. */
export function sourceAddressFor(backend: Backend, to: Destination): string | SystemError {
	if (backend.name === "portable") return findPortableSource(to);
	const route = findRoute(backend.workspace, {
		family: to.family,
		target: to.address,
		port: to.port,
		source: null,
		interface: to.zone ?? null,
		tos: 0,
		flowLabel: 0,
		bypassRouting: false,
		gateways: [],
		fwmark: null,
	});
	return isSystemError(route) ? route : route.source;
}
