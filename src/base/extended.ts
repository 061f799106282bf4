/**
 * A copy of an object with more members, or with other values of some: `{ ...object, ...more }`, for objects that are made
 * for every connection or message. V8 gives each object of a literal that begins with a spread, and has more members after
 * it, a hidden class of its own: in Node 20 that takes 3 µs or more, and whatever reads these objects is slower, too. A
 * literal that begins with something else does not have this problem.
 */
export function extended<Of extends object, More extends object>(object: Of, more: More): Extended<Of, More> {
  return { __proto__: Object.prototype, ...object, ...more } as unknown as Extended<Of, More>
}

/** Each variant of a union by itself. */
type Extended<Of, More> = Of extends unknown ? Omit<Of, keyof More> & More : never
