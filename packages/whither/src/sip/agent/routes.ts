/** Where a request goes that is within no dialog (RFC 3261 §8.1.2). */

import { routeHeader } from "../dialogs/dialog.ts";
import type { SipHeader } from "../message/message.ts";
import { formatSipUri, parseSipUri, sipUriParameter } from "../message/uri.ts";
import type { SipAccount } from "./agent-io.ts";

/** By the outbound proxy, where there is one: a loose router, whether its URI says so or not. */
export function outboundRoute({ outboundProxy }: SipAccount, uri: string): { nextHop: string; headers: SipHeader[] } {
	const proxy = outboundProxy === undefined ? null : parseSipUri(outboundProxy);
	if (proxy === null) return { nextHop: uri, headers: [] };
	const isLoose = sipUriParameter(proxy, "lr") !== null;
	const parameters = isLoose ? proxy.parameters : [...proxy.parameters, { name: "lr", value: null }];
	const nextHop = formatSipUri({ ...proxy, parameters });
	return { nextHop, headers: [routeHeader(nextHop)] };
}
