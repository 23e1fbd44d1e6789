/** The example of `examples/tumour`, by its names. */
import { join } from "node:path";

export const tumour = {
  name: "tumour",
  experimentName: "tumour",
  /** Files of the example, relative to the clone. */
  pipelineFile: join("examples", "tumour", "pipeline.json"),
  dataFile: "examples/tumour/data/breast_cancer.csv",
  newDataFile: "examples/tumour/data/second_batch.csv",
  /** Where the data lies in the default datastore. */
  dataPath: "tumour/breast_cancer.csv",
  watchedFolder: "inbox",
  dataPathParameter: "input_data",
  hourlySchedule: "tumour hourly",
  changeSchedule: "tumour inbox",
} as const;
