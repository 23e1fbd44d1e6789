/** What a newcomer may want to do next, ready to paste into the shell at hand. Pure. */
import { isAbsolute, relative, sep } from "node:path";
import { commandLine, curlCommand, type Shell } from "../shellCommands";
import { tumour } from "./tumourExample";

export interface Surroundings {
  readonly shell: Shell;
  readonly platform: string;
  /** Where the user stands, and where the clone is; absolute. */
  readonly userFolder: string;
  readonly appFolder: string;
  /** The data folder when it is not the usual one. */
  readonly dataFolder: string | undefined;
  /** Whether the storage tells the service of uploads; another storage than the host's own does not, on a laptop. */
  readonly seesUploads: boolean;
}

export interface NextCommand {
  readonly purpose: string;
  readonly command: string;
}

/** The three commands: submit with another parameter, drop a file into the watched folder, look at the runs. */
export function nextCommands(endpointUrl: string, surroundings: Surroundings): readonly NextCommand[] {
  const { shell, platform } = surroundings;
  const sluice = (...words: string[]): readonly string[] => [
    "node",
    pathFrom(surroundings, "bin/sluice.mjs"),
    ...words,
    ...(surroundings.dataFolder === undefined ? [] : ["--data", surroundings.dataFolder]),
  ];
  // A parameter travels as text, as v1's own clients send it.
  const parameters = Object.fromEntries([["learning_rate", "0.1"]]);
  const body = Object.fromEntries<unknown>([
    ["ExperimentName", tumour.experimentName],
    ["ParameterAssignments", parameters],
  ]);
  const call = { url: endpointUrl, body, tokenCommand: sluice("token"), platform };
  const file = pathFrom(surroundings, tumour.newDataFile);
  return [
    { purpose: "Run it with another learning rate:", command: curlCommand(shell, call) },
    {
      purpose: surroundings.seesUploads
        ? "Drop a file into the watched folder, which starts a run on that file:"
        : "Upload a file (the storage of --storage tells this service nothing of uploads, so no run starts):",
      command: commandLine(shell, sluice("upload", file, "--to", `${tumour.watchedFolder}/`)),
    },
    { purpose: "Show the runs:", command: commandLine(shell, sluice("runs")) },
  ];
}

/** A file of the clone as the user would type it; absolute when the user stands outside the clone. */
function pathFrom({ userFolder, appFolder }: Surroundings, file: string): string {
  const below = relative(userFolder, `${appFolder}/${file}`);
  if (isAbsolute(below) || below.startsWith("..")) return `${appFolder}/${file}`.replaceAll(sep, "/");
  return below.replaceAll(sep, "/");
}
