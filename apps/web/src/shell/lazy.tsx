/** A component whose code is loaded when it is first shown. */
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

/** `code` has to be the same function each time. */
export function Lazy<Props extends object>({
	code,
	props,
}: {
	readonly code: () => Promise<ComponentType<Props>>;
	readonly props: Props;
}) {
	const [state, setState] = useState<{ readonly Shown: ComponentType<Props> | null; readonly failed: boolean }>({
		Shown: null,
		failed: false,
	});
	useEffect(() => {
		code().then(
			(Shown) => setState({ Shown, failed: false }),
			() => setState({ Shown: null, failed: true }),
		);
	}, [code]);
	const { Shown, failed } = state;
	if (Shown !== null) return <Shown {...props} />;
	return (
		<p class="note lazy">
			{failed ? "This could not be loaded; load the page again once the server is back." : "Loading…"}
		</p>
	);
}
