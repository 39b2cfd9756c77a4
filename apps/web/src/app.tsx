/** The shell: top bar, the page that the address names, and what may come over every page. */
import { announced } from "./shell/announce.ts";
import { PageView } from "./shell/page-view.tsx";
import { route } from "./shell/place.ts";
import { TokenDialog } from "./shell/token-dialog.tsx";
import { TopBar } from "./shell/top-bar.tsx";

/** The page. */
export function App() {
	return (
		<>
			<button type="button" class="skip" onClick={skipToMain}>
				Skip to content
			</button>
			<TopBar />
			<main id="main" tabIndex={-1}>
				<PageView route={route.value} />
			</main>
			<div class="unseen" aria-live="polite" role="status">
				{announced}
			</div>
			<TokenDialog />
		</>
	);
}

/** No link, for the hash is the page's address. */
function skipToMain(): void {
	document.getElementById("main")?.focus();
}
