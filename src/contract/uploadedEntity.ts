/** What the service itself reads of modules and data sources; the rest is kept as it came. Source: spec azureml-v1-wire.md §3.3, §4.2. */
import { anything, id, name, orElse, orNull, text, wireObject } from "./wireType";

/** Body of `POST Modules`. */
export const moduleCreation = wireObject({
  name: ["Name", name],
  /** The client's own fingerprint of definition and content. */
  fingerprint: ["IdentifierHash", id],
  structuredInterface: ["StructuredInterface", anything],
});

/** Body of `POST DataSources`. */
export const dataSourceCreation = wireObject({
  name: ["Name", name],
  fingerprint: ["IdentifierHash", id],
  datastore: ["DataStoreName", name],
  path: ["PathOnDataStore", orElse(text, "")],
  dataTypeId: ["DataTypeId", orNull(text)],
});
