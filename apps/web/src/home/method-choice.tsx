/** Every method of the server in a list; those that cannot be used here say so, and cannot be chosen. */
import { facts } from "../api/client.ts";

/** A `select` of this name; its empty value is the server's own choice. */
export function MethodChoice({ name, id }: { readonly name: string; readonly id: string }) {
	const methods = facts.value?.methods ?? [];
	return (
		<select name={name} id={id}>
			<option value="">Default</option>
			{methods.map((method) => (
				<option key={method.name} value={method.name} disabled={!method.usable} title={method.why ?? method.summary}>
					{method.name}
					{method.usable ? "" : " (not usable here)"}
				</option>
			))}
		</select>
	);
}
