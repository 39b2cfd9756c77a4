import { expect, it } from "vitest";
import { NameBook } from "./name-book.ts";

it("sixteen questions are on the way at most, and all are answered", async () => {
	let open = 0;
	let most = 0;
	const waiting: (() => void)[] = [];
	const book = new NameBook(async (address) => {
		most = Math.max(most, ++open);
		await new Promise<void>((resolve) => waiting.push(resolve));
		open--;
		return `name of ${address}`;
	});
	const addresses = Array.from({ length: 50 }, (_, index) => `10.0.0.${index}`);
	const all = Promise.all(addresses.map((address) => book.ask(address)));
	const finished = all.then(() => true);
	while (!(await Promise.race([finished, new Promise<false>((resolve) => setImmediate(() => resolve(false)))]))) {
		for (const answer of waiting.splice(0)) answer();
	}
	expect(most).toBe(16);
	expect(book.name("10.0.0.49")).toBe("name of 10.0.0.49");
});

it("a question that fails is an address without a name, asked once", async () => {
	let asked = 0;
	const book = new NameBook(async () => {
		asked++;
		throw new Error("SERVFAIL");
	});
	await Promise.all([book.ask("10.0.0.1"), book.ask("10.0.0.1")]);
	await book.ask("10.0.0.1");
	expect(asked).toBe(1);
	expect(book.name("10.0.0.1")).toBeNull();
	expect(book.name(null)).toBeNull();
});
