import {
	attributeOf,
	type HmacKey,
	judgeChallenge,
	longTermKey,
	parseNonceFeatures,
	type StunAddress,
	type StunItem,
	type StunMessage,
	type StunPasswordAlgorithm,
	userHash,
} from "@whither/wire";
import type { LongTermCredentials } from "./client-io.ts";

/** How to sign for one server, as its last challenge asked. */
export interface Challenge {
	readonly realm: string;
	readonly nonce: string;
	/** As the server listed them, to be told back; undefined: it knows of none. */
	readonly algorithms: readonly StunPasswordAlgorithm[] | undefined;
	readonly algorithm: "md5" | "sha256";
	readonly userHash: boolean;
	readonly key: HmacKey;
}

/** Why a challenge cannot be met. */
export type ChallengeFault = "badChallenge" | "bidDown" | "unsupportedAlgorithm";

/** What a response of 401 or 438 asks for (RFC 8489 §9.2.5), or why it cannot be met. */
export function challengeOf(
	message: StunMessage,
	credentials: LongTermCredentials,
	before: Challenge | undefined,
): Challenge | ChallengeFault {
	const realm = attributeOf(message, "realm") ?? before?.realm;
	const nonce = attributeOf(message, "nonce");
	const algorithms = attributeOf(message, "passwordAlgorithms");
	if (realm === undefined || nonce === undefined || !canBeToldBack(algorithms)) return "badChallenge";
	const verdict = judgeChallenge(nonce, algorithms);
	if (verdict.kind === "bidDown") return "bidDown";
	if (verdict.kind === "unsupported") return "unsupportedAlgorithm";
	const { algorithm } = verdict;
	const same = before !== undefined && before.realm === realm && before.algorithm === algorithm;
	const key = same ? before.key : longTermKey({ ...credentials, realm, algorithm });
	return { realm, nonce, algorithms, algorithm, userHash: verdict.userHash, key };
}

/** More password algorithms than anybody will ever offer, and longer parameters: a request has to tell them back. */
const MOST_ALGORITHMS = 32;
const MOST_PARAMETERS = 64;

function canBeToldBack(algorithms: Challenge["algorithms"] = []): boolean {
	return (
		algorithms.length <= MOST_ALGORITHMS && algorithms.every(({ parameters }) => parameters.length <= MOST_PARAMETERS)
	);
}

/** Whether a response hides the password algorithms that its nonce tells of: it is to be ignored (RFC 8489 §9.2.5). */
export function isBidDown(message: StunMessage): boolean {
	const nonce = attributeOf(message, "nonce");
	if (nonce === undefined || !parseNonceFeatures(nonce)?.passwordAlgorithms) return false;
	return attributeOf(message, "passwordAlgorithms") === undefined;
}

/** What a request to a server that has challenged says of its sender (RFC 8489 §9.2.3.2). */
export function challengeItems(challenge: Challenge, { username }: LongTermCredentials): readonly StunItem[] {
	const { realm, nonce, algorithms, algorithm } = challenge;
	const items: StunItem[] = [
		challenge.userHash ? { name: "userHash", value: userHash(username, realm) } : { name: "username", value: username },
		{ name: "realm", value: realm },
		{ name: "nonce", value: nonce },
	];
	if (algorithms === undefined) return items;
	const chosen = algorithms.find((offered) => offered.algorithm === algorithm);
	items.push({ name: "passwordAlgorithms", value: algorithms });
	if (chosen !== undefined) items.push({ name: "passwordAlgorithm", value: chosen });
	return items;
}

/** What one server has asked one user for. */
interface Asked {
	/** By the socket that it was asked on: servers bind nonces to the address that they saw. */
	readonly byLocal: Map<number, Challenge>;
	/** On whichever. */
	last: Challenge;
}

/** What the servers asked so far want to see, each by its address, the user and the socket. */
export class Challenges {
	readonly #asked = new Map<string, Asked>();

	/** Of another socket where none came to this one: its nonce may be refused, but the rest is right. */
	get(server: StunAddress, credentials: LongTermCredentials, local: number): Challenge | undefined {
		const asked = this.#asked.get(keyOf(server, credentials));
		return asked?.byLocal.get(local) ?? asked?.last;
	}

	set(server: StunAddress, credentials: LongTermCredentials, local: number, challenge: Challenge): void {
		const key = keyOf(server, credentials);
		const asked = this.#asked.get(key) ?? { byLocal: new Map(), last: challenge };
		asked.byLocal.set(local, challenge);
		asked.last = challenge;
		this.#asked.set(key, asked);
	}

	delete(server: StunAddress, credentials: LongTermCredentials): void {
		this.#asked.delete(keyOf(server, credentials));
	}

	/** This socket is no more. */
	forget(local: number): void {
		for (const { byLocal } of this.#asked.values()) byLocal.delete(local);
	}
}

/** With the password: a user may get another one, and keys are made of it. */
function keyOf(server: StunAddress, { username, password }: LongTermCredentials): string {
	return `${server.address} ${server.port} ${username}\0${password}`;
}
