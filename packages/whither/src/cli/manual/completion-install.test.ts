import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { formatCompletion } from "./completion.ts";
import { completionFile, installCompletion, shellOf } from "./completion-install.ts";

let home: string;
beforeEach(() => {
	home = mkdtempSync(join(tmpdir(), "whither-home-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

describe("a completion script is installed", () => {
	it.each([
		["bash", ".local/share/bash-completion/completions/whither", /bash-completion/],
		["zsh", ".local/share/zsh/site-functions/_whither", /fpath=\(.*\/zsh\/site-functions \$fpath\)/],
		["fish", ".config/fish/completions/whither.fish", /new shell/],
	] as const)("for %s in the user's own folder, and again over our own", (shell, place, next) => {
		const path = join(home, place);
		const said = installCompletion(shell, { HOME: home });
		expect(said.split("\n")[0]).toBe(path);
		expect(said).toMatch(next);
		expect(readFileSync(path, "utf8")).toBe(formatCompletion(shell));
		writeFileSync(path, `${formatCompletion(shell).split("\n")[0]}\nan older version\n`);
		installCompletion(shell, { HOME: home });
		expect(readFileSync(path, "utf8")).toBe(formatCompletion(shell));
	});

	it("but not over somebody else's, nor through a link, nor nowhere", () => {
		const path = completionFile("fish", { HOME: home });
		mkdirSync(dirname(path), { recursive: true });
		writeFileSync(path, "# mine\n");
		expect(() => installCompletion("fish", { HOME: home })).toThrow(/is there and is not whither's; move it away/);
		expect(readFileSync(path, "utf8")).toBe("# mine\n");
		rmSync(path);
		symlinkSync(join(home, "elsewhere"), path);
		expect(() => installCompletion("fish", { HOME: home })).toThrow(/is not whither's/);
		expect(existsSync(join(home, "elsewhere"))).toBe(false);
		expect(() => installCompletion("fish", {})).toThrow(/HOME is not set/);
	});

	it("where the environment says, as far as it is absolute", () => {
		const env = { HOME: "/h", XDG_DATA_HOME: "/d", XDG_CONFIG_HOME: "c" };
		expect(completionFile("bash", env)).toBe("/d/bash-completion/completions/whither");
		expect(completionFile("bash", { ...env, BASH_COMPLETION_USER_DIR: "/b" })).toBe("/b/completions/whither");
		expect(completionFile("fish", env)).toBe("/h/.config/fish/completions/whither.fish");
		expect([shellOf({ SHELL: "/usr/bin/zsh" }), shellOf({})]).toEqual(["zsh", ""]);
	});
});
