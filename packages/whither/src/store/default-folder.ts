/** Where sessions are kept when nobody says. */
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/**
 * systemd's `$STATE_DIRECTORY` (its first, where there are several), else `$XDG_STATE_HOME/whither` (which has to be absolute, by its
 * specification), else `~/.local/state/whither`.
 */
export function defaultDataFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
	const given = env.STATE_DIRECTORY?.split(":")[0] ?? "";
	if (isAbsolute(given)) return given;
	const state = env.XDG_STATE_HOME ?? "";
	return join(isAbsolute(state) ? state : join(homedir(), ".local/state"), "whither");
}
