/** Every page: its first word in the address, its name in the top bar, and the code that shows it, which is loaded when it is first asked for. */
import type { ComponentType } from "preact";
import { HomePage } from "../home/home-page.tsx";
import type { Route } from "./route.ts";

/** What a page is given. */
export interface PageProps {
	readonly route: Route;
}

/** A page. */
export interface PageRow {
	/** First word of the address; "" is home. */
	readonly page: string;
	/** In the top bar; null: it is reached from elsewhere. */
	readonly label: string | null;
	/** What shows it, where that is here from the beginning. */
	readonly show?: ComponentType<PageProps>;
	/** Else: loads it. */
	readonly code?: () => Promise<ComponentType<PageProps>>;
}

/** A page that is one file has no server, and leaves out what asks one. */
const IS_ONE_FILE = import.meta.env.MODE === "one-file";

/** In the order of the top bar. */
const ASKING: readonly PageRow[] = [
	{ page: "", label: "Trace", show: HomePage },
	{ page: "history", label: "History", code: async () => (await import("../history/history-page.tsx")).HistoryPage },
	{ page: "compare", label: "Compare", code: async () => (await import("../compare/compare-page.tsx")).ComparePage },
	{ page: "ice", label: "Connect", code: async () => (await import("../ice/ice-page.tsx")).IcePage },
	{ page: "whois", label: "Whois", code: async () => (await import("../whois/whois-page.tsx")).WhoisPage },
];

const ALONE: readonly PageRow[] = [
	{ page: "open", label: "Open file", code: async () => (await import("../file/open-page.tsx")).OpenPage },
	{ page: "s", label: null, code: async () => (await import("../trace/session-page.tsx")).SessionPage },
];

/** Every page that there is. */
export const PAGES: readonly PageRow[] = IS_ONE_FILE ? ALONE : [...ASKING, ...ALONE];
