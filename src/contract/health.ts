/** Answer of `GET /health`, which needs no sign-in and therefore names no paths and no secrets. */
import { z } from "zod";

export const health = z.discriminatedUnion("status", [
  z.object({
    status: z.literal("healthy"),
    /** ARM path of the workspace, without a leading slash. */
    workspace: z.string(),
    storage: z.object({ tables: z.literal("answers"), blobs: z.literal("answers") }),
    /** Names of the compute targets that steps can run on. */
    computeTargets: z.array(z.string()),
    /**
     * `found`: the interpreter of local steps is there and may be run; `unchecked`: it is a bare name, which is looked
     * up when a step starts; null where there are no local steps.
     */
    python: z.enum(["found", "unchecked"]).nullable(),
  }),
  z.object({ status: z.literal("unhealthy"), problems: z.array(z.string()) }),
]);

export type Health = z.output<typeof health>;
