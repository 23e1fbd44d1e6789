/** What anybody may ask: what this is, and whether it works. */
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { isAbsolute } from "node:path";
import type { Health } from "../contract/health";
import { workspacePath } from "../contract/routes";
import { json, type Answer } from "./answer";
import type { ApiRooms } from "./apiRooms";
import type { Call } from "./route";
import { storageProblems } from "./storageReach";

const storageTimeoutMs = 2_000;

export function getWelcome(): Answer {
  const lines = [
    "Sluice runs machine-learning pipelines on a clock, on a blob change, or on a call,",
    "with the REST contract of Azure Machine Learning pipelines v1.",
    "GET /health says whether it works; every other route needs a bearer token.",
  ];
  return { kind: "text", value: `${lines.join("\n")}\n` };
}

export async function getHealth({ rooms }: Call): Promise<Answer> {
  const problems = [
    ...(await storageProblems(rooms.workspace, storageTimeoutMs)),
    ...(await pythonProblems(rooms)),
  ];
  const health: Health = problems.length > 0 ? { status: "unhealthy", problems } : healthy(rooms);
  return json(health, problems.length > 0 ? 503 : 200);
}

function healthy({ workspace, computeTargets }: ApiRooms): Health {
  return {
    status: "healthy",
    workspace: workspacePath(workspace.config),
    storage: { tables: "answers", blobs: "answers" },
    computeTargets: computeTargets.list().map(({ name }) => name),
    python: pythonWord(workspace.config.local?.python),
  };
}

/** Said once no problem is known. */
function pythonWord(python: string | undefined): "found" | "unchecked" | null {
  if (python === undefined) return null;
  return isAbsolute(python) ? "found" : "unchecked";
}

/** A bare command name is left to the search path of the process that will run it. */
async function pythonProblems({ workspace }: ApiRooms): Promise<readonly string[]> {
  const python = workspace.config.local?.python;
  if (python === undefined) return [];
  if (python.trim() === "") return ["No Python interpreter is configured for local steps."];
  if (!isAbsolute(python)) return [];
  return (await canBeRun(python))
    ? []
    : ["The configured Python interpreter does not exist or cannot be run."];
}

async function canBeRun(program: string): Promise<boolean> {
  try {
    await access(program, constants.X_OK);
    return (await stat(program)).isFile();
  } catch {
    return false;
  }
}
