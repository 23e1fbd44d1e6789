/** Rooms and arrows of docs/architecture.md: a room may import the rooms named here, and itself. */
const arrows = {
  functions: ["api", "schedules", "runs", "pipelines", "compute", "data", "workspace", "model", "contract"],
  api: ["schedules", "runs", "pipelines", "compute", "data", "workspace", "model", "contract"],
  schedules: ["runs", "pipelines", "data", "workspace", "model"],
  runs: ["pipelines", "compute", "data", "workspace", "model"],
  pipelines: ["compute", "data", "workspace", "model"],
  compute: ["data", "workspace", "model"],
  data: ["workspace", "model"],
  workspace: ["model"],
  model: ["contract"],
  contract: [],
  sdk: ["model", "contract"],
  cli: ["sdk", "model", "contract"],
  host: [],
};

const roomRules = Object.entries(arrows).map(([room, targets]) => ({
  name: `room-${room}`,
  comment: `src/${room} may import only: ${[room, ...targets].join(", ")}`,
  severity: "error",
  from: { path: `^src/${room}/` },
  to: { path: "^src/", pathNot: `^src/(${[room, ...targets].join("|")})/` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...roomRules,
    {
      name: "no-circular",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "app-ships-without-development-dependencies",
      comment:
        "`npm ci --omit=dev` must run the app; only the host, the command and the build may use development packages.",
      severity: "error",
      from: {
        path: "^src/(functions|api|schedules|runs|pipelines|compute|data|workspace|model|contract|sdk|cli)/",
      },
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only"] },
    },
    {
      name: "no-unresolvable",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["require", "node", "default"] },
  },
};
