/** Owns: what the routes of the Table service are given. Types only. */
import type { TableStore } from "./tableStore";

export interface TableRoutes {
  readonly store: TableStore;
  readonly account: string;
  /** The service's own address, known once it listens. */
  readonly endpoint: () => string;
}
