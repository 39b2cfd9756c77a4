/** To come. */
export function OpenPage() {
	return <p class="note">Not here yet.</p>;
}
