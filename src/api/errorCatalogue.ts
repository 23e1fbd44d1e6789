/**
 * Every error that the API answers: its HTTP status and what the caller can do about it. Each code has a
 * heading in docs/errors.md.
 */

const rows = [
  [
    "AuthenticationFailed",
    401,
    "Send a valid token: Authorization: Bearer <token>. `sluice token` prints one.",
  ],
  ["RoleMissing", 403, "Use a token that carries the named role."],
  ["SignInNotConfigured", 503, "Set SLUICE_DATA_DIR, so that the app has a key to check tokens with."],
  ["ConfigurationInvalid", 503, "Correct the named settings of the app and restart it."],
  ["StorageUnavailable", 503, "Try again; if it lasts, check the storage account and its connection string."],
  [
    "InternalError",
    500,
    "This is a defect: report it with the correlation id, under which the log has the cause.",
  ],
  ["InvalidPath", 400, "Percent-encode the path and use ids as the service gave them."],
  ["InvalidQuery", 400, "Correct the named query parameter."],
  ["InvalidHeader", 400, "Correct the named header, or leave it out."],
  ["InvalidJson", 400, "Send one JSON value in UTF-8."],
  ["InvalidField", 400, "Correct the named fields; all problems are listed at once."],
  ["BodyTooLarge", 413, "Send less; the message names the limit."],
  ["UnsupportedFilter", 400, "Leave the filter or order out, or use one that the message names."],
  ["UnsupportedFeature", 400, "Leave the named part out: this version does not have it."],
  ["RouteNotFound", 404, "Check the path against the list of routes."],
  ["MethodNotAllowed", 405, "Use a method that the Allow header names."],
  ["WorkspaceNotFound", 404, "Use the subscription, resource group and workspace that GET /health names."],
  ["PipelineNotFound", 404, "List the published pipelines and use one of their ids."],
  ["PipelineEndpointNotFound", 404, "List the pipeline endpoints and use one of their ids or names."],
  ["RunNotFound", 404, "List the runs and use one of their ids, with the run's own experiment."],
  ["ScheduleNotFound", 404, "List the schedules and use one of their ids."],
  ["GraphNotFound", 404, "Use the graph id of a published pipeline or a run."],
  ["ModuleNotFound", 404, "Create the module first."],
  ["DataSourceNotFound", 404, "Create the data source first."],
  ["DatastoreExists", 409, "Choose another name, or overwrite the registration."],
  ["DatastoreBuiltIn", 409, "Register a datastore under a name of your own."],
  ["DatastoreUnreachable", 400, "Check account, container and credential, or skip the validation."],
  ["InvalidDatastore", 400, "Correct the named fields of the datastore."],
  ["UnsupportedDatastore", 400, "Register a blob container."],
  ["SecretsUnavailable", 400, "Set SLUICE_SECRET_KEY, or register the datastore by identity."],
  ["DatasetNotFound", 404, "List the datasets and use one of their names, ids and versions."],
  ["DatasetExists", 409, "Choose another name, or create a new version."],
  ["DatasetArchived", 409, "Reactivate the dataset, or use another one."],
  ["InvalidDataset", 400, "Correct the named fields of the dataset."],
  ["DatastoreNotFound", 404, "List the datastores and use one of their names."],
  ["MetricNotFound", 404, "List the metrics of the run and use one of their names."],
  ["PipelineOutputNotFound", 404, "Use a name that a step of the pipeline gives one of its outputs."],
  ["ArtifactNotFound", 404, "List the artifacts of the run and use one of their paths."],
  ["PipelineEndpointNameTaken", 409, "Choose another name: endpoint names are unique in a workspace."],
  ["PipelineDisabled", 409, "Enable the pipeline first, or use another one."],
  ["PipelineEndpointDisabled", 409, "Enable the pipeline endpoint first, or use another one."],
  ["ScheduleFixed", 400, "Create a new schedule: target, experiment and kind of trigger of one are fixed."],
  ["PipelineScheduled", 409, "Disable the pipeline's active schedules first."],
  ["ChangedMeanwhile", 409, "Read the entity again and repeat the change on what it is now."],
  ["InvalidRecurrence", 400, "Correct the named parts of the recurrence."],
  ["InvalidSchedule", 400, "Correct the named fields of the schedule."],
  ["ScheduleTooLarge", 400, "Shorten the schedule's assignments and texts."],
  ["UnknownParameter", 400, "Use the parameters of the pipeline; its entity lists them."],
  ["InvalidDefinition", 400, "Correct the shape of the named part."],
  ["DuplicateName", 400, "Use each name once."],
  ["UnknownReference", 400, "Name an existing step, port or parameter."],
  ["InvalidDefault", 400, "Give a default of the parameter's type."],
  ["ReservedName", 400, "Rename the port or step parameter: the name belongs to the service."],
  ["CyclicGraph", 400, "Remove one edge of the shown path."],
  ["InvalidGraph", 400, "Correct the named edge, port or setting of the graph."],
  ["UnknownModule", 400, "Create the module first."],
  ["UnknownDataSource", 400, "Create the data source first."],
  ["TextTooLong", 400, "Shorten the named text."],
  ["InvalidSnapshotId", 400, "Give the snapshot an id of letters, digits and hyphens, such as a UUID."],
  ["SnapshotParentUnknown", 400, "Create the snapshot in full, without a parent."],
  ["SnapshotFileMissing", 400, "Upload every file that the tree names before the snapshot is created."],
  ["SnapshotNotFound", 404, "Use the id of a snapshot that was created before."],
  ["SnapshotExists", 409, "Choose another id: a snapshot never changes."],
  ["SnapshotHashMismatch", 400, "Hash and upload the named files again: they are not what was announced."],
  ["SnapshotPathInvalid", 400, "Rename the named files, or leave them out."],
  ["SnapshotTooLarge", 400, "Leave files out with .amlignore, and read data from a datastore."],
  ["InvalidExperimentName", 400, "Give the experiment a name of 1 to 255 characters."],
  ["InvalidParentRun", 400, "Name a run of the same experiment as parent, or none."],
  ["SubmissionTooLarge", 400, "Shorten the named part; it is kept in one row."],
  ["UnknownPipeline", 404, "List the published pipelines and use one of their ids."],
  ["UnknownPipelineEndpoint", 404, "List the pipeline endpoints and use one of their ids or names."],
  ["UnknownEndpointVersion", 404, "Use a version that the endpoint lists."],
  ["UnknownDatastore", 400, "Use a registered datastore."],
  ["UnknownComputeTarget", 400, "Use a compute target that GET /health names."],
  ["UnknownDataset", 400, "Register or save the dataset first, or use one that is listed."],
  ["UnknownSnapshot", 400, "Create the snapshot first."],
  ["UnknownScript", 400, "Name a file of the step's snapshot, relative to its root."],
  [
    "WrongParameterKind",
    400,
    "Assign literals in ParameterAssignments, data paths in DataPathAssignments, datasets in DataSetDefinitionValueAssignments.",
  ],
  ["InvalidParameterValue", 400, "Give the named parameter a value of its type."],
  ["MissingParameter", 400, "Assign the named parameter: it has no default."],
] as const;

export type ErrorCode = (typeof rows)[number][0];

export interface CatalogueEntry {
  /** HTTP status. */
  readonly status: number;
  /** What the caller can do, as one sentence. */
  readonly remedy: string;
}

const entries: ReadonlyMap<string, CatalogueEntry> = new Map(
  rows.map(([code, status, remedy]) => [code, { status, remedy }]),
);

export const errorCodes: readonly ErrorCode[] = rows.map(([code]) => code);

export function isErrorCode(code: string): code is ErrorCode {
  return entries.has(code);
}

export function catalogueEntry(code: ErrorCode): CatalogueEntry {
  const entry = entries.get(code);
  if (entry === undefined) throw new Error(`The catalogue of errors lacks ${code}.`);
  return entry;
}
