/** To come. */
export function ComparePage() {
	return <p class="note">Not here yet.</p>;
}
