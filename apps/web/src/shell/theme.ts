/** Light or dark: as the system says, until the reader says otherwise. */
import { signal } from "@preact/signals";

/** `system` follows `prefers-color-scheme`. */
export type Theme = "system" | "light" | "dark";

const KEY = "whither.theme";

/** What was chosen. */
export const theme = signal<Theme>("system");

const SYSTEM = matchMedia("(prefers-color-scheme: dark)");
/** What the system says; it may say otherwise at sunset. */
const systemIsDark = signal(SYSTEM.matches);
SYSTEM.addEventListener("change", ({ matches }) => {
	systemIsDark.value = matches;
});

/** Takes up what was chosen the last time. */
export function restoreTheme(): void {
	const kept = readKept();
	if (kept === "light" || kept === "dark") showTheme(kept);
}

/** From what is seen now to the other. */
export function toggleTheme(): void {
	showTheme(isDark() ? "light" : "dark");
	try {
		localStorage.setItem(KEY, theme.value);
	} catch {
		// A page from a file may have no storage: it is chosen until the page is closed.
	}
}

/** Whether dark is seen now; whoever reads it while drawing is drawn anew when that changes. */
export function isDark(): boolean {
	return theme.value === "dark" || (theme.value === "system" && systemIsDark.value);
}

function showTheme(chosen: Theme): void {
	theme.value = chosen;
	document.documentElement.dataset.theme = chosen;
}

function readKept(): string | null {
	try {
		return localStorage.getItem(KEY);
	} catch {
		return null;
	}
}
