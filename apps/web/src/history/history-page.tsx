/** To come. */
export function HistoryPage() {
	return <p class="note">Not here yet.</p>;
}
