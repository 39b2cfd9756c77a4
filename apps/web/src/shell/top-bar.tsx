/** What stands above every page: where one may go, whether the server answers, light or dark. */
import { connection, facts } from "../api/client.ts";
import { hasOwnSession, OWN_ID } from "./own-session.ts";
import { PAGES } from "./pages.ts";
import { route } from "./place.ts";
import { formatRoute } from "./route.ts";
import { isDark, toggleTheme } from "./theme.ts";

/** The bar. */
export function TopBar() {
	const alone = hasOwnSession();
	const rows = PAGES.filter(({ label }) => label !== null);
	return (
		<header class="bar">
			<a class="brand" href={alone ? formatRoute("s", [OWN_ID]) : "#/"} aria-label="Whither, home">
				<Mark />
				<span>Whither</span>
			</a>
			<nav aria-label="Pages">
				<ul>
					{rows.map(({ page, label }) => (
						<li key={page}>
							<a href={formatRoute(page)} aria-current={route.value.page === page ? "page" : undefined}>
								{label}
							</a>
						</li>
					))}
				</ul>
			</nav>
			<div class="bar-end">
				{!alone && <Connection />}
				<ThemeButton />
			</div>
		</header>
	);
}

function Connection() {
	const isOk = connection.value === "ok";
	const tool = facts.value?.tool;
	if (!isOk) {
		return (
			<span class="link-state trouble" role="status">
				<span aria-hidden="true">◌</span> Reconnecting…
			</span>
		);
	}
	return tool === undefined ? null : (
		<span class="link-state" title={`This server sees you at ${facts.value?.client ?? "an unknown address"}`}>
			{tool.name} {tool.version}
		</span>
	);
}

function ThemeButton() {
	const next = isDark() ? "light" : "dark";
	return (
		<button type="button" class="quiet icon" onClick={toggleTheme} aria-label={`Switch to ${next} colours`}>
			<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
				<circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="1.5" />
				<path d="M8 2a6 6 0 0 1 0 12z" fill="currentColor" />
			</svg>
		</button>
	);
}

/** A path that divides and meets again. */
function Mark() {
	return (
		<svg viewBox="0 0 28 16" width="28" height="16" aria-hidden="true" class="mark">
			<path
				d="M3 8C8 8 8 3 14 3s6 5 11 5M3 8c5 0 5 5 11 5s6-5 11-5"
				fill="none"
				stroke="currentColor"
				stroke-width="1.5"
			/>
			<circle cx="3" cy="8" r="2.5" fill="currentColor" />
			<circle cx="14" cy="3" r="2" fill="currentColor" />
			<circle cx="14" cy="13" r="2" class="hollow" stroke="currentColor" stroke-width="1.5" />
			<circle cx="25" cy="8" r="2.5" class="end" />
		</svg>
	);
}
