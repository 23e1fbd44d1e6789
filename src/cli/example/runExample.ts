/** The first run of the example: submitted, followed, and told. */
import { Datastore } from "../../sdk/datastore";
import type { StepRun } from "../../sdk/stepRun";
import type { Workspace } from "../../sdk/workspace";
import { followRun, type FollowedRun } from "../followRun";
import { openLiveView } from "../liveView";
import { readMetrics } from "../readMetrics";
import { renderMetrics } from "../render/metricTable";
import { logTail } from "../logTail";
import type { Terminal } from "../terminal";
import { createExample } from "./createExample";
import { nextCommands, type Surroundings } from "./nextCommands";
import { tumour } from "./tumourExample";

/** Answers whether the run is Finished; after an abort it is not known, and answers false. */
export async function runExample(
  workspace: Workspace,
  terminal: Terminal,
  surroundings: Surroundings,
  signal: AbortSignal,
): Promise<boolean> {
  const endpoint = await createExample(workspace, new Date());
  terminal.line(`Example "${tumour.name}": published, with one hourly and one change schedule. First run:`);
  terminal.line("");
  const run = await endpoint.submit(tumour.experimentName, { description: "First run after npm start" });
  const view = openLiveView(terminal);
  const followed = await followRun(run, tumour.name, (state) => view.show(state, new Date()), signal);
  if (signal.aborted) return false;
  const finished = followed.view.status === "Finished";
  await (finished ? tellResults(workspace, followed, terminal) : tellFailure(followed, terminal));
  tellNext(endpoint.url, terminal, surroundings);
  return finished;
}

async function tellResults(workspace: Workspace, { steps }: FollowedRun, terminal: Terminal): Promise<void> {
  const [metrics, outputs] = await Promise.all([readMetrics(steps), outputPaths(workspace, steps)]);
  terminal.line("");
  for (const line of renderMetrics(metrics, terminal.style, terminal.width())) terminal.line(line);
  terminal.line("");
  terminal.line(terminal.style.dim("OUTPUTS"));
  for (const line of outputs) terminal.line(line);
}

/** The files that the steps' outputs hold. */
async function outputPaths(workspace: Workspace, steps: readonly StepRun[]): Promise<readonly string[]> {
  const datastore = await Datastore.getDefault(workspace);
  const places = steps.flatMap((step) => step.getOutputs()).map(({ dataPath }) => dataPath);
  const here = places.filter((place) => place.datastore === datastore.name);
  const lists = await Promise.all(here.map(({ path }) => datastore.list(path)));
  return lists.flat().map((path) => `${datastore.name}:/${path}`);
}

async function tellFailure({ view, steps }: FollowedRun, terminal: Terminal): Promise<void> {
  terminal.error(`The run ended ${view.status}${view.reason === "" ? "" : `: ${view.reason}`}`);
  for (const step of steps.filter(({ run }) => run.status === "Failed")) {
    terminal.error(`Last lines of step ${step.name}:`);
    for (const line of await logTail(step)) terminal.error(`  ${line}`);
  }
}

function tellNext(endpointUrl: string, terminal: Terminal, surroundings: Surroundings): void {
  for (const { purpose, command } of nextCommands(endpointUrl, surroundings)) {
    terminal.line("");
    terminal.line(terminal.style.dim(purpose));
    terminal.line(command);
  }
  terminal.line("");
}
