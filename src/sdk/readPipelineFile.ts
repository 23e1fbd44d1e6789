/** Finds out what pipeline a file describes: YAML as v1's, or JSON. Nothing is sent anywhere. */
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { parseAuthoredPipeline, type AuthoredPipeline } from "../model/authoredPipeline";
import type { Problem } from "../model/problem";
import { fileProblemText, type FileProblem } from "../model/yaml/fileProblem";
import { pipelineFromYaml } from "../model/yaml/pipelineFromYaml";

export interface PipelineOfFile {
  readonly pipeline: AuthoredPipeline;
  /** Folder from which the source directories are named. */
  readonly folder: string;
  /** What does not keep the file from being used, each with its line. */
  readonly warnings: readonly FileProblem[];
}

/** The file is not what it should be; every problem names its place in the file. */
export class PipelineFileError extends Error {
  override readonly name = "PipelineFileError";

  constructor(
    file: string,
    /** One line a problem, those of YAML beginning with `file:line:column`. */
    readonly lines: readonly string[],
    wanted: "pipeline" | "schedule" = "pipeline",
  ) {
    super(`${file} is not a ${wanted}: ${lines.join("; ")}.`);
  }
}

/**
 * Paths inside a YAML file are named from `workingFolder`, as v1 does, those of a JSON file from the file's own folder.
 * Throws `PipelineFileError`, and what reading a file throws.
 */
export async function readPipelineFile(file: string, workingFolder: string): Promise<PipelineOfFile> {
  const text = await readFile(resolve(workingFolder, file), "utf8");
  return isYaml(file) ? readYaml(file, text, workingFolder) : readJson(resolve(workingFolder, file), text);
}

const isYaml = (file: string): boolean => /\.ya?ml$/i.test(file);

function readYaml(file: string, text: string, folder: string): PipelineOfFile {
  const name = basename(file).replace(/(\.pipeline)?\.ya?ml$/i, "");
  const readText = (path: string): string | undefined => readTextFile(resolve(folder, path));
  const read = pipelineFromYaml({ file, text, name, readText });
  if (!read.ok) throw new PipelineFileError(file, read.problems.map(fileProblemText));
  return { pipeline: read.value, folder, warnings: read.warnings };
}

/** Undefined when there is no such file; other failures are thrown. */
function readTextFile(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (
      typeof error === "object" &&
      error !== null &&
      "code" in error &&
      ["ENOENT", "EISDIR", "ENOTDIR"].includes(String(error.code))
    ) {
      return undefined;
    }
    throw error;
  }
}

function readJson(file: string, text: string): PipelineOfFile {
  const parsed = parseAuthoredPipeline(parseJson(file, text));
  if (!parsed.ok) throw new PipelineFileError(file, parsed.problems.map(problemText));
  return { pipeline: parsed.value, folder: dirname(file), warnings: [] };
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new PipelineFileError(file, [error instanceof Error ? error.message : String(error)]);
  }
}

const problemText = ({ field, expected, received }: Problem): string =>
  `${field}: ${expected}, not ${received}`;
