/** To come. */
export function WhoisPage() {
	return <p class="note">Not here yet.</p>;
}
