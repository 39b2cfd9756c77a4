/** `whither completion --install`: writes the script where the user's shell looks for it, and nowhere else. */
import { lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import { WhitherError } from "../../api/error.ts";
import { writeFailureSentence } from "../file-errors.ts";
import { formatCompletion, type Shell } from "./completion.ts";

/** Environment variables, as far as they say where things are. */
export type ShellEnvironment = Readonly<Record<string, string | undefined>>;

/** The name of the user's shell; nothing where none is known. */
export function shellOf(env: ShellEnvironment): string {
	return basename(env.SHELL ?? "");
}

/** Where each shell looks, in the user's own folders; bash-completion(1), zshmisc(1), fish's documentation. */
export function completionFile(shell: Shell, env: ShellEnvironment): string {
	const home = env.HOME ?? "";
	const data = absolute(env.XDG_DATA_HOME) ?? join(home, ".local/share");
	switch (shell) {
		case "bash":
			return join(absolute(env.BASH_COMPLETION_USER_DIR) ?? join(data, "bash-completion"), "completions/whither");
		case "zsh":
			return join(data, "zsh/site-functions/_whither");
		case "fish":
			return join(absolute(env.XDG_CONFIG_HOME) ?? join(home, ".config"), "fish/completions/whither.fish");
	}
}

/** The XDG Base Directory Specification passes over what is not absolute. */
function absolute(path: string | undefined): string | null {
	return path !== undefined && isAbsolute(path) ? path : null;
}

/** Writes it, and says where and what else is to be done. A file that is not ours is left alone: throws `usage`. */
export function installCompletion(shell: Shell, env: ShellEnvironment): string {
	const path = completionFile(shell, env);
	const text = formatCompletion(shell);
	if (!isAbsolute(path))
		throw new WhitherError(
			"usage",
			"HOME is not set, so there is no place for the script; print it with `whither completion`",
		);
	refuseForeign(path, text);
	const part = `${path}.part`;
	try {
		mkdirSync(dirname(path), { recursive: true });
		writeFileSync(part, text);
		renameSync(part, path);
	} catch (thrown) {
		rmSync(part, { force: true });
		throw new WhitherError("systemCall", writeFailureSentence(path, thrown as NodeJS.ErrnoException), { path });
	}
	return `${path}\n${NEXT[shell](dirname(path))}`;
}

/** On stdout comes the path, then this. */
const NEXT: Readonly<Record<Shell, (folder: string) => string>> = {
	bash: () => "Begin a new shell to use it; it needs the package bash-completion.\n",
	zsh: (folder) => `Put this into ~/.zshrc, above compinit, unless it is there: fpath=(${folder} $fpath)\n`,
	fish: () => "Every new shell has it.\n",
};

/** Ours begin with the same line in every version. */
function refuseForeign(path: string, text: string): void {
	const first = text.slice(0, text.indexOf("\n") + 1);
	try {
		if (lstatSync(path).isFile() && readFileSync(path, "utf8").startsWith(first)) return;
	} catch (thrown) {
		if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return;
	}
	throw new WhitherError(
		"usage",
		`${path} is there and is not whither's; move it away, or print the script without --install`,
	);
}
