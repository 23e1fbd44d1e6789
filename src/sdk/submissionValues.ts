import type { Submission } from "../contract/submission";
import { datasetValueOf } from "../model/datasetReference";
import type { DataPath, DatasetReference, LiteralValue } from "../model/definition";
import { gitProperties } from "./gitProperties";

/** What a submission says beyond its experiment; what is left out is the published pipeline's own. */
export interface SubmissionValues {
  readonly description?: string;
  readonly parameterAssignments?: Readonly<Record<string, LiteralValue>>;
  readonly dataPathAssignments?: Readonly<Record<string, DataPath>>;
  readonly datasetAssignments?: Readonly<Record<string, DatasetReference>>;
  readonly continueOnStepFailure?: boolean;
  readonly tags?: Readonly<Record<string, string>>;
  readonly displayName?: string;
  readonly stepTags?: Readonly<Record<string, string>>;
  /** True makes every step run anew, whatever could be reused. */
  readonly regenerateOutputs?: boolean;
  /** Longest time from the run's start to its end, in seconds. */
  readonly timeoutSeconds?: number;
  /** Directory whose state in git is recorded on the run. Default: the current directory; null = none is recorded. */
  readonly sourceDirectory?: string | null;
}

/** The submission that these values mean, as v1's SDK would send it. */
export async function submissionOf(experimentName: string, values: SubmissionValues): Promise<Submission> {
  const { sourceDirectory = process.cwd() } = values;
  return {
    experimentName,
    description: values.description ?? experimentName,
    displayName: values.displayName ?? null,
    parameterAssignments: values.parameterAssignments ?? {},
    dataPathAssignments: values.dataPathAssignments ?? {},
    dataSetAssignments: Object.fromEntries(
      Object.entries(values.datasetAssignments ?? {}).map(([name, reference]) => [
        name,
        datasetValueOf(reference),
      ]),
    ),
    runSource: "SDK",
    runType: "SDK",
    continueOnStepFailure: values.continueOnStepFailure ?? null,
    regenerateOutputs: values.regenerateOutputs ?? false,
    timeoutSeconds: values.timeoutSeconds ?? null,
    enableNotification: null,
    properties: sourceDirectory === null ? {} : await gitProperties(sourceDirectory),
    tags: values.tags ?? {},
    stepTags: values.stepTags ?? {},
    scheduleId: null,
  };
}
