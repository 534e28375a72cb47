import { KitError } from '../kit-error.js';

/** Stands for numbers among what an option may be. */
export const FINITE_NUMBER = 'a finite number';
/** Its own code says what it may be. */
export const ANYTHING = null;

/** What each option may be: one of these words, or a number. */
type Allowed<Options> = {
  readonly [Name in keyof Required<Options>]: readonly string[] | typeof ANYTHING;
};

/**
 * The door of every loss for its options: JavaScript passes over a misspelt one, and the loss would compute with its default.
 *
 * @throws KitError `invalid-argument` naming the option, and what there is
 */
export function requireLossOptions<Options extends object>(
  loss: string,
  options: Options,
  allowed: Allowed<Options>,
): void {
  const refuse = (what: string): never => {
    throw new KitError('invalid-argument', `${loss} ${what}.`);
  };
  const names = Object.keys(allowed).join(', ');
  if (options === null || typeof options !== 'object' || Array.isArray(options))
    refuse(`takes an object of its options (${names}); found ${JSON.stringify(options)}`);
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(allowed, name)) refuse(`has no option "${name}"; it takes ${names}`);
    const choices = allowed[name as keyof Options];
    if (choices === ANYTHING || value === undefined) continue;
    if (
      typeof value === 'number'
        ? choices.includes(FINITE_NUMBER) && Number.isFinite(value)
        : choices.includes(value)
    )
      continue;
    const shown = typeof value === 'number' ? String(value) : JSON.stringify(value);
    const words = choices.map((choice) => (choice === FINITE_NUMBER ? choice : `"${choice}"`));
    refuse(`has ${name} ${shown}; it can be ${words.join(' or ')}`);
  }
}
