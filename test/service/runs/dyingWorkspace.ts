/** A workspace whose process dies at a chosen write. */
import type { Workspace } from "../../../src/workspace/workspace";

/** Lets `writes` changes of tables and blobs through and fails all later ones, as if the process had died. */
export function dyingAfter(workspace: Workspace, writes: number): Workspace {
  let left = writes;
  const changing = /^(create|update|upsert|delete)Entity$|^submitTransaction$|^upload$/;
  const guard = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(from, name) {
        const value: unknown = Reflect.get(from, name, from);
        if (typeof value !== "function") return value;
        if (/^get(Container|BlockBlob)Client$/.test(String(name))) {
          return (...input: unknown[]) => guard(Reflect.apply(value, from, input) as object);
        }
        if (!changing.test(String(name))) return value.bind(from) as unknown;
        return (...input: unknown[]) => {
          if (left-- > 0) return Reflect.apply(value, from, input) as unknown;
          return Promise.reject(new Error("the process died"));
        };
      },
    });
  return {
    ...workspace,
    blobs: guard(workspace.blobs),
    table: async (name) => guard(await workspace.table(name)),
  };
}
