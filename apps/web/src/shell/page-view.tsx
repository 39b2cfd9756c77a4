/** Shows the page that an address names; code that is not here yet is loaded, and said to be. */
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { PAGES, type PageProps, type PageRow } from "./pages.ts";
import { formatRoute, type Route } from "./route.ts";

const loaded = new Map<string, ComponentType<PageProps>>();

/** The page of a route. */
export function PageView({ route }: { readonly route: Route }) {
	const row = PAGES.find(({ page }) => page === route.page);
	useFocusOnChange(formatRoute(route.page, route.words));
	if (row === undefined) return <NotThere />;
	return <LoadedPage key={row.page} row={row} route={route} />;
}

function LoadedPage({ row, route }: { readonly row: PageRow; readonly route: Route }) {
	const [, setShown] = useState(0);
	const [failed, setFailed] = useState(false);
	const Page = row.code === undefined ? row.show : loaded.get(row.page);
	useEffect(() => {
		const { code } = row;
		if (code === undefined || loaded.has(row.page)) return;
		code().then(
			(page) => {
				loaded.set(row.page, page);
				setShown((count) => count + 1);
			},
			() => setFailed(true),
		);
	}, [row]);
	if (Page !== undefined) return <Page route={route} />;
	return (
		<p class="note">{failed ? "This page could not be loaded. Load it again once the server is back." : "Loading…"}</p>
	);
}

/** The first page leaves the focus where it is; every later one takes it, so that a reader who hears the page knows. */
function useFocusOnChange(address: string): void {
	const [first] = useState(address);
	const [moved, setMoved] = useState(false);
	useEffect(() => {
		if (!moved && address === first) return;
		setMoved(true);
		document.getElementById("main")?.focus({ preventScroll: true });
		scrollTo(0, 0);
	}, [address]);
}

function NotThere() {
	return (
		<div class="page">
			<h1>There is nothing here</h1>
			<p>
				<a href="#/">Trace a path</a> or look at <a href="#/history">what was traced before</a>.
			</p>
		</div>
	);
}
