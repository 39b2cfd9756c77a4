import { expect, it, vi } from "vitest";
import { resolveTarget } from "./resolve.ts";

const V4 = { address: "192.0.2.1", family: 4 };
const V6 = { address: "2001:db8::1", family: 6 };

/** As node:dns does: the resolver says IPv6 first. */
vi.mock("node:dns", () => ({
	lookup: (
		name: string,
		{ family, order }: { family: number; order: string },
		done: (error: null, found: unknown) => void,
	) => {
		const all = name === "six.example" ? [V6] : [V6, V4];
		const found = all.filter((answer) => family === 0 || answer.family === family);
		done(null, order === "ipv4first" ? found.toSorted((a, b) => a.family - b.family) : found);
	},
}));

it.each([
	["both.example", null, "192.0.2.1"],
	["both.example", 6, "2001:db8::1"],
	["six.example", null, "2001:db8::1"],
] as const)("%s, asked for %s, is %s: IPv4 where there are both", async (name, family, address) => {
	expect(await resolveTarget(name, family)).toMatchObject({ name, address });
});
