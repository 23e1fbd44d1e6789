/**
 * What a dataset is: places in datastores, and for a tabular one how their delimited text is read. Defining one reads no
 * data: whether there is any is seen when it is used, as in v1. Source: spec azureml-v1.md §1.7.
 */
import { isDataPath } from "./dataPathRule";
import type { DataPath } from "./definition";
import type { Problem } from "./problem";

interface DatasetPlaces {
  /** Files, folders, or globs with `*` and `**`; at least one. */
  readonly paths: readonly DataPath[];
  /** Turns parts of paths into columns: `{name}` and `{name:yyyy/MM/dd}`; null = none. */
  readonly partitionFormat: string | null;
}

export interface FileDatasetDefinition extends DatasetPlaces {
  readonly kind: "file";
}

/** v1's words for which files begin with the names of their columns. */
export const headerBehaviours = [
  "NO_HEADERS",
  "ONLY_FIRST_FILE_HAS_HEADERS",
  "COMBINE_ALL_FILES_HEADERS",
  "ALL_FILES_HAVE_SAME_HEADERS",
] as const;

export const columnTypes = ["string", "long", "double", "boolean", "datetime"] as const;

export interface TabularDatasetDefinition extends DatasetPlaces {
  readonly kind: "tabular";
  readonly separator: string;
  readonly header: (typeof headerBehaviours)[number];
  readonly encoding: string;
  readonly supportMultiLine: boolean;
  readonly emptyAsString: boolean;
  /** Keeps the path of its file as a column of each row. */
  readonly includePath: boolean;
  readonly inferColumnTypes: boolean;
  readonly columnTypes: Readonly<Record<string, (typeof columnTypes)[number]>>;
}

export type DatasetDefinition = FileDatasetDefinition | TabularDatasetDefinition;

export const mostDatasetPaths = 1_000;

/** Everything that is wrong with a definition. Code: `InvalidDataset`. */
export function datasetProblems(definition: DatasetDefinition): readonly Problem[] {
  const { paths, kind } = definition;
  const problems: Problem[] = [];
  if (paths.length === 0 || paths.length > mostDatasetPaths) {
    problems.push(invalid("paths", `1 to ${mostDatasetPaths} places in datastores`, `${paths.length}`));
  }
  for (const [index, path] of paths.entries()) {
    if (isDataPath(path)) continue;
    const expected =
      "a datastore and a path inside it; data at other addresses is copied to a datastore first";
    problems.push(invalid(`paths.${index}`, expected, `${path.datastore}/${path.path}`));
  }
  if (kind === "tabular" && definition.separator.length === 0) {
    problems.push(invalid("separator", "at least one character", "nothing"));
  }
  return problems;
}

function invalid(field: string, expected: string, received: string): Problem {
  return { code: "InvalidDataset", field, expected, received: received.slice(0, 200) };
}
