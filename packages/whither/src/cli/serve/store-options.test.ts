import { homedir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { defaultDataFolder } from "../../store/default-folder.ts";
import { parseOptions } from "../arguments/parse.ts";
import { STORE_OPTIONS, storeOptions } from "./store-options.ts";

const optionsOf = (...args: string[]) => storeOptions(parseOptions(args, STORE_OPTIONS).options);

describe("where sessions are kept", () => {
	it.each([
		["500", 500],
		["64K", 65_536],
		["1.5M", 1_572_864],
		["2GiB", 2 ** 31],
		["1tb", 2 ** 40],
	])("--keep-size %s is %d bytes", (text, bytes) => {
		expect(optionsOf("--data", "/x", "--keep-size", text)).toEqual({ folder: "/x", keepBytes: bytes });
	});

	it.each(["", "-1", "1X", "1e9", "1 G", "G"])("--keep-size %j is refused", (text) => {
		expect(() => optionsOf(`--keep-size=${text}`)).toThrow(/wants a size such as 500M or 2G/);
	});

	it("--no-store keeps nothing", () => expect(optionsOf("--no-store", "--data", "/x")).toBeNull());

	it.each([
		[{ STATE_DIRECTORY: "/var/lib/whither:/var/lib/x", XDG_STATE_HOME: "/y" }, "/var/lib/whither"],
		[{ XDG_STATE_HOME: "/y" }, "/y/whither"],
		[{ STATE_DIRECTORY: "relative", XDG_STATE_HOME: "relative" }, join(homedir(), ".local/state/whither")],
		[{}, join(homedir(), ".local/state/whither")],
	])("where nobody says, of %j it is %s", (env, folder) => expect(defaultDataFolder(env)).toBe(folder));
});
