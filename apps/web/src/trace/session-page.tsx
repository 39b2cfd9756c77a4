/** To come. */
export function SessionPage() {
	return <p class="note">Not here yet.</p>;
}
