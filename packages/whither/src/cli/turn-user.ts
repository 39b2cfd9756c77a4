/** Who asks a relay: a password or a secret, from wherever it stands. */

import { UsageProblem } from "./arguments/values.ts";
import { readFirstLine } from "./read-pem.ts";

/** Where a password may stand that is not to be seen in the list of processes. */
const PASSWORD_VARIABLE = "WHITHER_TURN_PASSWORD";
/** The same of a secret. */
const SECRET_VARIABLE = "WHITHER_TURN_SECRET";

/** The options that say it. */
export interface TurnUserFlags {
	readonly user?: string;
	readonly password?: string;
	readonly "password-file"?: string;
	readonly secret?: string;
	readonly "secret-file"?: string;
}

/** The password or the secret: an option's, a file's, the environment's. */
export function turnUserSecrets(flags: TurnUserFlags): { readonly password?: string; readonly secret?: string } {
	const given = (["password", "password-file", "secret", "secret-file"] as const).filter(
		(name) => flags[name] !== undefined,
	);
	if (given.length > 1) throw new UsageProblem(`Choose one of ${given.map((name) => `--${name}`).join(" and ")}`);
	const { password, secret, user } = flags;
	const passwordFile = flags["password-file"];
	const secretFile = flags["secret-file"];
	if (secret !== undefined) return { secret };
	if (secretFile !== undefined) return { secret: readFirstLine(secretFile, "--secret-file") };
	const known = passwordFile === undefined ? password : readFirstLine(passwordFile, "--password-file");
	if (known !== undefined) {
		if (user === undefined) throw new UsageProblem("--password says nothing without --user");
		return { password: known };
	}
	const [ofPassword, ofSecret] = [process.env[PASSWORD_VARIABLE], process.env[SECRET_VARIABLE]];
	if (ofSecret !== undefined && ofSecret !== "") return { secret: ofSecret };
	if (user === undefined) return {};
	if (ofPassword !== undefined && ofPassword !== "") return { password: ofPassword };
	throw new UsageProblem(
		`--user wants a password: --password-file FILE, ${PASSWORD_VARIABLE}, or --password (seen by every user of this machine)`,
	);
}
