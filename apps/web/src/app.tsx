/** The page. */
export function App() {
	return <h1>Where are the packets going?</h1>;
}
