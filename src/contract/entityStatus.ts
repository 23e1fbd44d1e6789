/** Status of everything published, by its numbers in v1. Source: spec azureml-v1-wire.md §6.1. */
import { oneOf } from "./wireType";

export const entityStatus = oneOf(["Active", "Deprecated", "Disabled"]);
