/** What the commands that take a pipeline file say when it cannot be used. */
import { PipelineFileError } from "../sdk/readPipelineFile";
import { SourceDirectoryError } from "../sdk/sourceDirectory";
import { CliError } from "./cliError";

/** Passes on what was read from `file`; failures that its author can mend become words. */
export async function explainFile<T>(reading: Promise<T>, file: string): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof PipelineFileError) throw new CliError(error.lines.join("\n"));
    if (error instanceof SourceDirectoryError) throw new CliError(error.message);
    if (isSystemError(error)) throw new CliError(`${file} cannot be read: ${error.message}.`);
    throw error;
  }
}

function isSystemError(error: unknown): error is { readonly message: string } {
  return typeof error === "object" && error !== null && "syscall" in error && "message" in error;
}

/** Whether an argument is the name of a pipeline file rather than an id. */
export const isPipelineFile = (text: string): boolean => /\.(ya?ml|json)$/i.test(text);
