/** The same without keys whose value is undefined. */
export function given<Values extends object>(
	values: Values,
): { readonly [Name in keyof Values]?: NonNullable<Values[Name]> } {
	return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Values;
}
