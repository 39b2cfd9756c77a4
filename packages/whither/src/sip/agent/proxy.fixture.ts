/** A proxy and registrar for tests: record-routes, forks, challenges, and keeps no state of transactions (RFC 3261 §16.11). */
import { type Instant, SECOND } from "@whither/core";
import { DigestServer } from "../digest/check.ts";
import { formatSip } from "../message/format.ts";
import { sipFields, sipHeader, sipValues } from "../message/headers.ts";
import type { SipHeader, SipMessage, SipRequest, SipResponse } from "../message/message.ts";
import { parseSipNameAddress } from "../message/name-address.ts";
import { sipParameter } from "../message/parameters.ts";
import { parseSip } from "../message/parse.ts";
import { parseSipUri } from "../message/uri.ts";
import { parseSipVia } from "../message/via.ts";
import type { SipHop } from "../transport/hop.ts";
import type { SipAgentInput, SipAgentOutput } from "./agent-io.ts";
import { Drawn } from "./drawn.ts";
import type { SipNode } from "./network.fixture.ts";
import { Outlet } from "./outlet.ts";
import { Replies, wayBack } from "./replies.ts";

/** What a proxy does besides. */
export interface ProxyOptions {
	readonly address: string;
	/** Whom a name leads to; several: all of them are asked. */
	readonly users?: Readonly<Record<string, readonly string[]>>;
	readonly password?: string;
	readonly minExpires?: number;
	/** Routes as RFC 2543 had it: without `lr`. */
	readonly isStrict?: boolean;
}

/** One of them. */
export class TestProxy implements SipNode {
	readonly deadline = null;
	/** Contacts that have been registered, with seconds. */
	readonly registered = new Map<string, number>();
	readonly #options: ProxyOptions;
	readonly #outlet = new Outlet();
	readonly #replies: Replies;
	readonly #digest: DigestServer;
	readonly #challenged = new Set<string>();

	constructor(options: ProxyOptions) {
		this.#options = options;
		const secret = new Uint8Array(32).fill(99);
		this.#replies = new Replies("proxy", this.#outlet, new Drawn(secret));
		this.#digest = new DigestServer({ secret, realm: options.address, password: () => options.password ?? null });
	}

	step(input: SipAgentInput, now: Instant): readonly SipAgentOutput[] {
		if (input.type !== "received") return [];
		const message = parseSip(input.bytes);
		if (message.kind === "request") this.#request(message, input.from, now);
		else if (message.kind === "response") this.#response(message);
		return this.#outlet.take();
	}

	#request(request: SipRequest, from: SipHop, now: Instant): void {
		const isFirst = !/;tag=/.test(sipHeader(request, "To") ?? "");
		const asks = this.#options.password !== undefined && isFirst && !/^(ACK|CANCEL)$/.test(request.method);
		if (asks && !this.#isKnown(request, from, now)) return;
		if (request.method === "REGISTER") this.#register(request, from);
		else for (const [index, target] of this.#targets(request).entries()) this.#forward(request, from, target, index);
	}

	#isKnown(request: SipRequest, from: SipHop, now: Instant): boolean {
		const isRegister = request.method === "REGISTER";
		const values = sipFields(request, isRegister ? "Authorization" : "Proxy-Authorization");
		const again = this.#challenged.has(values.join());
		const verdict = this.#digest.check(
			{ values, method: request.method, body: request.body },
			Math.floor(now / SECOND),
		);
		// A request that came again, for this proxy keeps no transactions.
		if (verdict.kind === "accepted" || (verdict.why === "stale" && again)) {
			this.#challenged.add(values.join());
			return true;
		}
		const name = isRegister ? "WWW-Authenticate" : "Proxy-Authenticate";
		const headers = verdict.challenges.map((value) => ({ name, value }));
		this.#answer(request, from, isRegister ? 401 : 407, headers);
		return false;
	}

	#register(request: SipRequest, from: SipHop): void {
		const contacts = sipValues(request, "Contact").flatMap((value) => parseSipNameAddress(value) ?? []);
		const seconds = Number(sipHeader(request, "Expires") ?? 0);
		const { minExpires = 0 } = this.#options;
		if (seconds > 0 && seconds < minExpires) {
			this.#answer(request, from, 423, [{ name: "Min-Expires", value: `${minExpires}` }]);
			return;
		}
		for (const { uri, parameters } of contacts) {
			const expires = Number(sipParameter(parameters, "expires") ?? seconds);
			if (expires > 0) this.registered.set(uri, expires);
			else this.registered.delete(uri);
		}
		const named = [...this.registered].map(([uri, expires]) => ({
			name: "Contact",
			value: `<${uri}>;expires=${expires}`,
		}));
		this.#answer(request, from, 200, named);
	}

	#answer(request: SipRequest, from: SipHop, status: number, headers: readonly SipHeader[]): void {
		this.#outlet.send(this.#replies.make(request, from, { status, headers }), wayBack(request, from));
	}

	/** URIs that it goes on to. */
	#targets(request: SipRequest): readonly string[] {
		const uri = parseSipUri(request.uri);
		if (uri === null) return [];
		// A strict router finds itself in the Request-URI, and what was there before as the last Route.
		if (uri.host === this.#options.address && this.#routes(request).length > 0) return [this.#routes(request)[0] ?? ""];
		const { users = {} } = this.#options;
		if (uri.host !== this.#options.address) return [request.uri];
		const registered = [...this.registered.keys()].filter((each) => parseSipUri(each)?.user === uri.user);
		return users[uri.user ?? ""] ?? registered;
	}

	/** Without our own. */
	#routes(request: SipRequest): readonly string[] {
		const routes = sipValues(request, "Route").flatMap((value) => parseSipNameAddress(value)?.uri ?? []);
		return routes.filter((uri) => parseSipUri(uri)?.host !== this.#options.address);
	}

	#forward(request: SipRequest, from: SipHop, target: string, index: number): void {
		const { address, isStrict = false } = this.#options;
		const branch = sipParameter(parseSipVia(sipValues(request, "Via")[0] ?? "")?.parameters ?? [], "branch") ?? "";
		const own = { name: "Via", value: `SIP/2.0/UDP ${address};branch=${branch}.${index}` };
		const route = { name: "Record-Route", value: isStrict ? `<sip:${address}>` : `<sip:${address};lr>` };
		const rest = this.#routes(request).filter((uri) => uri !== target);
		const kept = request.headers.filter(({ name }) => !/^(Route|Via)$/.test(name));
		const vias = this.#replies.make(request, from, { status: 100 });
		const seen = parseSip(vias);
		const back = seen.kind === "response" ? sipValues(seen, "Via").map((value) => ({ name: "Via", value })) : [];
		const routes = rest.map((uri) => ({ name: "Route", value: `<${uri}>` }));
		const recorded = request.method === "ACK" || /;tag=/.test(sipHeader(request, "To") ?? "") ? [] : [route];
		this.#send({ ...request, uri: target, headers: [own, ...back, ...recorded, ...routes, ...kept] }, target);
	}

	#send(message: SipMessage, target: string): void {
		const uri = parseSipUri(target);
		if (uri === null) return;
		this.#outlet.send(formatSip(message), { transport: "udp", address: uri.host, port: uri.port ?? 5060 });
	}

	/** Back by the Via below ours. */
	#response(response: SipResponse): void {
		const [, ...below] = sipValues(response, "Via");
		const next = parseSipVia(below[0] ?? "");
		if (next === null) return;
		const headers = [
			...below.map((value) => ({ name: "Via", value })),
			...response.headers.filter(({ name }) => name !== "Via"),
		];
		const address = sipParameter(next.parameters, "received") ?? next.host;
		const port = Number(sipParameter(next.parameters, "rport") || next.port || 5060);
		this.#outlet.send(formatSip({ ...response, headers }), { transport: "udp", address, port });
	}
}
