/** Options of where sessions are kept, and for how long. */
import { defaultDataFolder } from "../../store/default-folder.ts";
import type { SessionStoreOptions } from "../../store/open-session-store.ts";
import { flag, type OptionTable, type Parsed, valued } from "../arguments/option-table.ts";
import { refuse, type ValueKind, wholeNumber } from "../arguments/values.ts";

/** A hundred years. */
const DAYS = [0, 36_500] as const;
const COUNT = [0, 1_000_000_000] as const;

const UNITS: Readonly<Record<string, number>> = { "": 1, K: 1 << 10, M: 1 << 20, G: 1 << 30, T: 2 ** 40 };

/** Bytes, with a letter for powers of 1024. */
const byteSize: ValueKind<number> = {
	placeholder: "SIZE",
	completes: null,
	read: (text, option) => {
		const [, number, letter = ""] = /^(\d{1,12}(?:\.\d{1,3})?)([KMGT]?)(?:i?B)?$/i.exec(text) ?? [];
		const unit = UNITS[letter.toUpperCase()];
		if (number === undefined || unit === undefined) return refuse(option, "a size such as 500M or 2G", text);
		return Math.round(Number(number) * unit);
	},
};

/** A folder, which is made where it is not there. */
const folder: ValueKind<string> = {
	placeholder: "DIR",
	completes: null,
	read: (text, option) => (text === "" || text.includes("\0") ? refuse(option, "the name of a folder", text) : text),
};

/** Options of whatever keeps sessions. */
export const STORE_OPTIONS = {
	data: valued(
		null,
		folder,
		"Store",
		"Folder in which sessions are kept",
		"$STATE_DIRECTORY, $XDG_STATE_HOME/whither or ~/.local/state/whither",
	),
	"no-store": flag(null, "Store", "Keep sessions in memory only"),
	"keep-days": valued(null, wholeNumber(DAYS), "Store", "Sessions older than N days go", "90"),
	"keep-sessions": valued(null, wholeNumber(COUNT), "Store", "Of more than N sessions the oldest go", "10000"),
	"keep-size": valued(null, byteSize, "Store", "Of more than SIZE in all the oldest go", "1G"),
} as const satisfies OptionTable;

/** What the store is told; null: there is to be none on the disk. */
export function storeOptions(flags: Parsed<typeof STORE_OPTIONS>): Omit<SessionStoreOptions, "remark"> | null {
	const { data, "no-store": isNone = false, ...keep } = flags;
	if (isNone) return null;
	return {
		folder: data ?? defaultDataFolder(),
		...(keep["keep-days"] === undefined ? {} : { keepDays: keep["keep-days"] }),
		...(keep["keep-sessions"] === undefined ? {} : { keepSessions: keep["keep-sessions"] }),
		...(keep["keep-size"] === undefined ? {} : { keepBytes: keep["keep-size"] }),
	};
}
