/** Marks a place that a switch over a union can never reach; the compiler refuses a forgotten member. */
export function assertNever(value: never): never {
  throw new Error(`Unexpected value: ${JSON.stringify(value)}`);
}
