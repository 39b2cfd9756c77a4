/** The server's side of digests: challenging, and checking what comes back (RFC 3261 §22.1, RFC 7616 §3.4.6). */
import type { DigestAlgorithm } from "./algorithms.ts";
import { formatDigestChallenge } from "./challenge.ts";
import { type DigestCredentials, parseDigestCredentials } from "./credentials.ts";
import { isSame, makeNonce, type NonceMint, nonceSeconds, openNonceMint } from "./nonce.ts";
import { digestResponse } from "./response.ts";

/** How long a nonce may be used; ours: a caller answers at once. */
const NONCE_LIFETIME_SECONDS = 300;

/** Responses that are remembered, so that none is taken twice; with more of them all nonces so far are stale. */
const REMEMBERED = 4_096;

/** What is offered, the better one first (RFC 8760 §2.3). */
const OFFERED: readonly DigestAlgorithm[] = ["SHA-256", "MD5"];

/** What a request shows. */
export interface DigestShown {
	/** Of Authorization, all that there are. */
	readonly values: readonly string[];
	readonly method: string;
	readonly body: Uint8Array;
}

/** `challenge`: answer 401 with these values of WWW-Authenticate. */
export type DigestVerdict =
	| { readonly kind: "accepted"; readonly username: string }
	| { readonly kind: "challenge"; readonly challenges: readonly string[]; readonly why: DigestRefusal };

/** `stale`: the password was right. */
export type DigestRefusal = "none" | "wrong" | "stale";

/**
 * Checks digests of one realm. ACK and CANCEL cannot be challenged (RFC 3261 §22.1) and are not for it.
 *
 * Deviation: the URI within credentials need not be the Request-URI (RFC 7616 §3.4.6): proxies put another in its place.
 */
export class DigestServer {
	readonly #mint: NonceMint;
	readonly #realm: string;
	readonly #password: (username: string) => string | null;
	readonly #remembered: number;
	readonly #seen = new Set<string>();
	/** Nonces from before are stale. */
	#notBefore = 0;

	constructor(options: {
		readonly secret: Uint8Array;
		readonly realm: string;
		readonly password: (username: string) => string | null;
		/** Responses to remember at the most; 4,096 when absent. */
		readonly remembered?: number;
	}) {
		this.#mint = openNonceMint(options.secret, options.realm);
		this.#realm = options.realm;
		this.#password = options.password;
		this.#remembered = options.remembered ?? REMEMBERED;
	}

	/** Whether a request shows who it is from; `nowSeconds`: whole seconds of a clock that does not go back. */
	check({ values, method, body }: DigestShown, nowSeconds: number): DigestVerdict {
		const ours = values.map(parseDigestCredentials).find((shown) => shown?.realm === this.#realm);
		if (ours == null) return this.#refuse("none", nowSeconds);
		if (!this.#isRight(ours, method, body)) return this.#refuse("wrong", nowSeconds);
		const madeAt = nonceSeconds(this.#mint, ours.nonce);
		const isFresh = madeAt !== null && madeAt >= this.#notBefore && nowSeconds - madeAt <= NONCE_LIFETIME_SECONDS;
		if (!isFresh || this.#seen.has(ours.response)) return this.#refuse("stale", nowSeconds);
		this.#remember(ours.response, nowSeconds);
		return { kind: "accepted", username: ours.username };
	}

	/** A response of nobody is worked out as well, so that the time it takes does not tell who there is. */
	#isRight(credentials: DigestCredentials, method: string, body: Uint8Array): boolean {
		const password = this.#password(credentials.username);
		const right = digestResponse({ ...credentials, password: password ?? "", method, body });
		return isSame(right, credentials.response) && password !== null && OFFERED.includes(credentials.algorithm);
	}

	#remember(response: string, nowSeconds: number): void {
		if (this.#seen.size >= this.#remembered) {
			this.#seen.clear();
			this.#notBefore = nowSeconds + 1;
		}
		this.#seen.add(response);
	}

	#refuse(why: DigestRefusal, nowSeconds: number): DigestVerdict {
		const nonce = makeNonce(this.#mint, Math.max(nowSeconds, this.#notBefore));
		const challenges = OFFERED.map((algorithm) =>
			formatDigestChallenge({
				...{ realm: this.#realm, nonce, opaque: null, algorithm },
				...{ protections: ["auth"], stale: why === "stale" },
			}),
		);
		return { kind: "challenge", challenges, why };
	}
}
