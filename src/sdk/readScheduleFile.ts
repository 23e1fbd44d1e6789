/** Finds out what schedule a file in v1's format describes. Nothing is sent anywhere. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { fileProblemText, type FileProblem } from "../model/yaml/fileProblem";
import { scheduleFromYaml, type AuthoredSchedule } from "../model/yaml/scheduleFromYaml";
import { PipelineFileError } from "./readPipelineFile";

/** By its name: `weekly.schedule.yml`. */
export const isScheduleFile = (file: string): boolean => /\.schedule\.ya?ml$/i.test(file);

interface ScheduleOfFile {
  readonly schedule: AuthoredSchedule;
  readonly warnings: readonly FileProblem[];
}

/** Throws `PipelineFileError`, and what reading a file throws. */
export async function readScheduleFile(file: string, workingFolder: string): Promise<ScheduleOfFile> {
  const read = scheduleFromYaml(file, await readFile(resolve(workingFolder, file), "utf8"));
  if (!read.ok) throw new PipelineFileError(file, read.problems.map(fileProblemText), "schedule");
  return { schedule: read.value, warnings: read.warnings };
}
