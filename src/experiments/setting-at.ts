/** What a spec holds at a place, such as `loss.margin`, or keys one by one; undefined where it has no such place. */
export function settingAt(spec: unknown, place: string | readonly PropertyKey[]): unknown {
  const keys = typeof place === 'string' ? place.split('.') : place;
  return keys.reduce<unknown>(
    (at, key) => (at as Readonly<Record<PropertyKey, unknown>> | null | undefined)?.[key],
    spec,
  );
}
