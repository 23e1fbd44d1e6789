/** A place in a datastore, as a submission assigns it. Source: spec azureml-v1.md §4.3. */
import { name, text, wireObject } from "./wireType";

export const dataPath = wireObject({
  datastore: ["DataStoreName", name],
  path: ["RelativePath", text],
});
