/** Configuration, read once from the environment at the composition; nothing else reads `process.env`. */
import { availableParallelism } from "node:os";
import type { Parsed, Problem } from "../model/problem";
import { parseRunsConfig, type RunsConfig } from "./runsConfig";

export interface WorkspaceConfig {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly workspaceName: string;
  /** Connection string of the storage account that keeps all state. */
  readonly storageConnection: string;
  /** Absolute base URL of this app without a trailing slash, as callers reach it. */
  readonly selfUrl: string;
  readonly runs: RunsConfig;
  /** How many days the journals of schedules keep what is over. */
  readonly journalDays: number;
  /** What only a laptop has; null in Azure. */
  readonly local: LocalConfig | null;
  /** Where the app's managed identity is given tokens; absent = it has none. */
  readonly identity?: IdentityEndpoint;
  /** Base64 of the 32 bytes under which secrets of datastores are sealed; absent = a laptop's own key, or none. */
  readonly secretKey?: string;
}

/** What the platform says in `IDENTITY_ENDPOINT` and `IDENTITY_HEADER`. */
export interface IdentityEndpoint {
  readonly url: string;
  readonly header: string;
}

export interface LocalConfig {
  /** Absolute folder that belongs to the app: attempts of local steps and the token key. */
  readonly dataDir: string;
  /** Python interpreter that runs local steps. */
  readonly python: string;
  /** How many attempts of local steps may be at work at once. */
  readonly stepsAtOnce: number;
  /** How much cached inputs, environments and collected attempts may take on the disk, in bytes. */
  readonly diskLimitBytes: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the app's settings; all missing ones are reported at once. */
export function parseConfig(env: Environment): Parsed<WorkspaceConfig> {
  const problems: Problem[] = [];
  const storageConnection = env["SLUICE_STORAGE"] ?? env["AzureWebJobsStorage"] ?? "";
  if (storageConnection === "") {
    problems.push({
      code: "SettingMissing",
      field: "AzureWebJobsStorage",
      expected: "the connection string of a storage account",
      received: "nothing",
    });
  }
  const stepsAtOnce = readStepsAtOnce(env["SLUICE_STEPS_AT_ONCE"]);
  if (stepsAtOnce === undefined) {
    problems.push({
      code: "SettingInvalid",
      field: "SLUICE_STEPS_AT_ONCE",
      expected: "a whole number from 1 to 1000",
      received: (env["SLUICE_STEPS_AT_ONCE"] ?? "").slice(0, 80),
    });
  }
  const diskLimitBytes = readDiskLimit(env["SLUICE_DISK_LIMIT_GB"]);
  if (diskLimitBytes === undefined) {
    problems.push({
      code: "SettingInvalid",
      field: "SLUICE_DISK_LIMIT_GB",
      expected: "a number of gigabytes from 0.1 to 100000",
      received: (env["SLUICE_DISK_LIMIT_GB"] ?? "").slice(0, 80),
    });
  }
  const runs = parseRunsConfig(env, problems);
  const secretKey = env["SLUICE_SECRET_KEY"];
  if (secretKey !== undefined && Buffer.from(secretKey, "base64").length !== 32) {
    const expected = "32 random bytes in base64";
    problems.push({
      code: "SettingInvalid",
      field: "SLUICE_SECRET_KEY",
      expected,
      received: "something else",
    });
  }
  const journalDays = readJournalDays(env["SLUICE_JOURNAL_DAYS"]);
  if (journalDays === undefined) {
    problems.push({
      code: "SettingInvalid",
      field: "SLUICE_JOURNAL_DAYS",
      expected: "a whole number from 1 to 3650",
      received: (env["SLUICE_JOURNAL_DAYS"] ?? "").slice(0, 80),
    });
  }
  const hostname = env["WEBSITE_HOSTNAME"] ?? "localhost:7071";
  const scheme = /^(localhost|127\.)/.test(hostname) ? "http" : "https";
  const dataDir = env["SLUICE_DATA_DIR"];
  if (
    problems.length > 0 ||
    stepsAtOnce === undefined ||
    diskLimitBytes === undefined ||
    journalDays === undefined
  )
    return { ok: false, problems };
  return {
    ok: true,
    value: {
      subscriptionId: env["SLUICE_SUBSCRIPTION_ID"] ?? "00000000-0000-0000-0000-000000000000",
      resourceGroup: env["SLUICE_RESOURCE_GROUP"] ?? "local",
      workspaceName: env["SLUICE_WORKSPACE_NAME"] ?? "sluice",
      storageConnection,
      selfUrl: (env["SLUICE_SELF_URL"] ?? `${scheme}://${hostname}`).replace(/\/+$/, ""),
      runs,
      journalDays,
      local:
        dataDir === undefined
          ? null
          : { dataDir, python: env["SLUICE_PYTHON"] ?? "python3", stepsAtOnce, diskLimitBytes },
      ...(secretKey === undefined ? {} : { secretKey }),
      ...identityOf(env),
    },
  };
}

function identityOf(env: Environment): Pick<WorkspaceConfig, "identity"> {
  const [url, header] = [env["IDENTITY_ENDPOINT"], env["IDENTITY_HEADER"]];
  return url === undefined || header === undefined ? {} : { identity: { url, header } };
}

/** One step a core unless it is set, and two on a single core; undefined = what was set makes no sense. */
function readStepsAtOnce(text: string | undefined): number | undefined {
  if (text === undefined) return Math.max(2, availableParallelism());
  return /^[1-9]\d{0,3}$/.test(text) && Number(text) <= 1000 ? Number(text) : undefined;
}

/** 20 GB unless it is set; undefined = what was set makes no sense. */
function readDiskLimit(text: string | undefined): number | undefined {
  if (text === undefined) return 20e9;
  const gigabytes = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
  return gigabytes >= 0.1 && gigabytes <= 100_000 ? gigabytes * 1e9 : undefined;
}

/** A quarter of a year unless it is set; undefined = what was set makes no sense. */
function readJournalDays(text = "90"): number | undefined {
  return /^[1-9]\d{0,3}$/.test(text) && Number(text) <= 3650 ? Number(text) : undefined;
}
