import type { Point, Triangle } from 'angular-loss-kit';

// Which of the three points of a triplet each gradient depends on, and where descent moves them.

export const ROLES = ['anchor', 'positive', 'negative'] as const;
export type Role = keyof Triangle;
export type Hinge = (
  anchor: Point,
  positive: Point,
  negative: Point,
) => {
  readonly loss: number;
  readonly gradient: Triangle;
};

export interface GradientDependence {
  /** Satisfied: no loss and no gradient, wherever a point is moved by a little. At the kink: a move of a little changes which. */
  readonly state: 'active' | 'satisfied' | 'at its kink';
  /** How much the gradient of a role changes for each unit of length that the point of another role is moved. */
  readonly changes: Readonly<Record<Role, Readonly<Record<Role, number>>>>;
}

const STEP = 1e-6;
const length = (x: Point) => Math.hypot(...x);
const minus = (x: Point, y: Point) => x.map((value, i) => value - y[i]);
const moved = (x: Point) => x.map((value, i) => value + (i === 0 ? 0.8 : i === 1 ? -0.6 : 0) * STEP);
const of = (hinge: Hinge, { anchor, positive, negative }: Triangle) => hinge(anchor, positive, negative);

/** Moves each point of the triplet by a millionth, in one direction, and looks at all three gradients. */
export function gradientDependence(hinge: Hinge, triplet: Triangle): GradientDependence {
  const here = of(hinge, triplet);
  const there = ROLES.map((role) => of(hinge, { ...triplet, [role]: moved(triplet[role]) }));
  const active = here.loss > 0;
  const perRole = <T>(make: (role: Role) => T) =>
    Object.fromEntries(ROLES.map((role) => [role, make(role)])) as Record<Role, T>;
  return {
    state: there.some(({ loss }) => loss > 0 !== active) ? 'at its kink' : active ? 'active' : 'satisfied',
    changes: perRole((role) =>
      perRole((by) => length(minus(there[ROLES.indexOf(by)].gradient[role], here.gradient[role])) / STEP),
    ),
  };
}

export interface DescentArrows {
  /** What the arrows are of, and where there are none, why. */
  readonly title: string;
  readonly arrows: readonly { readonly role: Role; readonly from: Point; readonly to: Point }[];
}

/** Descent of each point as an arrow, the longest half as long as the triplet's longest side; of no length where there is no gradient. */
export function descentArrows(name: string, hinge: Hinge, triplet: Triangle): DescentArrows {
  const { loss, gradient } = of(hinge, triplet);
  const { anchor, positive, negative } = triplet;
  const sides = [minus(anchor, positive), minus(anchor, negative), minus(positive, negative)].map(length);
  const longest = Math.max(...ROLES.map((role) => length(gradient[role])));
  const scale = longest > 0 ? Math.max(...sides) / 2 / longest : 0;
  const still = loss > 0 ? ': no gradient' : ': satisfied, nothing moves';
  return {
    title: longest > 0 ? name : name + still,
    arrows: ROLES.map((role) => ({
      role,
      from: triplet[role],
      to: triplet[role].map((value, i) => value - scale * gradient[role][i]),
    })),
  };
}
