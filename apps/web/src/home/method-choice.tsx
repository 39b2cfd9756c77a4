/** Every method of the server in a list; those that cannot be used here say so, and cannot be chosen. */
import { facts } from "../api/client.ts";

/** A `select` of this name; its empty value is the server's own choice. */
export function MethodChoice(props: {
	readonly name: string;
	readonly id: string;
	readonly chosen?: string | undefined;
}) {
	const { name, id, chosen } = props;
	const methods = facts.value?.methods ?? [];
	return (
		<select name={name} id={id}>
			<option value="">Default</option>
			{methods.map((method) => (
				<option
					key={method.name}
					value={method.name}
					selected={method.name === chosen}
					disabled={!method.usable}
					title={method.why ?? method.summary}
				>
					{method.name}
					{method.usable ? "" : " (not usable here)"}
				</option>
			))}
		</select>
	);
}
