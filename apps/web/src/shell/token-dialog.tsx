/** Asks for the token that the server wants. */
import { useEffect, useRef } from "preact/hooks";
import { tokenAsked } from "../api/token.ts";

/** Shown while somebody waits for a token. */
export function TokenDialog() {
	const dialog = useRef<HTMLDialogElement>(null);
	const asked = tokenAsked.value;
	useEffect(() => {
		if (asked !== null && dialog.current?.open === false) dialog.current.showModal();
		if (asked === null) dialog.current?.close();
	}, [asked]);
	const submit = (event: SubmitEvent) => {
		event.preventDefault();
		const field = (event.currentTarget as HTMLFormElement).elements.namedItem("token") as HTMLInputElement;
		const token = field.value.trim();
		field.value = "";
		if (token !== "") tokenAsked.value?.answer(token);
	};
	const cancel = () => tokenAsked.value?.answer(null);
	return (
		<dialog ref={dialog} aria-labelledby="token-title" onCancel={cancel}>
			<form onSubmit={submit} class="stack">
				<h2 id="token-title">This server wants a token</h2>
				<p>
					{asked?.wasWrong === true ? "The one that was given is not (or no longer) the right one. " : ""}
					It was printed where <code>whither serve</code> was started. It is kept for this tab alone.
				</p>
				<label class="field">
					<span>Token</span>
					<input name="token" type="password" autocomplete="off" required spellcheck={false} />
				</label>
				<div class="row end">
					<button type="button" onClick={cancel}>
						Cancel
					</button>
					<button type="submit" class="primary">
						Use token
					</button>
				</div>
			</form>
		</dialog>
	);
}
